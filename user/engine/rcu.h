/* SPDX-License-Identifier: MIT */
/*
 * liburcu's QSBR flavour, and the one place that tells the thread sanitizer
 * what it cannot see. Workers are readers: registered, quiescent once per
 * batch, offline while asleep. The loader is the only writer.
 *
 * Two things are ordered. What the writer stored before rcu_swap() is seen
 * behind rcu_read(): release and acquire of `value`, by the compiler's own
 * atomics, which the sanitizer understands. What a reader did with the old
 * value comes before rcu_swap() returns it: the grace period, in a library
 * that is not instrumented. That one is said by hand, with `grace` for a
 * name: each reader releases it where it lets go, the writer acquires it
 * where the wait is over. A reader that held on beyond its rcu_quiescent()
 * would not be covered, and would be reported.
 */
#ifndef X0F_ENGINE_RCU_H
#define X0F_ENGINE_RCU_H

#include <stdint.h>
#include <urcu/urcu-qsbr.h>

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define RCU_SANITIZED 1
#endif
#elif defined(__SANITIZE_THREAD__)
#define RCU_SANITIZED 1
#endif

#ifdef RCU_SANITIZED
void __tsan_acquire(void *addr);
void __tsan_release(void *addr);
#define RCU_ACQUIRED(addr) __tsan_acquire(addr)
#define RCU_RELEASED(addr) __tsan_release(addr)
#else
#define RCU_ACQUIRED(addr) ((void)(addr))
#define RCU_RELEASED(addr) ((void)(addr))
#endif

/* A pointer that one writer swaps under readers. All zero: NULL. */
struct rcu_pointer {
	void *value;
	uint64_t grace; /* the sanitizer's; its address is all that matters */
};

static inline void rcu_begin_thread(void)
{
	urcu_qsbr_register_thread();
}

/* Reader: holds no value, as after rcu_quiescent(). */
static inline void rcu_end_thread(void)
{
	urcu_qsbr_unregister_thread();
}

/* Reader; the value is good until the next rcu_quiescent(), rcu_sleep(). */
static inline void *rcu_read(struct rcu_pointer *pointer)
{
	/* pairs with rcu_swap() */
	return __atomic_load_n(&pointer->value, __ATOMIC_ACQUIRE);
}

/* Reader: holds no value from before. */
static inline void rcu_quiescent(struct rcu_pointer *pointer)
{
	RCU_RELEASED(&pointer->grace);
	urcu_qsbr_quiescent_state();
}

/*
 * Reader, before it blocks: no writer waits for it until rcu_awake(). Holds no
 * value from before, reads none in between.
 */
static inline void rcu_sleep(struct rcu_pointer *pointer)
{
	RCU_RELEASED(&pointer->grace);
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
	/* pairs with rcu_read() */
	void *old = __atomic_exchange_n(&pointer->value, value,
					__ATOMIC_SEQ_CST);

	urcu_qsbr_synchronize_rcu();
	RCU_ACQUIRED(&pointer->grace);
	return old;
}

#endif
