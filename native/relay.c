/*
 * Carries bytes between the caller's terminal and the master of a pseudo terminal. Each direction has one buffer,
 * and a side is read only while its buffer is empty, so a slow side slows the other one and blocks nobody.
 */
#include "monitor.h"

#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>

static struct termios saved;
static int saved_fd = -1;

static void make_raw(struct termios *mode)
{
	mode->c_iflag &= ~(BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON | IXANY | IXOFF);
	mode->c_oflag &= ~OPOST;
	mode->c_lflag &= ~(ECHO | ECHONL | ICANON | ISIG | IEXTEN | TOSTOP);
	mode->c_cflag = (mode->c_cflag & ~(CSIZE | PARENB)) | CS8;
	mode->c_cc[VMIN] = 1;
	mode->c_cc[VTIME] = 0;
}

void terminal_raw(int fd)
{
	if (tcgetpgrp(fd) != getpgrp() || tcgetattr(fd, &saved) < 0)
		return;
	struct termios mode = saved;
	make_raw(&mode);
	if (tcsetattr(fd, TCSADRAIN, &mode) == 0)
		saved_fd = fd;
}

void terminal_restore(void)
{
	if (saved_fd >= 0)
		tcsetattr(saved_fd, TCSADRAIN, &saved);
	saved_fd = -1;
}

void terminal_plain(int fd)
{
	struct termios mode;
	if (tcgetattr(fd, &mode) < 0)
		return;
	make_raw(&mode);
	tcsetattr(fd, TCSANOW, &mode);
}

void terminal_copy_size(int from, int to)
{
	struct winsize size;
	if (ioctl(from, TIOCGWINSZ, &size) == 0)
		ioctl(to, TIOCSWINSZ, &size);
}

/* Typing reaches a background process only as EIO. */
int terminal_in(void)
{
	return isatty(STDIN_FILENO) && tcgetpgrp(STDIN_FILENO) == getpgrp() ? STDIN_FILENO : -1;
}

int terminal_out(void)
{
	static const int order[] = { STDOUT_FILENO, STDERR_FILENO, STDIN_FILENO };
	for (size_t i = 0; i < countof(order); i++)
		if (isatty(order[i]))
			return order[i];
	return -1;
}

/*
 * The mode belongs to the open file, which the caller's other processes share: it takes one of our own. Not of a
 * regular file, which would start at its beginning.
 */
int without_waiting(int fd)
{
	struct stat st;
	char path[40], number[24];
	if (fd < 0 || fstat(fd, &st) < 0 || !(S_ISCHR(st.st_mode) || S_ISFIFO(st.st_mode)))
		return fd;
	format_number(number, fd);
	JOIN(path, "/proc/self/fd/", number);
	int own = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	return own >= 0 ? own : fd;
}

void relay_open(struct relay *r, int master, int in, int out)
{
	r->master = master;
	r->in = in;
	r->out = out;
	r->escape = -1;
	r->escaped = r->quit = r->is_stream = false;
	r->tap = NULL;
	r->up_at = r->up_end = r->down_at = r->down_end = 0;
	if (master >= 0 && !r->up) {
		r->up = map_pages(UP_SIZE + DOWN_SIZE);
		r->down = r->up + UP_SIZE;
	}
	if (!r->up)
		r->master = -1;
	if (r->master >= 0)
		fcntl(master, F_SETFL, O_NONBLOCK);
}

void relay_poll(struct relay *r, struct pollfd polls[static RELAY_POLLS])
{
	bool up = r->up_at < r->up_end, down = r->down_at < r->down_end;
	short master = (down ? 0 : POLLIN) | (up ? POLLOUT : 0);
	/* A side that nothing is wanted from is left out: poll would tell its hang-up again and again. */
	polls[0] = (struct pollfd){ .fd = master ? r->master : -1, .events = master };
	polls[1] = (struct pollfd){ .fd = up || r->master < 0 ? -1 : r->in, .events = POLLIN };
	polls[2] = (struct pollfd){ .fd = down ? r->out : -1, .events = POLLOUT };
}

/* Takes the escape and q out of what was typed; twice the escape is the character itself. */
static size_t filter(struct relay *r, size_t count)
{
	size_t kept = 0;
	for (size_t i = 0; i < count && !r->quit; i++) {
		char c = r->up[i];
		bool prefix = (unsigned char)c == r->escape;
		if (r->escaped && c == 'q') {
			r->quit = true;
		} else if (prefix && !r->escaped) {
			r->escaped = true;
		} else {
			r->escaped = false;
			r->up[kept++] = c;
		}
	}
	return kept;
}

/* Ctrl-D, which is what the end of input is on a terminal. */
static void type_end(struct relay *r)
{
	r->up[0] = 4;
	r->up_at = 0;
	r->up_end = 1;
}

static void read_in(struct relay *r)
{
	ssize_t count = read(r->in, r->up, UP_SIZE);
	if (count <= 0) {
		if (count == 0 || (errno != EAGAIN && errno != EINTR)) {
			r->in = -1;
			if (r->is_stream)
				type_end(r);
		}
		return;
	}
	r->up_at = 0;
	r->up_end = r->escape >= 0 ? filter(r, count) : (size_t)count;
}

static bool read_master(struct relay *r)
{
	ssize_t count = read(r->master, r->down, DOWN_SIZE);
	if (count <= 0)
		return false;
	if (r->tap)
		r->tap(r->down, count);
	r->down_at = 0;
	r->down_end = r->out >= 0 ? count : 0;
	return true;
}

static void write_out(struct relay *r)
{
	ssize_t done = write(r->out, r->down + r->down_at, r->down_end - r->down_at);
	if (done >= 0) {
		r->down_at += done;
	} else if (errno != EAGAIN && errno != EINTR) {
		r->out = -1;
		r->down_at = r->down_end;
	}
}

static void write_master(struct relay *r)
{
	ssize_t done = write(r->master, r->up + r->up_at, r->up_end - r->up_at);
	if (done >= 0)
		r->up_at += done;
	else if (errno != EAGAIN && errno != EINTR)
		r->up_at = r->up_end;
}

void relay_run(struct relay *r, const struct pollfd polls[static RELAY_POLLS])
{
	if (polls[2].revents)
		write_out(r);
	if (polls[1].revents)
		read_in(r);
	if (polls[0].revents & POLLIN)
		read_master(r);
	if (r->up_at < r->up_end && r->master >= 0)
		write_master(r);
}

void relay_drain(struct relay *r)
{
	if (r->master < 0)
		return;
	do {
		while (r->down_at < r->down_end && r->out >= 0) {
			struct pollfd out = { .fd = r->out, .events = POLLOUT };
			if (poll(&out, 1, r->is_stream ? -1 : 1000) <= 0)
				return;
			write_out(r);
		}
	} while (read_master(r));
}
