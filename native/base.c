/*
 * The ground under everything else: memory from mmap, texts without printf, small wrappers of system calls, and
 * the detail of the last failure. Every role uses it; nothing here knows about containers.
 */
#include "lxc-ts.h"

#include <poll.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>

#define PAGE 4096ul

void *map_pages(size_t size)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return at == MAP_FAILED ? NULL : at;
}

void unmap_pages(void *at, size_t size)
{
	if (at)
		munmap(at, size);
}

/* ---- buffers ---- */

static void make_room(struct buffer *b, size_t more)
{
	if (b->len + more <= b->cap)
		return;
	size_t cap = (b->len + more + PAGE) & ~(PAGE - 1);
	if (cap < b->cap * 2)
		cap = b->cap * 2;
	void *at = b->at ? mremap(b->at, b->cap, cap, MREMAP_MAYMOVE) : map_pages(cap);
	if (!at || at == MAP_FAILED)
		die(1, "out of memory");
	b->at = at;
	b->cap = cap;
}

void put_bytes(struct buffer *b, const void *bytes, size_t len)
{
	make_room(b, len);
	if (len > 0)
		memcpy(b->at + b->len, bytes, len);
	b->len += len;
}

void put_u32(struct buffer *b, uint32_t value)
{
	put_bytes(b, &value, sizeof(value));
}

void put_blob(struct buffer *b, const void *bytes, size_t len)
{
	put_u32(b, len);
	put_bytes(b, bytes, len);
	put_bytes(b, "\0\0\0", 4 - len % 4);
}

void put_text(struct buffer *b, const char *text)
{
	put_blob(b, text, strlen(text));
}

void put_texts(struct buffer *b, char *const *texts)
{
	size_t len = 0;
	for (char *const *text = texts; *text; text++)
		len += strlen(*text) + 1;
	put_u32(b, len);
	for (char *const *text = texts; *text; text++)
		put_bytes(b, *text, strlen(*text) + 1);
	put_bytes(b, "\0\0\0", 4 - len % 4);
}

void buffer_free(struct buffer *b)
{
	unmap_pages(b->at, b->cap);
	*b = (struct buffer){ 0 };
}

/* ---- texts ---- */

size_t format_number(char out[static 24], int64_t value)
{
	char digits[24];
	size_t n = 0, len = 0;
	uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;
	do
		digits[n++] = '0' + rest % 10;
	while (rest /= 10);
	if (value < 0)
		out[len++] = '-';
	while (n > 0)
		out[len++] = digits[--n];
	out[len] = 0;
	return len;
}

int64_t parse_number(const char **at)
{
	int64_t value = 0;
	while (**at >= '0' && **at <= '9')
		value = value * 10 + *(*at)++ - '0';
	return value;
}

int join(char *out, size_t size, ...)
{
	va_list texts;
	size_t len = 0;
	int err = 0;
	va_start(texts, size);
	for (const char *text; (text = va_arg(texts, const char *));) {
		size_t n = strlen(text);
		if (len + n >= size) {
			err = -ENAMETOOLONG;
			break;
		}
		memcpy(out + len, text, n);
		len += n;
	}
	va_end(texts);
	out[len] = 0;
	return err;
}

/* ---- the detail of the last failure ---- */

static char detail_text[3072] SELDOM;
static bool detail_set;

static size_t detail_add(size_t len, const char *text, size_t n)
{
	if (n > sizeof(detail_text) - 1 - len)
		n = sizeof(detail_text) - 1 - len;
	memcpy(detail_text + len, text, n);
	detail_text[len + n] = 0;
	detail_set = true;
	return len + n;
}

void detail(const char *first, ...)
{
	int kept = errno;
	va_list texts;
	size_t len = 0;
	va_start(texts, first);
	for (const char *text = first; text; text = va_arg(texts, const char *))
		len = detail_add(len, text, strlen(text));
	va_end(texts);
	errno = kept;
}

void detail_bytes(const char *text, size_t n)
{
	detail_add(0, text, n);
}

const char *detail_take(void)
{
	const char *text = detail_set ? detail_text : "";
	detail_set = false;
	return text;
}

/* ---- files ---- */

int write_all(int fd, const void *bytes, size_t len)
{
	for (const char *at = bytes; len > 0;) {
		ssize_t n = CHECK(write(fd, at, len));
		if (n == -EAGAIN) { /* somebody has made our standard output non-blocking */
			struct pollfd room = { .fd = fd, .events = POLLOUT };
			RETRY(poll(&room, 1, -1));
			continue;
		}
		if (n < 0)
			return n;
		at += n;
		len -= n;
	}
	return 0;
}

ssize_t read_file(const char *path, char *out, size_t size)
{
	_fd_ int fd = CHECK(open(path, O_RDONLY | O_CLOEXEC));
	if (fd < 0)
		return fd;
	size_t len = 0;
	for (ssize_t n; len < size - 1; len += n) {
		n = CHECK(read(fd, out + len, size - 1 - len));
		if (n < 0)
			return n;
		if (n == 0)
			break;
	}
	out[len] = 0;
	return len;
}

int read_text(int fd, struct buffer *out)
{
	char part[4096];
	for (ssize_t n; (n = CHECK(read(fd, part, sizeof(part)))) != 0;) {
		if (n < 0)
			return n;
		if (out->len + n > READ_MOST)
			return -EFBIG;
		put_bytes(out, part, n);
	}
	put_bytes(out, "", 1);
	return 0;
}

int write_file(const char *path, int flags, int mode, const void *bytes, size_t len)
{
	_fd_ int fd = CHECK(open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY | flags, mode));
	if (fd < 0)
		return fd;
	ssize_t n = CHECK(write(fd, bytes, len));
	return n < 0 ? n : (size_t)n == len ? 0 : -EIO;
}

/* ---- sockets ---- */

int connect_abstract(const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t len = strlen(name);
	if (len > sizeof(address.sun_path) - 1)
		return -ENAMETOOLONG;
	memcpy(address.sun_path + 1, name, len);
	int fd = CHECK(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
	if (fd < 0)
		return fd;
	int err = CHECK(connect(fd, (void *)&address, offsetof(struct sockaddr_un, sun_path) + 1 + len));
	if (err < 0)
		close(fd);
	return err < 0 ? err : fd;
}

union fd_control {
	char bytes[CMSG_SPACE(sizeof(int))];
	struct cmsghdr align;
};

int recv_fd(int fd, void *bytes, size_t len, int *passed)
{
	union fd_control control;
	struct iovec part = { bytes, len };
	struct msghdr msg = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control) };
	*passed = -1;
	int n = CHECK(recvmsg(fd, &msg, MSG_CMSG_CLOEXEC));
	struct cmsghdr *c = n < 0 ? NULL : CMSG_FIRSTHDR(&msg);
	if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS && c->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(passed, CMSG_DATA(c), sizeof(int));
	return n;
}

int send_fd(int fd, const void *bytes, size_t len, int pass)
{
	union fd_control control;
	struct iovec part = { (void *)bytes, len };
	struct msghdr msg = { .msg_iov = &part, .msg_iovlen = 1 };
	if (pass >= 0) {
		msg.msg_control = &control;
		msg.msg_controllen = sizeof(control);
		memset(&control, 0, sizeof(control));
		struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &pass, sizeof(int));
	}
	ssize_t n = CHECK(sendmsg(fd, &msg, MSG_NOSIGNAL));
	return n < 0 ? n : (size_t)n == len ? 0 : -EIO;
}

/* ---- processes ---- */

int pidfd_open_compat(pid_t pid)
{
	return CHECK((int)syscall(SYS_pidfd_open, pid, 0)); /* sets CLOEXEC itself; Linux 5.3 */
}

int pidfd_kill(int pidfd, pid_t pid, int sig)
{
	if (pidfd >= 0) {
		int err = CHECK((int)syscall(SYS_pidfd_send_signal, pidfd, sig, NULL, 0));
		if (err != -ENOSYS)
			return err;
	}
	return pid > 0 ? CHECK(kill(pid, sig)) : -ESRCH;
}

uint64_t start_time(pid_t pid)
{
	char path[64], text[512], number[24];
	format_number(number, pid);
	JOIN(path, "/proc/", number, "/stat");
	if (read_file(path, text, sizeof(text)) < 0)
		return 0;
	const char *at = strrchr(text, ')'); /* the name in parentheses may hold blanks */
	for (int field = 2; at && field < 22; field++)
		at = strchr(at + 1, ' ');
	return at ? (at++, parse_number(&at)) : 0;
}

/* ---- words for a human ---- */

void complain(const char *first, ...)
{
	va_list texts;
	_buffer_ struct buffer line = { 0 };
	const char *name = command_name;
	put_bytes(&line, name, strlen(name));
	put_bytes(&line, ": ", 2);
	va_start(texts, first);
	for (const char *text = first; text; text = va_arg(texts, const char *))
		put_bytes(&line, text, strlen(text));
	va_end(texts);
	put_bytes(&line, "\n", 1);
	write_all(2, line.at, line.len);
}

void die(int status, const char *message)
{
	const char *name = command_name;
	struct iovec parts[] = {
		{ (void *)name, strlen(name) }, { ": ", 2 }, { (void *)message, strlen(message) }, { "\n", 1 },
	};
	if (writev(2, parts, countof(parts)) < 0)
		status = status ? status : 1;
	_exit(status);
}
