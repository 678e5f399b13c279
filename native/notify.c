/*
 * Calls that a policy answers with `notify`, put before the program that lxc.seccomp.notify.proxy names, in liblxc's
 * format: a packet with the notice and three descriptors, answered by a packet with the response. The monitor never
 * waits for it: a response says which call it is for. Where nobody is there to ask, the call fails with ENOSYS.
 */
#include "monitor.h"

#include <linux/seccomp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>

enum {
	MOST_LISTENERS = 512,
	MOST_WAITING = 64,      /* calls that are before the proxy; more wait in the kernel */
	RECORD = 512,           /* kernels may write longer ones than our headers know */
	DESCRIPTORS = 3,        /* the directory of the caller in /proc, its memory, the listener */
};

/* struct seccomp_notify_proxy_msg of liblxc; the notice, the response and the cookie follow. */
struct packet {
	uint64_t reserved;
	int32_t monitor, init;
	struct seccomp_notif_sizes sizes;
	uint64_t cookie_length;
};

struct notice {
	union {
		struct seccomp_notif head;
		char room[RECORD];
	};
};

struct response {
	union {
		struct seccomp_notif_resp head;
		char room[RECORD];
	};
};

static int proxy = -1, count;
static int listeners[MOST_LISTENERS] SELDOM;
static struct {
	uint64_t id;
	int listener;
} waiting[MOST_WAITING] SELDOM;
static int waits;

/* ---- the proxy ---- */

static int reach_proxy(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t length = strlen(path);
	bool abstract = *path == '@';
	if (length >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	memcpy(address.sun_path, path, length);
	if (abstract)
		address.sun_path[0] = 0;
	int fd = CHECK(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
	if (fd < 0)
		return fd;
	int err = CHECK(connect(fd, (void *)&address, offsetof(struct sockaddr_un, sun_path) + length + !abstract));
	if (err == 0)
		return fd;
	close(fd);
	return err;
}

/* ---- answers ---- */

static int respond(int listener, struct response *response)
{
	return CHECK(ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, response));
}

static void refuse(int listener, uint64_t id)
{
	struct response response = { .head = { .id = id, .error = -ENOSYS } };
	respond(listener, &response);
}

/* Whoever waits for the proxy learns that there is none. */
static void lose_proxy(void)
{
	close_fd(&proxy);
	while (waits > 0) {
		waits--;
		refuse(waiting[waits].listener, waiting[waits].id);
	}
}

static void settle(struct response *response)
{
	for (int i = 0; i < waits; i++) {
		if (waiting[i].id != response->head.id)
			continue;
		int listener = waiting[i].listener, err = respond(listener, response);
		waiting[i] = waiting[--waits];
		/* The caller may be gone, or answered by the proxy itself; anything else would leave it waiting. */
		if (err < 0 && err != -ENOENT && err != -EINPROGRESS)
			refuse(listener, response->head.id);
		return;
	}
}

static bool get_sizes(struct seccomp_notif_sizes *sizes)
{
	return syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, sizes) == 0 && sizes->seccomp_notif <= RECORD &&
	       sizes->seccomp_notif_resp <= RECORD;
}

/* The packet comes back with the response filled in, with or without the cookie. */
static void hear_proxy(void)
{
	struct packet packet;
	struct notice notice;
	struct response response;
	struct seccomp_notif_sizes sizes;
	while (proxy >= 0 && get_sizes(&sizes)) {
		memset(&response, 0, sizeof(response));
		struct iovec parts[] = { { &packet, sizeof(packet) }, { &notice, sizes.seccomp_notif },
					 { &response, sizes.seccomp_notif_resp } };
		struct msghdr message = { .msg_iov = parts, .msg_iovlen = countof(parts) };
		ssize_t least = sizeof(packet) + sizes.seccomp_notif + sizes.seccomp_notif_resp;
		ssize_t got = RETRY(recvmsg(proxy, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC));
		if (got < 0 && errno == EAGAIN)
			return;
		if (got < least)
			return lose_proxy();
		settle(&response);
	}
}

/* ---- questions ---- */

static int open_caller(pid_t pid, int fds[static 2])
{
	char path[64], number[24];
	format_number(number, pid);
	JOIN(path, "/proc/", number);
	fds[0] = CHECK(open(path, O_PATH | O_DIRECTORY | O_CLOEXEC));
	fds[1] = fds[0] < 0 ? -1 : CHECK(openat(fds[0], "mem", O_RDWR | O_CLOEXEC));
	return fds[0] < 0 ? fds[0] : fds[1] < 0 ? fds[1] : 0;
}

static int ask_proxy(struct run *run, int listener, struct notice *notice, const int caller[static 2])
{
	const struct op *op = setting(run, OP_SET_NOTIFY, 0);
	struct response response = { .head = { .id = notice->head.id } };
	struct packet packet = { .monitor = getpid(), .init = run->init, .cookie_length = LEN(op, SET_NOTIFY_COOKIE) };
	if (proxy < 0)
		return -ENOTCONN;
	if (!get_sizes(&packet.sizes))
		return -EOPNOTSUPP;
	struct iovec parts[] = { { &packet, sizeof(packet) }, { notice, packet.sizes.seccomp_notif },
				 { &response, packet.sizes.seccomp_notif_resp },
				 { (void *)STR(op, SET_NOTIFY_COOKIE), packet.cookie_length } };
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(DESCRIPTORS * sizeof(int))];
	} control = { .head = { .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS,
				.cmsg_len = CMSG_LEN(DESCRIPTORS * sizeof(int)) } };
	memcpy(CMSG_DATA(&control.head), (int[]){ caller[0], caller[1], listener }, DESCRIPTORS * sizeof(int));
	struct msghdr message = { .msg_iov = parts, .msg_iovlen = countof(parts), .msg_control = &control,
				  .msg_controllen = sizeof(control) };
	ssize_t sent = RETRY(sendmsg(proxy, &message, MSG_DONTWAIT | MSG_NOSIGNAL));
	return sent < 0 ? -errno : 0;
}

static bool still_waits(int listener, uint64_t id)
{
	/* By the number that the first kernels gave it; later ones know that as well. */
	return ioctl(listener, _IOR(SECCOMP_IOC_MAGIC, 2, uint64_t), &id) == 0;
}

/* The proxy is reached when it is first needed, and once more where it went away: it may have been started again. */
static int put_before_proxy(struct run *run, int listener, struct notice *notice)
{
	int caller[2] = { -1, -1 }, err = notice->head.pid ? open_caller(notice->head.pid, caller) : -ESRCH;
	/* What was opened is the caller's only if the caller was there to the end of it. */
	if (err == 0 && !still_waits(listener, notice->head.id))
		err = -ESRCH;
	if (err == 0)
		err = ask_proxy(run, listener, notice, caller);
	if (err == -ENOTCONN || err == -EPIPE || err == -ECONNRESET) {
		lose_proxy();
		proxy = reach_proxy(STR(setting(run, OP_SET_NOTIFY, 0), SET_NOTIFY_PATH));
		err = ask_proxy(run, listener, notice, caller);
	}
	close_fd(&caller[0]);
	close_fd(&caller[1]);
	return err;
}

static void take_call(struct run *run, int listener)
{
	struct notice notice = { 0 };
	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &notice) < 0)
		return;
	if (put_before_proxy(run, listener, &notice) < 0)
		return refuse(listener, notice.head.id);
	waiting[waits].id = notice.head.id;
	waiting[waits++].listener = listener;
}

/* ---- in the monitor ---- */

static void forget(int at)
{
	for (int i = waits - 1; i >= 0; i--)
		if (waiting[i].listener == listeners[at])
			waiting[i] = waiting[--waits];
	close(listeners[at]);
	listeners[at] = listeners[--count];
}

int notify_listen(int listener)
{
	if (count == MOST_LISTENERS)
		return -EMFILE;
	listeners[count++] = listener;
	return 0;
}

size_t notify_most(void)
{
	return count ? count + 1 : 0;
}

size_t notify_poll(struct pollfd *polls)
{
	if (count == 0)
		return 0;
	polls[0] = (struct pollfd){ .fd = proxy, .events = POLLIN };
	for (int i = 0; i < count; i++)
		polls[1 + i] = (struct pollfd){ .fd = waits < MOST_WAITING ? listeners[i] : -1, .events = POLLIN };
	return count + 1;
}

void notify_run(struct run *run, const struct pollfd *polls, size_t polled)
{
	if (polled > 0 && polls[0].revents)
		hear_proxy();
	for (size_t i = polled; i > 1; i--) {
		if (polls[i - 1].revents & POLLIN && waits < MOST_WAITING)
			take_call(run, listeners[i - 2]);
		else if (polls[i - 1].revents & ~POLLIN)
			forget(i - 2); /* no process has this filter any more */
	}
}

/* The kernel answers ENOSYS for a listener that is gone. */
void notify_close(void)
{
	while (count > 0)
		forget(count - 1);
	close_fd(&proxy);
}
