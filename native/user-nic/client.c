/* The asking side: a user's own process, without any rights, that hands the service a request and a descriptor. */
#include "user-nic.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

#define TRIES 200

static int reach(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = SERVICE };
	int fd = CHECK(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
	int err = fd < 0 ? fd : CHECK(connect(fd, (void *)&address, sizeof(address)));
	if (err < 0 && fd >= 0)
		close(fd);
	return err < 0 ? err : fd;
}

static size_t pack(char *const *words, char out[static PACKET])
{
	size_t len = 0;
	for (char *const *word = words; *word; word++) {
		size_t n = strlen(*word) + 1;
		if (len + n > PACKET)
			die(1, "the request is too long");
		memcpy(out + len, *word, n);
		len += n;
	}
	return len;
}

/* Length of the answer, whose first byte tells how it went; -errno. */
static ssize_t ask_once(const char *packet, size_t len, int fd, char answer[static PACKET + 1])
{
	_fd_ int service = reach();
	if (service < 0) {
		complain("Failed to reach the service at ", SERVICE, ": ", strerror(-service),
			 "; have root start it (systemctl start lxc-user-nic)", NULL);
		_exit(UNREACHED);
	}
	int err = send_fd(service, packet, len, fd);
	ssize_t n = CHECK(recv(service, answer, PACKET, 0)); /* one that is busy answers before it reads */
	answer[n > 0 ? n : 0] = 0;
	return n > 0 ? n : err < 0 ? err : n;
}

int ask_service(char *const *words, int fd)
{
	char packet[PACKET], answer[PACKET + 1];
	size_t len = pack(words, packet);
	ssize_t n;
	for (int tries = 0; (n = ask_once(packet, len, fd, answer)) > 0 && *answer == ANSWER_BUSY && tries < TRIES; tries++)
		nanosleep(&(struct timespec){ .tv_nsec = 50000000 }, NULL);
	if (n <= 0) {
		complain("Failed to ask the service: ", n < 0 ? strerror(-n) : "it ended the connection", NULL);
		return 1;
	}
	if (*answer == ANSWER_DONE)
		return write_all(1, answer + 1, n - 1) < 0;
	answer[n - 1] = 0; /* complain ends the line */
	complain(answer + 1, NULL);
	return 1;
}
