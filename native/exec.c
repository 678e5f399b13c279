/*
 * Running programs: on the host for the brain (SPAWN), inside the container for a hook, and the exec that ends a
 * child list. What a program finds is exactly what it is given: its environment, no descriptor of ours, default
 * signals.
 */
#include "lxc-ts.h"

#include <linux/close_range.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static const char *lookup(char *const *env, const char *name, const char *otherwise)
{
	size_t len = strlen(name);
	for (; env && *env; env++)
		if (!strncmp(*env, name, len) && (*env)[len] == '=')
			return *env + len + 1;
	return otherwise;
}

/* A text without #! is a shell script to execvp, and so to LXC. */
static int exec_file(const char *path, char *const *argv, char *const *env)
{
	execve(path, argv, env);
	if (errno != ENOEXEC)
		return -errno;
	size_t argc = 0;
	while (argv[argc])
		argc++;
	if (argc > 4096)
		return -E2BIG;
	const char *shell[argc + 2];
	shell[0] = "/bin/sh";
	shell[1] = path;
	memcpy(shell + 2, argv + 1, argc * sizeof(*shell));
	execve(shell[0], (char *const *)shell, env);
	return -ENOEXEC;
}

int exec_search(char *const *argv, char *const *env)
{
	const char *name = argv[0];
	char path[4096];
	int err = -ENOENT;
	if (!name || !*name)
		return -ENOENT;
	if (strchr(name, '/')) {
		err = exec_file(name, argv, env);
		if (err == -ENOENT && access(name, F_OK) == 0)
			detail("the file is there, its interpreter or loader is not", NULL);
		return err;
	}
	const char *dirs = lookup(env, "PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
	for (;; dirs++) {
		size_t len = strcspn(dirs, ":");
		if (len + strlen(name) + 2 <= sizeof(path)) {
			memcpy(path, dirs, len);
			path[len] = 0;
			join(path + len, sizeof(path) - len, len ? "/" : "./", name, NULL);
			int got = exec_file(path, argv, env);
			if (got == -EACCES || err == -ENOENT)
				err = got == -ENOTDIR ? -ENOENT : got; /* not executable here: perhaps further on */
			if (got != -ENOENT && got != -ENOTDIR && got != -EACCES)
				return got;
		}
		dirs += len;
		if (!*dirs)
			return err;
	}
}

/* SIG_IGN survives exec: a container must not inherit that a caller's shell ignored SIGINT. */
void reset_signals(void)
{
	struct sigaction none = { .sa_handler = SIG_DFL };
	sigset_t set;
	for (int sig = 1; sig < 65; sig++)
		if (sig != SIGKILL && sig != SIGSTOP)
			sigaction(sig, &none, NULL);
	sigemptyset(&set);
	sigprocmask(SIG_SETMASK, &set, NULL);
}

static void for_descriptors(int first, void (*each)(int))
{
	struct rlimit limit = { .rlim_cur = 1024 };
	getrlimit(RLIMIT_NOFILE, &limit);
	for (int fd = first; fd < 65536 && (rlim_t)fd < limit.rlim_max; fd++)
		each(fd);
}

static void make_cloexec(int fd)
{
	fcntl(fd, F_SETFD, FD_CLOEXEC);
}

static void close_one(int fd)
{
	close(fd);
}

void cloexec_from(int first)
{
	if (syscall(SYS_close_range, first, ~0u, CLOSE_RANGE_CLOEXEC) < 0) /* Linux 5.11 */
		for_descriptors(first, make_cloexec);
}

void close_from(int first)
{
	if (syscall(SYS_close_range, first, ~0u, 0) < 0)
		for_descriptors(first, close_one);
}

pid_t spawn_start(char *const *argv, char *const *env, const char *cwd, int in, int out, bool root)
{
	int ends[2], err = 0;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	_fd_ int told = ends[0], tell = ends[1];
	pid_t pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0) {
		sigprocmask(SIG_SETMASK, &caller_mask, NULL);
		if (in >= 0)
			dup2(in, 0);
		if (out >= 0)
			dup2(out, 1), dup2(out, 2);
		cloexec_from(3);
		if (root && (syscall(SYS_setgroups, 0, NULL) < 0 || syscall(SYS_setresgid, 0, 0, 0) < 0 || syscall(SYS_setresuid, 0, 0, 0) < 0))
			err = -errno;
		else if (*cwd && chdir(cwd) < 0)
			err = -errno;
		else
			err = exec_search(argv, env);
		write_all(tell, &err, sizeof(err));
		_exit(127);
	}
	close_fd(&tell);
	if (RETRY(read(told, &err, sizeof(err))) != sizeof(err) || err >= 0)
		return pid;
	RETRY(waitpid(pid, NULL, 0));
	return err;
}

int spawn_wait(char *const *argv, char *const *env, const char *cwd, int in, int out, bool root)
{
	int status;
	pid_t pid = spawn_start(argv, env, cwd, in, out, root);
	if (pid < 0)
		return pid;
	return RETRY(waitpid(pid, &status, 0)) < 0 ? -errno : status;
}

/* ---- the exec that ends a child list ---- */

/* What the caller had open, as bits. */
static uint64_t callers[1024 / 64] SELDOM;

void keep_descriptors(void)
{
	for (int fd = 3; fd < 64 * (int)countof(callers); fd++) {
		int flags = fcntl(fd, F_GETFD);
		if (flags >= 0 && fcntl(fd, F_SETFD, FD_CLOEXEC) == 0)
			callers[fd / 64] |= 1ull << fd % 64;
	}
	close_from(64 * countof(callers));
}

static void hand_over_descriptors(void)
{
	for (int fd = 3; fd < 64 * (int)countof(callers); fd++)
		if (callers[fd / 64] >> fd % 64 & 1)
			fcntl(fd, F_SETFD, 0);
}

int op_exec(struct run *run, const struct op *op)
{
	if (!run->filtered)
		cloexec_from(3);
	hand_over_descriptors();
	return exec_search(VEC(op, EXEC_ARGV), VEC(op, EXEC_ENV));
}

int op_exec_init(struct run *run, const struct op *op)
{
	size_t argc = LEN(op, EXEC_INIT_ARGV);
	const char *argv[argc + 2];
	argv[0] = "lxc-init";
	memcpy(argv + 1, VEC(op, EXEC_INIT_ARGV), (argc + 1) * sizeof(*argv));
	if (!run->filtered)
		cloexec_from(3);
	syscall(SYS_execveat, run->self, "", argv, VEC(op, EXEC_INIT_ENV), AT_EMPTY_PATH);
	return -errno;
}
