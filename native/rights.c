/*
 * Ids, capabilities, filters and limits: what the child gives up before it runs the container's program. System
 * calls are made directly where the C library would act for all threads of a process: there is one.
 */
#include "lxc-ts.h"

#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/keyctl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/statfs.h>
#include <sys/syscall.h>

int op_set_ids(struct run *run, const struct op *op)
{
	int64_t uid = NUM(op, SET_IDS_UID), gid = NUM(op, SET_IDS_GID);
	size_t groups = LEN(op, SET_IDS_GROUPS) / sizeof(uint32_t);
	(void)run;
	if (!NUM(op, SET_IDS_KEEP_GROUPS) && syscall(SYS_setgroups, groups, STR(op, SET_IDS_GROUPS)) < 0) {
		detail("setgroups", NULL);
		return -errno;
	}
	if (gid >= 0 && syscall(SYS_setresgid, gid, gid, gid) < 0) {
		detail("setgid", NULL);
		return -errno;
	}
	if (uid >= 0 && syscall(SYS_setresuid, uid, uid, uid) < 0) {
		detail("setuid", NULL);
		return -errno;
	}
	return 0;
}

/*
 * The bounding, inheritable and ambient sets decide what an exec'd program has; our own permitted set lasts until
 * then, because the seccomp filter and the ids that follow need it.
 */
int op_cap_drop(struct run *run, const struct op *op)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];
	uint64_t drop = NUM(op, CAP_DROP_DROP);
	(void)run;
	for (int cap = 0; cap < 64 && prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++) {
		if (!(drop >> cap & 1))
			continue;
		if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0)
			return -errno;
		prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_LOWER, cap, 0, 0); /* Linux 4.3 */
	}
	if (syscall(SYS_capget, &head, data) < 0)
		return -errno;
	data[0].inheritable &= ~(uint32_t)drop;
	data[1].inheritable &= ~(uint32_t)(drop >> 32);
	return CHECK((int)syscall(SYS_capset, &head, data));
}

int op_dumpable(struct run *run, const struct op *op)
{
	(void)run;
	return CHECK(prctl(PR_SET_DUMPABLE, NUM(op, DUMPABLE_ON), 0, 0, 0));
}

int op_no_new_privs(struct run *run, const struct op *op)
{
	(void)run, (void)op;
	return CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
}

int op_seccomp(struct run *run, const struct op *op)
{
	struct sock_fprog filter = {
		.len = LEN(op, SECCOMP_FILTER) / sizeof(struct sock_filter),
		.filter = (struct sock_filter *)STR(op, SECCOMP_FILTER),
	};
	/* A filter need not allow what the end of the list does for every program. */
	cloexec_from(3);
	run->filtered = true;
	bool notifies = NUM(op, SECCOMP_LISTENER);
	unsigned long flags = NUM(op, SECCOMP_FLAGS) | (notifies ? SECCOMP_FILTER_FLAG_NEW_LISTENER : 0);
	int got = CHECK((int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &filter));
	if (got == -EINVAL && flags & FILTER_WAIT_KILLABLE)
		got = CHECK((int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags & ~FILTER_WAIT_KILLABLE, &filter));
	if (got < 0 || !notifies)
		return got;
	_fd_ int listener = got;
	return send_message(run, MSG_LISTENER, op - run->program.list[LIST_CHILD].ops, 0, "", listener);
}

/* Ours, below the root of a proc file system; an attached process sees that of the container, who may play tricks with it. */
static int open_attribute(int proc, const char *attribute)
{
	struct open_how how = {
		.flags = O_WRONLY | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV,
	};
	struct statfs fs;
	char self[24], path[128];
	if (fstatfs(proc, &fs) < 0 || fs.f_type != PROC_SUPER_MAGIC) {
		detail("/proc is no proc file system", NULL);
		return -ESAID;
	}
	ssize_t len = CHECK(readlinkat(proc, "self", self, sizeof(self) - 1));
	if (len < 0)
		return len;
	self[len] = 0;
	int err = JOIN(path, self, "/attr/", attribute);
	if (err < 0)
		return err;
	int fd = CHECK((int)syscall(SYS_openat2, proc, path, &how, sizeof(how)));
	return fd == -ENOSYS ? open_beneath(proc, path, O_WRONLY, 0) : fd;
}

int op_lsm_label(struct run *run, const struct op *op)
{
	(void)run;
	_fd_ int proc = CHECK(open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC));
	if (proc < 0)
		return proc;
	_fd_ int fd = open_attribute(proc, STR(op, LSM_LABEL_ATTRIBUTE));
	return fd < 0 ? fd : CHECK((int)write(fd, STR(op, LSM_LABEL_LABEL), LEN(op, LSM_LABEL_LABEL)));
}

int op_rlimit(struct run *run, const struct op *op)
{
	uint64_t limit[2] = { NUM(op, RLIMIT_SOFT), NUM(op, RLIMIT_HARD) }; /* -1 is infinity */
	/* In the child it is 0, which stands for the caller. */
	return CHECK((int)syscall(SYS_prlimit64, run->child, NUM(op, RLIMIT_RESOURCE), limit, NULL));
}

/* Linux 5.14 */
#ifndef PR_SCHED_CORE
#define PR_SCHED_CORE 62
#define PR_SCHED_CORE_CREATE 1
#define PR_SCHED_CORE_SHARE_FROM 3
#endif
enum { ONE_THREAD = 0 };

int op_sched_core(struct run *run, const struct op *op)
{
	int64_t from = NUM(op, SCHED_CORE_FROM);
	(void)run;
	int err = CHECK(prctl(PR_SCHED_CORE, from ? PR_SCHED_CORE_SHARE_FROM : PR_SCHED_CORE_CREATE, from, ONE_THREAD, 0));
	return err == -ENODEV ? 0 : err;
}

int op_keyring(struct run *run, const struct op *op)
{
	(void)run, (void)op;
	return syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0 ? -errno : 0;
}
