/*
 * Answers of the command socket. None of them waits: what does not fit into the socket is sent by a fork.
 */
#include "command.h"

#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>

/* The rest of an answer that a slow client has no room for. The fork keeps nothing of ours open. */
static void send_by_fork(int fd, struct iovec *parts, size_t count, size_t sent)
{
	if (fork() != 0)
		return;
	struct timeval limit = { .tv_sec = 10 };
	dup2(fd, 0);
	if (syscall(SYS_close_range, 1, ~0U, 0) < 0)
		for (int i = 1; i < 1024; i++)
			close(i);
	fcntl(0, F_SETFL, 0);
	setsockopt(0, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	for (size_t i = 0; i < count; i++) {
		size_t skip = sent < parts[i].iov_len ? sent : parts[i].iov_len;
		sent -= skip;
		if (write_all(0, (char *)parts[i].iov_base + skip, parts[i].iov_len - skip) < 0)
			break;
	}
	_exit(0);
}

int answer(struct client *c, const struct answer *a)
{
	size_t length = a->data[0].iov_len + a->data[1].iov_len;
	struct header head = { a->result, length, a->value };
	struct iovec parts[3] = { { &head, sizeof(head) }, a->data[0], a->data[1] };
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(sizeof(a->fds))];
	} control;
	struct msghdr message = { .msg_iov = parts, .msg_iovlen = 3 };
	if (a->fd_count > 0) {
		size_t size = a->fd_count * sizeof(int);
		message.msg_control = &control;
		message.msg_controllen = CMSG_SPACE(size);
		memset(&control, 0, sizeof(control));
		struct cmsghdr *rights = CMSG_FIRSTHDR(&message);
		rights->cmsg_level = SOL_SOCKET;
		rights->cmsg_type = SCM_RIGHTS;
		rights->cmsg_len = CMSG_LEN(size);
		memcpy(CMSG_DATA(rights), a->fds, size);
	}
	ssize_t sent = sendmsg(c->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (sent < 0 && (errno != EAGAIN || a->fd_count > 0))
		return -errno;
	if (sent < (ssize_t)(sizeof(head) + length))
		send_by_fork(c->fd, parts, 3, sent > 0 ? sent : 0);
	return 0;
}

void answer_result(struct client *c, int result, intptr_t value)
{
	answer(c, &(struct answer){ .result = result, .value = value });
}

void answer_text(struct client *c, const char *text)
{
	answer(c, &(struct answer){ .data = { { (char *)text, strlen(text) + 1 } } });
}

int answer_fd(struct client *c, int fd, intptr_t value)
{
	if (fd >= 0)
		return answer(c, &(struct answer){ .value = value, .fds = { fd }, .fd_count = 1 });
	answer_result(c, fd, 0);
	return fd;
}
