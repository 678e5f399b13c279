/*
 * A proxy for the notifications of a seccomp filter, in the format of liblxc.
 *
 *   proxy SOCKET COUNT ERRNO
 *
 * answers COUNT calls with the error, or with 0 lets them go on, takes one more and ends. Prints a line `listening`,
 * and for each call the cookie, the number of descriptors and the path that is the first argument of the call.
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct packet {
	uint64_t reserved;
	int32_t monitor, init;
	uint16_t notice_size, response_size, data_size;
	uint64_t cookie_length;
	struct {
		uint64_t id;
		uint32_t pid, flags;
		int32_t number;
		uint32_t arch;
		uint64_t instruction, arguments[6];
	} notice;
	struct {
		uint64_t id;
		int64_t value;
		int32_t error;
		uint32_t flags;
	} response;
	char cookie[64];
};

static int take(int from, struct packet *packet, int fds[3])
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(3 * sizeof(int))];
	} control;
	struct iovec part = { packet, sizeof(*packet) };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control,
				  .msg_controllen = sizeof(control) };
	memset(packet, 0, sizeof(*packet));
	if (recvmsg(from, &message, 0) <= 0)
		exit(0);
	memcpy(fds, CMSG_DATA(&control.head), 3 * sizeof(int));
	return (control.head.cmsg_len - CMSG_LEN(0)) / sizeof(int);
}

int main(int argc, char **argv)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct packet packet;
	int fds[3], count = argc == 4 ? atoi(argv[2]) : 0;
	setvbuf(stdout, NULL, _IOLBF, 0);
	int listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	strncpy(address.sun_path, argv[1], sizeof(address.sun_path) - 1);
	unlink(argv[1]);
	if (bind(listener, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(listener, 4) < 0)
		return 1;
	puts("listening");
	int from = accept(listener, NULL, NULL);
	close(listener);
	for (int turn = 0; turn <= count; turn++) {
		char path[256] = "";
		int got = take(from, &packet, fds);
		pread(fds[1], path, sizeof(path) - 1, packet.notice.arguments[0]);
		printf("%.*s %d %s\n", (int)packet.cookie_length, packet.cookie, got, path);
		for (int i = 0; i < got; i++)
			close(fds[i]);
		packet.response.error = -atoi(argv[3]);
		packet.response.flags = atoi(argv[3]) ? 0 : 1;
		if (turn < count)
			send(from, &packet, sizeof(packet) - sizeof(packet.cookie), 0);
	}
	return 0;
}
