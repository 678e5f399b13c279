/* Pseudo terminals of the container, and the standard streams of its init. Run by the child. */
#include "lxc-ts.h"

#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>

#ifndef TIOCGPTPEER
#define TIOCGPTPEER _IO('T', 0x41)
#endif

/* TIOCGPTPEER (4.13) needs no path; before it, the slave is opened by its number in the same devpts. */
static int open_slave(struct run *run, int master, bool inside)
{
	int off = 0, number = 0;
	char path[40], digits[24];
	if (ioctl(master, TIOCSPTLCK, &off) < 0)
		return -errno;
	int fd = CHECK(ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC));
	if (fd >= 0)
		return fd;
	if (ioctl(master, TIOCGPTN, &number) < 0)
		return -errno;
	format_number(digits, number);
	JOIN(path, "/dev/pts/", digits);
	return open_where(run, inside ? WHERE_ROOTFS : WHERE_HOST, path, O_RDWR | O_NOCTTY);
}

static int bind_slave(struct run *run, int slave, const char *path)
{
	const char *name;
	char source[40], target[40], number[24];
	_fd_ int dir = open_parent(run, WHERE_ROOTFS, path, &name);
	if (dir < 0)
		return dir;
	if (mknodat(dir, name, S_IFREG, 0) < 0 && errno != EEXIST)
		return -errno;
	_fd_ int at = open_beneath(run->root, path, O_PATH, 0);
	if (at < 0)
		return at;
	format_number(number, slave);
	JOIN(source, "/proc/self/fd/", number);
	format_number(number, at);
	JOIN(target, "/proc/self/fd/", number);
	return CHECK(mount(source, target, NULL, MS_BIND, NULL));
}

int op_open_pty(struct run *run, const struct op *op)
{
	bool inside = NUM(op, OPEN_PTY_ROOTFS) != 0;
	const char *bind = STR(op, OPEN_PTY_BIND);
	_fd_ int master = open_where(run, inside ? WHERE_ROOTFS : WHERE_HOST, inside ? "/dev/pts/ptmx" : "/dev/ptmx", O_RDWR | O_NOCTTY);
	if (master < 0)
		return master;
	_fd_ int slave = open_slave(run, master, inside);
	int err = slave < 0 ? slave : *bind ? bind_slave(run, slave, bind) : 0;
	if (err == 0)
		err = send_message(run, MSG_PTY, NUM(op, OPEN_PTY_WHICH), 0, "", master);
	if (err < 0 || NUM(op, OPEN_PTY_WHICH) != 0)
		return err;
	close_fd(&run->console);
	run->console = slave;
	slave = -1;
	return 0;
}

int op_stdio(struct run *run, const struct op *op)
{
	int64_t mode = NUM(op, STDIO_MODE);
	int source = mode == STREAMS_NULL ? run->null : mode == STREAMS_KEEP ? -1 : run->console;
	if (source < 0 && mode != STREAMS_KEEP)
		return -EBADF;
	for (int fd = 0; fd <= 2 && source >= 0; fd++)
		if (mode != STREAMS_CONSOLE_FOR_TERMINALS || isatty(fd))
			if (dup2(source, fd) < 0)
				return -errno;
	setsid();
	/* Not every stdin is a terminal, and one of another session stays there. */
	if (NUM(op, STDIO_CONTROLLING))
		ioctl(isatty(0) ? 0 : run->console, TIOCSCTTY, 0);
	return 0;
}
