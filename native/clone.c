/*
 * Births: of init, of an attached process, and of the runner that goes on when the command returns. clone3 where the
 * kernel has it (5.3), with CLONE_INTO_CGROUP (5.7) because that takes no global lock; else clone, and the parent
 * moves the newborn, which waits for it.
 */
#include "lxc-ts.h"

#include <linux/sched.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static pid_t clone_modern(uint64_t flags, int cgroup, int *pidfd)
{
	struct clone_args args = { .flags = flags, .exit_signal = flags & CLONE_PARENT ? 0 : SIGCHLD };
	if (pidfd) {
		args.flags |= CLONE_PIDFD;
		args.pidfd = (uintptr_t)pidfd;
	}
	if (cgroup >= 0) {
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = cgroup;
	}
	return CHECK((pid_t)syscall(SYS_clone3, &args, sizeof(args)));
}

/* The raw call: with no stack of its own the child returns here as from fork. */
static pid_t clone_old(uint64_t flags, int *pidfd)
{
	pid_t pid = CHECK((pid_t)syscall(SYS_clone, flags | SIGCHLD | (pidfd ? CLONE_PIDFD : 0), NULL, pidfd, NULL, NULL));
	if (pid == -EINVAL && pidfd) { /* CLONE_PIDFD is 5.2 */
		*pidfd = -1;
		pid = CHECK((pid_t)syscall(SYS_clone, flags | SIGCHLD, NULL, NULL, NULL, NULL));
	}
	return pid;
}

static int move_to_cgroup(const char *cgroup2, pid_t pid)
{
	char path[512], number[24];
	size_t len = format_number(number, pid);
	int err = JOIN(path, cgroup2, "/cgroup.procs");
	return err < 0 ? err : write_file(path, 0, 0, number, len);
}

static pid_t clone_and_move(const char *cgroup2, uint64_t flags, int *pidfd)
{
	int gate[2];
	char go = 0;
	if (!*cgroup2)
		return clone_old(flags, pidfd);
	if (pipe2(gate, O_CLOEXEC) < 0)
		return -errno;
	_fd_ int in = gate[0], out = gate[1];
	pid_t pid = clone_old(flags, pidfd);
	if (pid == 0) {
		close_fd(&out);
		if (RETRY(read(in, &go, 1)) != 1)
			_exit(1);
		return 0;
	}
	int err = pid < 0 ? pid : move_to_cgroup(cgroup2, pid);
	if (err == 0)
		err = write_all(out, &go, 1);
	return err < 0 ? err : pid; /* a closed gate ends the child */
}

pid_t fork_into(const char *cgroup2, uint64_t flags, int *pidfd)
{
	_fd_ int cgroup = -1;
	if (*cgroup2) {
		cgroup = CHECK(open(cgroup2, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
		if (cgroup < 0) {
			detail(cgroup2, NULL);
			return cgroup;
		}
	}
	pid_t pid = clone_modern(flags, cgroup, pidfd);
	if (pid == -ENOSYS || pid == -E2BIG || pid == -EINVAL)
		pid = clone_and_move(cgroup2, flags, pidfd);
	return pid;
}

int hold_child(struct run *run, const int pair[2], pid_t pid, int pidfd)
{
	close(pair[1]);
	if (pid < 0) {
		close(pair[0]);
		return pid;
	}
	run->sync = pair[0];
	run->seen = 0;
	run->child = pid;
	run->child_pidfd = pidfd >= 0 ? pidfd : pidfd_open_compat(pid);
	return 0;
}

int clone_child(struct run *run, uint64_t flags, const char *cgroup2)
{
	int pair[2], pidfd = -1;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	pid_t pid = fork_into(cgroup2, flags, &pidfd);
	if (pid == 0) {
		close(pair[0]);
		run->sync = pair[1];
		run_child(run);
	}
	return hold_child(run, pair, pid, pidfd);
}

/* Be born in another pid namespace: it takes effect for children only, and we take ours back afterwards. */
static int clone_in_pid_namespace(struct run *run, const struct op *op)
{
	const char *path = STR(op, CLONE_PID_NAMESPACE);
	if (!*path)
		return clone_child(run, NUM(op, CLONE_FLAGS), STR(op, CLONE_CGROUP2));
	_fd_ int own = CHECK(open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC));
	_fd_ int other = CHECK(open(path, O_RDONLY | O_CLOEXEC));
	if (own < 0 || other < 0 || setns(other, CLONE_NEWPID) < 0) {
		int err = own < 0 ? own : other < 0 ? other : -errno;
		detail(path, NULL);
		return err;
	}
	int err = clone_child(run, NUM(op, CLONE_FLAGS), STR(op, CLONE_CGROUP2));
	return setns(own, CLONE_NEWPID) < 0 && err == 0 ? -errno : err;
}

/* All are opened first, because paths mean something else in another mount namespace. */
static int enter_all(char *const *paths, uint32_t *which)
{
	int fds[8], count = 0, err = 0;
	for (; paths[count] && count < (int)countof(fds) && err == 0; count++) {
		fds[count] = CHECK(open(paths[count], O_RDONLY | O_CLOEXEC));
		err = fds[count] < 0 ? fds[count] : 0;
		*which = count;
	}
	for (int i = 0; i < count && err == 0; i++) {
		err = CHECK(setns(fds[i], 0));
		*which = i;
	}
	return err;
}

/* What the process in between tells: a pid as we see it, or -errno and the namespace that refused. */
struct birth_notice {
	int32_t pid;
	uint32_t which;
};

static noreturn void give_birth(struct run *run, const struct op *op, int tell, const int pair[2])
{
	struct birth_notice notice = { .which = ~0u };
	notice.pid = enter_all(VEC(op, CLONE_WITHIN_ENTER), &notice.which);
	if (notice.pid == 0) {
		notice.which = ~0u;
		notice.pid = fork_into("", NUM(op, CLONE_WITHIN_FLAGS) | CLONE_PARENT, NULL);
		if (notice.pid == 0) {
			close(pair[0]);
			run->sync = pair[1];
			run_child(run);
		}
	}
	_exit(write_all(tell, &notice, sizeof(notice)) < 0);
}

static int clone_within(struct run *run, const struct op *op)
{
	int pair[2], ends[2];
	struct birth_notice notice = { .pid = -ECHILD, .which = ~0u };
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	_fd_ int told = ends[0], tell = ends[1];
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	pid_t middle = fork_into(STR(op, CLONE_WITHIN_CGROUP2), 0, NULL);
	if (middle == 0)
		give_birth(run, op, tell, pair);
	close_fd(&tell);
	if (middle > 0 && RETRY(read(told, &notice, sizeof(notice))) != sizeof(notice))
		notice.pid = -ECHILD;
	if (middle > 0)
		RETRY(waitpid(middle, NULL, 0));
	if (notice.which < LEN(op, CLONE_WITHIN_ENTER))
		detail(VEC(op, CLONE_WITHIN_ENTER)[notice.which], NULL);
	return hold_child(run, pair, middle < 0 ? middle : notice.pid, -1);
}

/* pid 1 of lxc-execute is this program; what the container sees of it must not lead to the host's file. */
static int hold_self(struct run *run)
{
	const struct op_list *child = &run->program.list[LIST_CHILD];
	for (uint32_t i = 0; i < child->count && run->self < 0; i++)
		if (child->ops[i].code == OP_EXEC_INIT && (run->self = open_self()) < 0)
			return run->self;
	return 0;
}

static int birth(struct run *run, const struct op *op, op_fn *bear, uint64_t flags)
{
	int err = hold_self(run);
	if (err == 0)
		err = bear(run, op);
	close_fd(&run->self);
	close_fd(&run->tree); /* the child has its own; ours would keep the file system in use */
	close_fd(&run->next_tree);
	if (err < 0)
		return err;
	run->init = run->child;
	run->init_pidfd = run->child_pidfd;
	run->clone_flags = flags;
	return record_processes(run);
}

int op_clone(struct run *run, const struct op *op)
{
	return birth(run, op, clone_in_pid_namespace, NUM(op, CLONE_FLAGS));
}

int op_clone_within(struct run *run, const struct op *op)
{
	return birth(run, op, clone_within, NUM(op, CLONE_WITHIN_FLAGS));
}

/* Standard streams of a process that outlives its command: a pipe to a pager must see its end. */
static void leave_streams(void)
{
	_fd_ int null = CHECK(open("/dev/null", O_RDWR | O_CLOEXEC));
	for (int fd = 0; fd <= 2 && null >= 0; fd++)
		dup2(null, fd);
}

int op_detach(struct run *run, const struct op *op)
{
	int pair[2];
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	pid_t pid = fork_into(STR(op, DETACH_CGROUP2), 0, NULL);
	if (pid == 0) {
		close(pair[0]);
		close(run->brain);
		run->brain = pair[1];
		run->detached = true;
		setsid();
		leave_streams();
		return chdir("/") < 0 ? -errno : 0;
	}
	close(pair[1]);
	if (pid < 0) {
		close(pair[0]);
		return pid;
	}
	/* The command socket must close with the monitor, not with a client that lingers. */
	close_fd(&run->command);
	close_fd(&run->record);
	run->relay = pair[0];
	return 0;
}
