/*
 * The container's console, held by the monitor. What the container writes is always read, so that it never blocks on
 * a console nobody looks at: it goes to the ring buffer, the log file, the caller's terminal or `lxc.console.path`,
 * and to the client of `lxc-console -t 0`.
 */
#include "monitor.h"

#include <limits.h>
#include <stdio.h> /* rename */
#include <sys/ioctl.h>
#include <sys/stat.h>

#ifndef TIOCGPTPEER
#define TIOCGPTPEER 0x5441
#endif

static struct relay relay;
/* Our own hold on the slave: without one the master tells a hang-up for as long as the container has it closed. */
static int slave = -1;
static int peer = -1;
/* The slave of the pseudo terminal that was lent to a client. */
static int lent = -1;

static struct {
	char *at;
	uint64_t size, read, written;
} ring;

static struct {
	const char *path;
	int fd;
	int64_t limit;
	bool rotate;
} log_file = { .fd = -1 };

static void ring_put(const char *bytes, size_t count)
{
	if (!ring.at)
		return;
	if (count > ring.size) {
		bytes += count - ring.size;
		count = ring.size;
	}
	uint64_t at = ring.written % ring.size, first = ring.size - at;
	first = first < count ? first : count;
	memcpy(ring.at + at, bytes, first);
	memcpy(ring.at, bytes + first, count - first);
	ring.written += count;
	if (ring.written - ring.read > ring.size)
		ring.read = ring.written - ring.size;
}

static size_t ring_pieces(size_t count, struct iovec pieces[static 2])
{
	uint64_t at = ring.read % ring.size, first = ring.size - at;
	first = first < count ? first : count;
	pieces[0] = (struct iovec){ ring.at + at, first };
	pieces[1] = (struct iovec){ ring.at, count - first };
	return count;
}

static void log_reopen(int flags)
{
	close_fd(&log_file.fd);
	log_file.fd = open(log_file.path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | flags, 0600);
}

/* The limit is reached: the file becomes FILE.1, or starts anew. */
static void log_start_over(void)
{
	char old[PATH_MAX];
	if (log_file.rotate && JOIN(old, log_file.path, ".1") >= 0)
		rename(log_file.path, old);
	log_reopen(O_TRUNC);
}

static void log_put(const char *bytes, size_t count)
{
	while (count && log_file.fd >= 0) {
		struct stat st;
		size_t part = count;
		if (log_file.limit > 0 && fstat(log_file.fd, &st) == 0 && S_ISREG(st.st_mode)) {
			if (st.st_size >= log_file.limit)
				log_start_over();
			else if (log_file.limit - st.st_size < (int64_t)part)
				part = log_file.limit - st.st_size;
			if (st.st_size >= log_file.limit)
				part = part < (size_t)log_file.limit ? part : (size_t)log_file.limit;
		}
		ssize_t done = RETRY(write(log_file.fd, bytes, part));
		if (done <= 0)
			return;
		bytes += done;
		count -= done;
	}
}

static void lent_put(const char *bytes, size_t count)
{
	/* A client that does not read loses output; the container does not wait for it. */
	if (lent >= 0 && write(lent, bytes, count) < 0 && errno == EIO)
		console_take_back();
}

static void tap(const char *bytes, size_t count)
{
	ring_put(bytes, count);
	log_put(bytes, count);
	lent_put(bytes, count);
}

static void hold_slave(void)
{
	close_fd(&slave);
	slave = ioctl(relay.master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
}

static void open_peer(const char *path)
{
	if (peer >= 0 || !*path)
		return;
	peer = open(path, O_RDWR | O_CREAT | O_APPEND | O_NOCTTY | O_NONBLOCK | O_CLOEXEC, 0600);
	if (peer >= 0 && isatty(peer))
		terminal_plain(peer);
}

static void apply_settings(const struct op *op)
{
	uint64_t size = NUM(op, SET_CONSOLE_BUFFER);
	if (!ring.at && size) {
		ring.at = map_pages(size);
		ring.size = size;
	}
	log_file.path = STR(op, SET_CONSOLE_LOG_FILE);
	log_file.limit = NUM(op, SET_CONSOLE_LOG_SIZE);
	log_file.rotate = NUM(op, SET_CONSOLE_ROTATE);
	if (*log_file.path)
		log_reopen(0);
	open_peer(STR(op, SET_CONSOLE_PEER));
}

void console_open(struct run *run)
{
	const struct op *op = setting(run, OP_SET_CONSOLE, 0);
	if (op)
		apply_settings(op);
	int in = peer >= 0 && isatty(peer) ? peer : -1, out = peer;
	if (peer < 0 && !run->detached) {
		in = terminal_in();
		out = terminal_out();
		/* Without a terminal there is nothing to proxy; the output is still the caller's. */
		if (out < 0 && run->program.exit == EXIT_RULE_ZERO)
			out = STDOUT_FILENO;
		out = without_waiting(out);
	}
	relay_open(&relay, run->pty[0], in, out);
	relay.tap = tap;
	if (relay.master < 0)
		return;
	hold_slave();
	if (in == STDIN_FILENO)
		terminal_raw(in);
	console_resize();
}

void console_resize(void)
{
	if (relay.master >= 0 && relay.in >= 0)
		terminal_copy_size(relay.in, relay.master);
}

void console_poll(struct pollfd polls[static CONSOLE_POLLS])
{
	relay_poll(&relay, polls);
	bool room = relay.up_at == relay.up_end;
	polls[RELAY_POLLS] = (struct pollfd){ .fd = room ? lent : -1, .events = POLLIN };
}

static void read_lent(void)
{
	ssize_t count = read(lent, relay.up, UP_SIZE);
	if (count > 0) {
		terminal_copy_size(lent, relay.master);
		relay.up_at = 0;
		relay.up_end = count;
	} else if (count == 0 || (errno != EAGAIN && errno != EINTR)) {
		console_take_back();
	}
}

void console_run(const struct pollfd polls[static CONSOLE_POLLS])
{
	relay_run(&relay, polls);
	if (polls[RELAY_POLLS].revents && relay.up_at == relay.up_end)
		read_lent();
	/* A session on the console ended and took our hold with it. */
	if ((polls[0].revents & (POLLHUP | POLLERR)) && !(polls[0].revents & POLLIN)) {
		hold_slave();
		if (slave < 0)
			relay.master = -1;
	}
}

void console_close(bool again)
{
	console_take_back();
	relay_drain(&relay);
	if (relay.in == STDIN_FILENO)
		terminal_restore();
	if (relay.out > STDERR_FILENO && relay.out != peer)
		close_fd(&relay.out);
	relay.master = -1;
	close_fd(&slave);
	close_fd(&log_file.fd);
	if (!again)
		close_fd(&peer);
}

int console_lend(void)
{
	if (relay.master < 0)
		return -EBADF;
	if (lent >= 0)
		return -EBUSY;
	_fd_ int master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
	int unlock = 0;
	if (master < 0 || ioctl(master, TIOCSPTLCK, &unlock) < 0)
		return -errno;
	lent = CHECK(ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK));
	if (lent < 0)
		return lent;
	terminal_plain(lent);
	int handed = master;
	master = -1;
	return handed;
}

void console_take_back(void)
{
	close_fd(&lent);
}

int console_log(bool clear, bool read, uint64_t max, bool to_file, struct iovec pieces[static 2])
{
	pieces[0] = pieces[1] = (struct iovec){ 0 };
	if (!ring.at)
		return -EFAULT;
	size_t used = ring.written - ring.read;
	size_t count = read || to_file ? used : 0;
	if (max && max < count)
		count = max;
	if (read && !used)
		return -ENODATA;
	ring_pieces(count, pieces);
	if (to_file && log_file.fd >= 0)
		for (int i = 0; i < 2; i++)
			log_put(pieces[i].iov_base, pieces[i].iov_len);
	if (!read)
		pieces[0].iov_len = pieces[1].iov_len = 0;
	ring.read = clear ? ring.written : ring.read + count;
	return 0;
}
