/* SPDX-License-Identifier: MIT */
/*
 * liburcu's QSBR flavour, and the one place that tells the thread sanitizer
 * what it cannot see. Workers are readers: registered, quiescent once per
 * batch, offline while asleep. The loader is the only writer.
 */
#ifndef X0F_ENGINE_RCU_H
#define X0F_ENGINE_RCU_H

#include <urcu/urcu-qsbr.h>

#if defined(__SANITIZE_THREAD__)
void __tsan_acquire(void *addr);
void __tsan_release(void *addr);
#define RCU_ACQUIRED(addr) __tsan_acquire(addr)
#define RCU_RELEASED(addr) __tsan_release(addr)
#else
#define RCU_ACQUIRED(addr) ((void)(addr))
#define RCU_RELEASED(addr) ((void)(addr))
#endif

/* A pointer that one writer swaps under readers. */
struct rcu_pointer {
	void *value;
};

static inline void rcu_begin_thread(void)
{
	urcu_qsbr_register_thread();
}

static inline void rcu_end_thread(void)
{
	urcu_qsbr_unregister_thread();
}

/* Reader; the value is good until the next rcu_quiescent(). */
static inline void *rcu_read(struct rcu_pointer *pointer)
{
	void *value = rcu_dereference(pointer->value);

	RCU_ACQUIRED(pointer);
	return value;
}

/* Reader: holds no value from before. */
static inline void rcu_quiescent(struct rcu_pointer *pointer)
{
	RCU_RELEASED(&pointer->value);
	urcu_qsbr_quiescent_state();
}

static inline void rcu_sleep(struct rcu_pointer *pointer)
{
	RCU_RELEASED(&pointer->value);
	urcu_qsbr_thread_offline();
}

static inline void rcu_awake(void)
{
	urcu_qsbr_thread_online();
}

/*
 * Writer, not a registered reader: swaps and waits until no reader can hold
 * the old value, which is returned and may be freed.
 */
static inline void *rcu_swap(struct rcu_pointer *pointer, void *value)
{
	void *old;

	RCU_RELEASED(pointer);
	old = rcu_xchg_pointer(&pointer->value, value);
	urcu_qsbr_synchronize_rcu();
	RCU_ACQUIRED(&pointer->value);
	return old;
}

#endif
