/*
 * The birth of an attached process: this program executed anew, from a read-only view of it. Inside the container
 * /proc/PID/exe would otherwise be a way to overwrite the host's binary (CVE-2019-5736).
 */
#include "monitor.h"

#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

/* ---- the program itself, for execution where it may be read ---- */

struct mount_change {
	uint64_t set, clear, propagation, userns;
};

/* A mount of its own that was never attached anywhere: nobody can make it writable again once we let go of it. */
static int clone_self(void)
{
	struct mount_change change = { .set = 1 /* MOUNT_ATTR_RDONLY */ };
	_fd_ int fd = CHECK((int)syscall(428 /* open_tree */, AT_FDCWD, "/proc/self/exe", 1 /* OPEN_TREE_CLONE */ | O_CLOEXEC));
	if (fd < 0)
		return fd;
	if (syscall(442 /* mount_setattr */, fd, "", AT_EMPTY_PATH, &change, sizeof(change)) < 0)
		return -errno;
	int handed = fd;
	fd = -1;
	return handed;
}

static int copy_self(void)
{
	enum { SEALS = 0x1 | 0x2 | 0x4 | 0x8 };
	char bytes[4096];
	ssize_t count;
	_fd_ int from = CHECK(open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
	_fd_ int to = CHECK((int)syscall(SYS_memfd_create, "lxc", 0x1 | 0x2 | 0x10 /* MFD_EXEC */));
	if (to == -EINVAL) /* MFD_EXEC is 6.3 */
		to = CHECK((int)syscall(SYS_memfd_create, "lxc", 0x1 | 0x2));
	if (from < 0 || to < 0)
		return from < 0 ? from : to;
	while ((count = RETRY(read(from, bytes, sizeof(bytes)))) > 0)
		if (write_all(to, bytes, count) < 0)
			return -EIO;
	if (count < 0 || fcntl(to, 1033 /* F_ADD_SEALS */, SEALS) < 0)
		return -errno;
	int handed = to;
	to = -1;
	return handed;
}

int open_self(void)
{
	int fd = clone_self();
	return fd >= 0 ? fd : copy_self();
}

/* ---- the birth ---- */

/* Descriptors that the newborn finds. */
enum { GIVEN_PROGRAM = 3, GIVEN_SYNC, GIVEN_INIT, GIVEN_TERMINAL, GIVEN_END };

struct birth {
	int self;
	int given[GIVEN_END];   /* -1 none */
	char *argv[3];
};

/* In the newborn, which shares our memory and stack until it executes. Nothing here may return. */
static noreturn void be_born(const struct birth *b)
{
	int high[GIVEN_END], self = fcntl(b->self, F_DUPFD_CLOEXEC, GIVEN_END);
	char *env[] = { NULL };
	for (int i = GIVEN_PROGRAM; i < GIVEN_END; i++)
		high[i] = b->given[i] < 0 ? -1 : fcntl(b->given[i], F_DUPFD_CLOEXEC, GIVEN_END);
	for (int i = GIVEN_PROGRAM; i < GIVEN_END; i++)
		if (high[i] >= 0)
			dup2(high[i], i);
		else
			close(i);
	cloexec_from(GIVEN_END);
	syscall(SYS_execveat, self, "", b->argv, env, AT_EMPTY_PATH);
	_exit(127);
}

struct clone3_args {
	uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid, set_tid_size, cgroup;
};

/*
 * As vfork, which saves the copy of our page tables. Written as an instruction because a function that the newborn
 * returned from would leave its frame of our shared stack overwritten.
 */
static inline __attribute__((always_inline)) long clone3_vfork(struct clone3_args *args)
{
#if defined(__x86_64__)
	long result;
	__asm__ volatile("syscall" : "=a"(result) : "a"(435L), "D"(args), "S"(sizeof(*args)) : "rcx", "r11", "memory");
	return result;
#elif defined(__aarch64__)
	register long number __asm__("x8") = 435;
	register long result __asm__("x0") = (long)args;
	register long size __asm__("x1") = sizeof(*args);
	__asm__ volatile("svc #0" : "+r"(result) : "r"(number), "r"(size) : "memory");
	return result;
#else
	(void)args;
	return -ENOSYS;
#endif
}

static __attribute__((noinline)) pid_t bear(const struct birth *b, const char *cgroup2, int *pidfd)
{
	enum { VM = 0x100, VFORK = 0x4000, PIDFD = 0x1000 };
	const uint64_t into_cgroup = 0x200000000;
	_fd_ int cgroup = *cgroup2 ? CHECK(open(cgroup2, O_PATH | O_DIRECTORY | O_CLOEXEC)) : -1;
	struct clone3_args args = { .flags = VM | VFORK | PIDFD, .pidfd = (uintptr_t)pidfd, .exit_signal = SIGCHLD };
	if (*cgroup2 && cgroup < 0) {
		detail(cgroup2, NULL);
		return cgroup;
	}
	if (cgroup >= 0) {
		args.flags |= into_cgroup;
		args.cgroup = cgroup;
	}
	long pid = clone3_vfork(&args);
	if (pid == 0)
		be_born(b);
	if (pid == -ENOSYS || pid == -E2BIG || pid == -EINVAL) {
		pid = fork_into(cgroup2, 0, pidfd);
		if (pid == 0)
			be_born(b);
	}
	return pid;
}

/* The program as it came, in memory that the newborn maps. */
static int pass_program(const struct program *program)
{
	_fd_ int fd = CHECK((int)syscall(SYS_memfd_create, "program", 1 /* MFD_CLOEXEC */));
	int err = fd < 0 ? fd : write_all(fd, program->frame.data, program->frame.len);
	if (err < 0)
		return err;
	int handed = fd;
	fd = -1;
	return handed;
}

int bear_attached(struct run *run, const char *cgroup2, int terminal)
{
	int pair[2], pidfd = -1;
	_fd_ int program = pass_program(&run->program);
	_fd_ int self = program < 0 ? program : open_self();
	if (self < 0)
		return self;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	char number[24];
	format_number(number, run->init);
	struct birth birth = { .self = self, .argv = { ATTACHED_NAME, number } };
	birth.given[GIVEN_PROGRAM] = program;
	birth.given[GIVEN_SYNC] = pair[1];
	birth.given[GIVEN_INIT] = run->init_pidfd;
	birth.given[GIVEN_TERMINAL] = terminal;
	pid_t pid = bear(&birth, cgroup2, &pidfd);
	return hold_child(run, pair, pid, pidfd);
}

static int given(int fd)
{
	return fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 ? -1 : fd;
}

void attached_main(char **argv)
{
	struct run run;
	struct stat st;
	const char *pid = argv[1] ? argv[1] : "0";
	run_init(&run, -1);
	run.sync = given(GIVEN_SYNC);
	run.init_pidfd = given(GIVEN_INIT);
	run.console = given(GIVEN_TERMINAL);
	run.init = parse_number(&pid);
	if (fstat(GIVEN_PROGRAM, &st) < 0)
		_exit(127);
	/* A byte more: texts and frames end in NUL. */
	struct frame frame = { .type = FRAME_RUN, .len = st.st_size, .mapped = (st.st_size + 4096) & ~4095ul };
	frame.data = map_pages(frame.mapped);
	if (!frame.data || pread(GIVEN_PROGRAM, frame.data, frame.len, 0) != (ssize_t)frame.len)
		_exit(127);
	close(GIVEN_PROGRAM);
	if (program_decode(&run.program, &frame) < 0)
		_exit(127);
	run_child(&run);
}
