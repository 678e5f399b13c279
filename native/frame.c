/* Frames on a stream socket, and the reader of their payloads. Used by client, runner and monitor. */
#include "lxc-ts.h"

#include <poll.h>
#include <sys/socket.h>

/* The whole of both parts, although a signal or a full socket buffer may cut a write short. */
int frame_send(int fd, uint32_t type, const void *payload, size_t len)
{
	uint32_t head[2] = { len, type };
	struct iovec parts[2] = { { head, sizeof(head) }, { (void *)payload, len } };
	struct msghdr msg = { .msg_iov = parts, .msg_iovlen = 2 };
	if (fd < 0)
		return -ENOTCONN;
	for (size_t left = sizeof(head) + len; left > 0;) {
		ssize_t n = CHECK(sendmsg(fd, &msg, MSG_NOSIGNAL));
		if (n < 0)
			return n;
		left -= n;
		for (size_t i = 0; i < 2; i++) {
			size_t part = (size_t)n < parts[i].iov_len ? (size_t)n : parts[i].iov_len;
			parts[i].iov_base = (char *)parts[i].iov_base + part;
			parts[i].iov_len -= part;
			n -= part;
		}
	}
	return 0;
}

static int read_exactly(int fd, void *out, size_t len)
{
	for (char *at = out; len > 0;) {
		ssize_t n = CHECK(read(fd, at, len));
		if (n <= 0)
			return n; /* a frame cut short counts as end of file */
		at += n;
		len -= n;
	}
	return 1;
}

int frame_read(int fd, struct frame *frame)
{
	uint32_t head[2];
	int got = read_exactly(fd, head, sizeof(head));
	*frame = (struct frame){ 0 };
	if (got <= 0)
		return got == -ECONNRESET ? 0 : got;
	if (head[0] > MAX_FRAME_BYTES)
		return -EMSGSIZE;
	*frame = (struct frame){ .type = head[1], .len = head[0], .mapped = head[0] + 1 };
	frame->data = map_pages(frame->mapped);
	if (!frame->data)
		return -ENOMEM;
	got = read_exactly(fd, frame->data, frame->len);
	if (got <= 0)
		frame_free(frame);
	return got;
}

void frame_free(struct frame *frame)
{
	unmap_pages(frame->data, frame->mapped);
	*frame = (struct frame){ 0 };
}

static const char *take(struct reader *r, size_t len)
{
	const char *at = r->at;
	if (r->bad || len > (size_t)(r->end - r->at)) {
		r->bad = true;
		return NULL;
	}
	r->at += len;
	return at;
}

uint32_t get_u16(struct reader *r)
{
	uint16_t value = 0;
	const char *at = take(r, sizeof(value));
	if (at)
		memcpy(&value, at, sizeof(value));
	return value;
}

uint32_t get_u32(struct reader *r)
{
	uint32_t value = 0;
	const char *at = take(r, sizeof(value));
	if (at)
		memcpy(&value, at, sizeof(value));
	return value;
}

const char *get_blob(struct reader *r, uint32_t *len)
{
	uint32_t n = get_u32(r);
	const char *at = take(r, (size_t)n + 4 - n % 4);
	*len = at ? n : 0;
	return at ? at : "";
}
