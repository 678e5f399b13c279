/*
 * The asking side of a container's command socket, liblxc's own wire format, for the requests that carry a descriptor
 * one way or the other (Node.js cannot pass one). Run by the runner and by attach and console.
 */
#include "command.h"

#include <poll.h>
#include <sys/socket.h>

/* As liblxc lays it out: an integer argument or result travels in the pointer's place. */
struct command_message {
	int32_t code; /* command, or the result: below 0 an errno */
	int32_t len;
	int64_t value;
};

/* The server reads our credentials from the first message. */
static int send_request(int fd, const struct command_message *request)
{
	union {
		char bytes[CMSG_SPACE(sizeof(struct ucred))];
		struct cmsghdr align;
	} control = { 0 };
	struct ucred me = { .pid = getpid(), .uid = getuid(), .gid = getgid() };
	struct iovec part = { (void *)request, sizeof(*request) };
	struct msghdr msg = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_CREDENTIALS;
	c->cmsg_len = CMSG_LEN(sizeof(me));
	memcpy(CMSG_DATA(c), &me, sizeof(me));
	ssize_t n = CHECK(sendmsg(fd, &msg, MSG_NOSIGNAL));
	return n < 0 ? n : n == sizeof(*request) ? 0 : -EIO;
}

/* The only request whose success is no answer: the connection closes when the monitor has gone. */
int op_stop_by_monitor(struct run *run, const struct op *op)
{
	struct command_message message = { .code = STOP };
	_fd_ int fd = connect_abstract(STR(op, STOP_BY_MONITOR_SOCKET));
	int err = fd < 0 ? fd : send_request(fd, &message);
	struct pollfd fds[] = { { .fd = fd, .events = POLLIN }, { .fd = run->signals, .events = POLLIN } };
	while (err >= 0 && !fds[0].revents) {
		err = CHECK(poll(fds, countof(fds), -1));
		if (err >= 0 && fds[1].revents)
			err = told_to_end(run);
	}
	if (err < 0)
		return err;
	ssize_t n = CHECK(recv(fd, &message, sizeof(message), 0));
	return n == sizeof(message) && message.code < 0 ? message.code : n < 0 && n != -ECONNRESET ? n : 0;
}

int command_ask(const char *name, int command, int64_t argument, int64_t *value, int *passed, bool keep)
{
	struct command_message message = { .code = command, .value = argument };
	int got = -1;
	_fd_ int fd = connect_abstract(name);
	int err = fd < 0 ? fd : send_request(fd, &message);
	if (err < 0)
		return err;
	int n = recv_fd(fd, &message, sizeof(message), &got);
	if (n != sizeof(message) || message.code < 0) {
		close_fd(&got);
		return n < 0 ? n : n != sizeof(message) ? -EPROTO : message.code;
	}
	if (value)
		*value = message.value;
	if (passed)
		*passed = got;
	else
		close_fd(&got);
	if (passed && got < 0)
		return -EBADF;
	int kept = fd;
	if (keep)
		fd = -1;
	return keep ? kept : 0;
}

int command_give(const char *name, int command, int passed)
{
	struct command_message message = { .code = command };
	_fd_ int fd = connect_abstract(name);
	int err = fd < 0 ? fd : send_request(fd, &message);
	if (err == 0)
		err = send_fd(fd, "", 1, passed);
	if (err < 0)
		return err;
	ssize_t n = CHECK(recv(fd, &message, sizeof(message), MSG_WAITALL));
	return n < 0 ? n : n != sizeof(message) ? -EPROTO : message.code < 0 ? message.code : 0;
}

int op_tell_state(struct run *run, const struct op *op)
{
	(void)run;
	const char *socket = STR(op, TELL_STATE_SOCKET);
	const int64_t from = NUM(op, TELL_STATE_FROM);
	int64_t now = 0;
	int err = from ? command_ask(socket, GET_STATE, 0, &now, NULL, false) : 0;
	if (err == 0 && from && !(from >> now & 1))
		err = -ESTALE;
	return err < 0 ? err : command_ask(socket, SERVE_STATE_CLIENTS, NUM(op, TELL_STATE_STATE), NULL, NULL, false);
}
