/* SPDX-License-Identifier: MIT */
/*
 * See rights.h. Called by the supervisor's children right after fork, before
 * they have threads or have seen a byte from outside.
 */
#define _GNU_SOURCE /* setresuid(), CLONE_THREAD */
#include "rights.h"

#include <errno.h>
#include <grp.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pwd.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define NATIVE_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define NATIVE_ARCH AUDIT_ARCH_AARCH64
#elif defined(__riscv)
#define NATIVE_ARCH AUDIT_ARCH_RISCV64
#else
#error "name the audit architecture of this machine here"
#endif

/* The x32 ABI numbers bpf(2) differently and shares x86-64's audit number. */
#define X32_BIT 0x40000000u

int rights_find(struct rights *rights, const char *user,
		struct problem *problem)
{
	const struct passwd *entry;
	const char *name = user ? user : "x0f";

	memset(rights, 0, sizeof(*rights));
	rights->change = !geteuid();
	entry = getpwnam(name);
	if (!entry && !user)
		entry = getpwnam(name = "nobody");
	if (!entry)
		return problem_set(problem, -ENOENT, "--user %s: no such user",
				   name);
	if (!entry->pw_uid)
		return problem_set(problem, -EINVAL,
				   "--user %s: packets are not looked at with "
				   "root's rights, name another user",
				   name);
	rights->uid = entry->pw_uid;
	rights->gid = entry->pw_gid;
	if (!rights->change)
		entry = getpwuid(geteuid());
	snprintf(rights->user, sizeof(rights->user), "%s",
		 entry ? entry->pw_name : "this user");
	return 0;
}

static int become(const struct rights *rights, struct problem *problem)
{
	if (!rights->change)
		return 0;
	if (setgroups(0, NULL) ||
	    setresgid(rights->gid, rights->gid, rights->gid) ||
	    setresuid(rights->uid, rights->uid, rights->uid))
		return problem_set(problem, -errno, "cannot become user %s: %s",
				   rights->user, problem_errno(errno));
	if (!setuid(0))
		return problem_set(problem, -EPERM,
				   "root's rights did not go away");
	return 0;
}

/* Also what systemd gave to somebody who is not root. */
static int clear_capabilities(struct problem *problem)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3];

	memset(none, 0, sizeof(none));
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	if (syscall(SYS_capset, &header, none))
		return problem_set(problem, -errno,
				   "cannot give up capabilities: %s",
				   problem_errno(errno));
	return 0;
}

#define REFUSE(call, error)                                    \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##call, 0, 1), \
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (error))

/*
 * A descriptor of a BPF link would let its holder blind the sensor: none is
 * left, and bpf(2) is refused even if one were. A process that it started
 * would outlive it: threads only. glibc falls back from clone3, whose flags a
 * filter cannot see, to clone.
 */
static int forbid(struct problem *problem)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, arch)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, NATIVE_ARCH, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, X32_BIT, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		REFUSE(bpf, EPERM),
		REFUSE(execve, EPERM),
		REFUSE(execveat, EPERM),
#ifdef SYS_fork
		REFUSE(fork, EPERM),
		REFUSE(vfork, EPERM),
#endif
		REFUSE(clone3, ENOSYS),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, args[0])),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, CLONE_THREAD, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
	};
	struct sock_fprog program = {
		.len = sizeof(code) / sizeof(*code),
		.filter = code,
	};

	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
		return problem_set(problem, -errno,
				   "cannot forbid system calls: %s",
				   problem_errno(errno));
	return 0;
}

int rights_drop(const struct rights *rights, struct problem *problem)
{
	int ret = become(rights, problem);

	if (!ret)
		ret = clear_capabilities(problem);
	if (ret)
		return ret;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return problem_set(problem, -errno, "no_new_privs: %s",
				   problem_errno(errno));
	prctl(PR_SET_DUMPABLE, 0);
	return forbid(problem);
}
