/* Parent ops that touch one thing of the host each: the command socket, a file, a process. */
#include "lxc-ts.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>

/*
 * Bound before anything of the container exists and closed after everything is gone: a client that is refused
 * knows the container is stopped, and a second start of the name fails here.
 */
int op_bind_command(struct run *run, const struct op *op)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t len = LEN(op, BIND_COMMAND_NAME);
	int on = 1;
	if (len > sizeof(address.sun_path) - 1)
		return -ENAMETOOLONG;
	memcpy(address.sun_path + 1, STR(op, BIND_COMMAND_NAME), len);
	_fd_ int fd = CHECK(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
	if (fd < 0)
		return fd;
	if (bind(fd, (void *)&address, offsetof(struct sockaddr_un, sun_path) + 1 + len) < 0
	    || setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) < 0 || listen(fd, 100) < 0)
		return -errno;
	run->command = fd;
	fd = -1;
	return 0;
}

int op_write_file(struct run *run, const struct op *op)
{
	(void)run;
	return write_file(STR(op, WRITE_FILE_PATH), NUM(op, WRITE_FILE_FLAGS), NUM(op, WRITE_FILE_MODE),
			  STR(op, WRITE_FILE_TEXT), LEN(op, WRITE_FILE_TEXT));
}

/* The descriptor stays open on purpose: the lock ends with the process, whichever way that goes. */
int op_lock_file(struct run *run, const struct op *op)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	(void)run;
	int fd = CHECK(open(STR(op, LOCK_FILE_PATH), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
	return fd < 0 ? fd : CHECK(fcntl(fd, F_OFD_SETLK, &lock));
}

int test_lock(const char *path)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	_fd_ int fd = CHECK(open(path, O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC));
	if (fd < 0)
		return fd == -ENOENT || fd == -ENOTDIR ? 0 : fd;
	int err = CHECK(fcntl(fd, F_OFD_GETLK, &lock));
	return err < 0 ? err : lock.l_type == F_UNLCK ? 0 : -EAGAIN;
}

int op_test_lock(struct run *run, const struct op *op)
{
	(void)run;
	return test_lock(STR(op, TEST_LOCK_PATH));
}

/* Asked again and again, because a signal that ends the command must end the wait as well. */
static int await_lock(struct run *run, int fd)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	for (;;) {
		int err = CHECK(fcntl(fd, F_OFD_SETLK, &lock));
		if (err != -EAGAIN && err != -EACCES)
			return err;
		poll(NULL, 0, 5);
		err = told_to_end(run);
		if (err < 0)
			return err;
	}
}

static int open_lock(struct run *run, const char *path)
{
	const char *name;
	_fd_ int dir = open_parent(run, WHERE_HOST, path, &name);
	return dir < 0 ? dir : CHECK(openat(dir, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
}

/* Whoever does not run any more holds no lock. */
int op_hold_lock(struct run *run, const struct op *op)
{
	close_fd(&run->lock);
	run->lock = open_lock(run, STR(op, HOLD_LOCK_PATH));
	return run->lock < 0 ? run->lock : await_lock(run, run->lock);
}

int op_keep_lock(struct run *run, const struct op *op)
{
	static int kept = -1;
	close_fd(&kept);
	if (!*STR(op, KEEP_LOCK_PATH))
		return 0;
	kept = open_lock(run, STR(op, KEEP_LOCK_PATH));
	return kept < 0 ? kept : await_lock(run, kept);
}

int op_unlink(struct run *run, const struct op *op)
{
	(void)run;
	int err = CHECK(unlink(STR(op, UNLINK_PATH)));
	return err == -ENOENT ? 0 : err;
}

int op_rmdir(struct run *run, const struct op *op)
{
	(void)run;
	int err = CHECK(rmdir(STR(op, RMDIR_PATH)));
	return err == -ENOENT ? 0 : err;
}

int op_write_proc(struct run *run, const struct op *op)
{
	char path[256], number[24];
	format_number(number, run->init);
	int err = JOIN(path, "/proc/", number, "/", STR(op, WRITE_PROC_FILE));
	return err < 0 ? err : write_file(path, 0, 0, STR(op, WRITE_PROC_TEXT), LEN(op, WRITE_PROC_TEXT));
}

int op_write_pidfile(struct run *run, const struct op *op)
{
	char number[24];
	size_t len = format_number(number, getpid());
	(void)run;
	return write_file(STR(op, WRITE_PIDFILE_PATH), O_CREAT | O_TRUNC, 0600, number, len);
}

/* ---- processes ---- */

#define GET_INIT_PID 4
#define GET_INIT_PIDFD 18

/* A monitor older than pidfds answers with init's pid only. */
int op_signal(struct run *run, const struct op *op)
{
	const char *name = STR(op, SIGNAL_SOCKET);
	int64_t pid = NUM(op, SIGNAL_PID);
	_fd_ int pidfd = -1;
	(void)run;
	if (*name && command_ask(name, GET_INIT_PIDFD, 0, NULL, &pidfd, false) < 0) {
		int err = command_ask(name, GET_INIT_PID, 0, &pid, NULL, false);
		if (err < 0)
			return err;
	}
	if (pidfd < 0 && pid > 0)
		pidfd = pidfd_open_compat(pid);
	return pidfd == -ESRCH ? -ESRCH : pidfd_kill(pidfd, pid, NUM(op, SIGNAL_SIGNAL));
}

static int adopt(struct run *run, pid_t pid, uint64_t since)
{
	int pidfd = pidfd_open_compat(pid);
	if (pidfd < 0)
		return pidfd;
	/* Looked at after the pidfd was taken: from here on the number cannot pass to another process. */
	if (since && start_time(pid) != since) {
		close(pidfd);
		return -ESRCH;
	}
	run->init = pid;
	run->init_pidfd = pidfd;
	run->adopted = true;
	return record_processes(run);
}

int op_adopt(struct run *run, const struct op *op)
{
	return adopt(run, NUM(op, ADOPT_PID), NUM(op, ADOPT_START_TIME));
}

int op_adopt_from(struct run *run, const struct op *op)
{
	char text[24];
	const char *at = text;
	ssize_t count = read_file(STR(op, ADOPT_FROM_FILE), text, sizeof(text));
	int64_t pid = count < 0 ? count : parse_number(&at);
	return pid <= 0 ? (pid < 0 ? (int)pid : -ESRCH) : adopt(run, pid, 0);
}
