/*
 * The service: root, for every user of the host. Who connects is told by the kernel (SO_PEERCRED). Each request has a
 * process of its own with ten seconds to live, so that a caller who sends nothing, or a descriptor that blocks when it is
 * closed, is in nobody's way but his own.
 */
#include "user-nic.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#define SECONDS 10
#define MOST 256
#define MOST_OF_ONE 32
#define MOST_GROUPS 65536
#define NOBODY 65534 /* also whoever is unknown in this user namespace */
#ifndef SO_PEERGROUPS
#define SO_PEERGROUPS 59
#endif

/* Requests at work. Users that /etc/passwd does not have count as one: the ids of containers are many. */
static struct job {
	pid_t pid;
	uid_t uid;
} jobs[MOST];

static struct job *free_job(uid_t uid)
{
	struct job *found = NULL;
	int same = 0;
	for (struct job *job = jobs; job < jobs + MOST; job++) {
		same += job->pid != 0 && job->uid == uid;
		if (job->pid == 0)
			found = job;
	}
	return same < MOST_OF_ONE ? found : NULL;
}

static void reap(void)
{
	for (pid_t pid; (pid = waitpid(-1, NULL, WNOHANG)) > 0;)
		for (struct job *job = jobs; job < jobs + MOST; job++)
			if (job->pid == pid)
				job->pid = 0;
}

/* Words of a packet, each with its NUL. */
static int cut(char *packet, ssize_t len, char **words, size_t most)
{
	size_t count = 0;
	if (len <= 0 || packet[len - 1])
		return -EBADMSG;
	for (char *at = packet; at < packet + len && count < most - 1; at += strlen(at) + 1)
		words[count++] = at;
	words[count] = NULL;
	return 0;
}

static void answer(int connection, char status, const char *text)
{
	char packet[PACKET] = { status };
	size_t len = strlen(text);
	if (len > sizeof(packet) - 2)
		len = sizeof(packet) - 2;
	memcpy(packet + 1, text, len);
	send(connection, packet, len + 1, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static int identify(int connection, const struct ucred *peer, const char *name, struct caller *caller)
{
	gid_t *groups = map_pages((MOST_GROUPS + 1) * sizeof(gid_t));
	socklen_t len = MOST_GROUPS * sizeof(gid_t);
	if (!groups)
		return -ENOMEM;
	if (peer->uid == NOBODY || peer->uid == (uid_t)-1)
		return REFUSE("nobody owns nothing");
	if (getsockopt(connection, SOL_SOCKET, SO_PEERGROUPS, groups + 1, &len) < 0)
		len = 0; /* before Linux 4.13 */
	groups[0] = peer->gid;
	*caller = (struct caller){ .uid = peer->uid, .name = name, .groups = groups, .count = 1 + len / sizeof(gid_t) };
	return 0;
}

static noreturn void serve(int connection, const struct ucred *peer, const char *name)
{
	char packet[PACKET], text[PACKET - 2], *words[8];
	struct caller caller;
	struct request request = { .words = words, .fd = -1 };
	alarm(SECONDS);
	ssize_t len = recv_fd(connection, packet, sizeof(packet), &request.fd);
	int err = len < 0 ? len : cut(packet, len, words, countof(words));
	if (err == 0 && request.fd < 0)
		err = REFUSE("the request comes without a descriptor");
	if (err == 0)
		err = identify(connection, peer, name, &caller);
	if (err == 0)
		err = perform(&caller, &request, text, sizeof(text));
	if (err < 0)
		word_failure(err, text, sizeof(text));
	answer(connection, err < 0 ? ANSWER_REFUSED : ANSWER_DONE, text);
	_exit(0);
}

static void take_one(int listener)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);
	char name[128];
	_fd_ int connection = CHECK(accept4(listener, NULL, NULL, SOCK_CLOEXEC));
	if (connection < 0 || getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0)
		return;
	uid_t counted = user_name(peer.uid, name, sizeof(name)) ? peer.uid : (uid_t)-1;
	struct job *job = free_job(counted);
	if (!job) {
		answer(connection, ANSWER_BUSY, "too many requests at once\n");
		return;
	}
	pid_t pid = fork();
	if (pid == 0) {
		close(listener);
		serve(connection, &peer, name);
	}
	if (pid > 0)
		*job = (struct job){ .pid = pid, .uid = counted };
}

/* A file that is left of a service that has ended is replaced, one of a service that answers is not. */
static int listen_here(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = SERVICE };
	if (mkdir(RUN_LXC, 0755) < 0 && errno != EEXIST)
		return -errno;
	_fd_ int other = CHECK(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
	if (other >= 0 && connect(other, (void *)&address, sizeof(address)) == 0)
		return -EADDRINUSE;
	unlink(SERVICE);
	int fd = CHECK(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
	if (fd < 0)
		return fd;
	umask(0); /* everybody may ask */
	int err = CHECK(bind(fd, (void *)&address, sizeof(address)));
	umask(022);
	if (err == 0)
		err = CHECK(listen(fd, MOST));
	if (err < 0)
		close(fd);
	return err < 0 ? err : fd;
}

static void no_handler(int sig)
{
	(void)sig;
}

void service_main(void)
{
	int listener = listen_here();
	if (listener < 0) {
		complain("Failed to listen on ", SERVICE, ": ", strerror(-listener), NULL);
		_exit(1);
	}
	int err = keep_few_rights();
	if (err < 0) {
		complain("Failed to give up rights: ", strerror(-err), NULL);
		_exit(1);
	}
	/* accept() is to end when a request has: then there is room again. */
	sigaction(SIGCHLD, &(struct sigaction){ .sa_handler = no_handler, .sa_flags = SA_NOCLDSTOP }, NULL);
	for (;;) {
		struct pollfd ready = { .fd = listener, .events = POLLIN };
		int told = poll(&ready, 1, -1);
		reap();
		if (told == 1)
			take_one(listener);
	}
}
