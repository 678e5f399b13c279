/*
 * lxc-monitord: monitors write their state changes into a fifo, and everyone who is connected is told. Run as
 * `lxc-ts --monitord FIFO SOCKET` when somebody wants to hear them; with nobody left it leaves after a while. The bytes are
 * liblxc's, so its monitors write here and its lxc-monitor listens here.
 */
#include "monitor.h"

#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

enum { MOST_LISTENERS = 256, ALONE_MS = 30000, BATCH = 16 };
enum { POLL_FIFO, POLL_SIGNALS, POLL_SOCKET, POLL_LISTENERS };

static struct {
	const char *path;
	int fifo, signals, socket;
	int listener[MOST_LISTENERS];
	size_t listeners;
	/* A record that was not read whole yet. */
	char bytes[BATCH * sizeof(struct state_message)];
	size_t have;
} m SELDOM;

/* The fifo is locked by who reads it, by liblxc's daemon too. 0, or -EAGAIN where there is one. */
static int open_fifo(void)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	struct stat now, named;
	if (mknod(m.path, S_IFIFO | 0600, 0) < 0 && errno != EEXIST)
		return -errno;
	m.fifo = CHECK(open(m.path, O_RDWR | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC));
	if (m.fifo < 0)
		return m.fifo;
	if (fstat(m.fifo, &now) < 0 || !S_ISFIFO(now.st_mode) || now.st_uid != geteuid())
		return -EEXIST;
	if (fcntl(m.fifo, F_OFD_SETLK, &lock) < 0)
		return errno == EACCES ? -EAGAIN : -errno;
	/* Whoever had it before may have removed it in between: another one begins anew. */
	return stat(m.path, &named) < 0 || named.st_ino != now.st_ino ? -ESTALE : 0;
}

static int open_socket(const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t len = strlen(name);
	if (len >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	memcpy(address.sun_path + 1, name, len);
	m.socket = CHECK(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
	if (m.socket < 0)
		return m.socket;
	if (bind(m.socket, (void *)&address, offsetof(struct sockaddr_un, sun_path) + 1 + len) < 0 || listen(m.socket, 100) < 0)
		return -errno;
	return 0;
}

static void take_signals(void)
{
	sigset_t set;
	sigemptyset(&set);
	for (size_t i = 0; i < 3; i++)
		sigaddset(&set, (const int[]){ SIGTERM, SIGINT, SIGHUP }[i]);
	sigprocmask(SIG_BLOCK, &set, NULL);
	m.signals = CHECK(signalfd(-1, &set, SFD_CLOEXEC));
}

static void drop(size_t at)
{
	close(m.listener[at]);
	m.listener[at] = m.listener[--m.listeners];
}

/* One that does not read holds nobody up: it is left out. */
static void broadcast(const char *record)
{
	for (size_t i = m.listeners; i-- > 0;)
		if (send(m.listener[i], record, sizeof(struct state_message), MSG_DONTWAIT | MSG_NOSIGNAL) != sizeof(struct state_message))
			drop(i);
}

static void read_fifo(void)
{
	ssize_t count = CHECK(read(m.fifo, m.bytes + m.have, sizeof(m.bytes) - m.have));
	size_t at = 0;
	if (count <= 0)
		return;
	m.have += count;
	for (; m.have - at >= sizeof(struct state_message); at += sizeof(struct state_message))
		broadcast(m.bytes + at);
	memmove(m.bytes, m.bytes + at, m.have - at);
	m.have -= at;
}

/* The one word that a listener may say. Mostly it says nothing, but is gone. */
static bool wants_quit(size_t at)
{
	char word[8];
	ssize_t count = recv(m.listener[at], word, sizeof(word), MSG_DONTWAIT);
	if (count < 0 && errno == EAGAIN)
		return false;
	drop(at);
	return count == 4 && !memcmp(word, "quit", 4);
}

static void accept_listener(void)
{
	struct ucred who = { .uid = -1 };
	socklen_t size = sizeof(who);
	int fd = accept4(m.socket, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0)
		return;
	getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size);
	if (m.listeners == MOST_LISTENERS || (who.uid != 0 && who.uid != geteuid()))
		close(fd);
	else
		m.listener[m.listeners++] = fd;
}

static void serve(void)
{
	struct pollfd polls[POLL_LISTENERS + MOST_LISTENERS];
	for (;;) {
		size_t listeners = m.listeners;
		polls[POLL_FIFO] = (struct pollfd){ .fd = m.fifo, .events = POLLIN };
		polls[POLL_SIGNALS] = (struct pollfd){ .fd = m.signals, .events = POLLIN };
		polls[POLL_SOCKET] = (struct pollfd){ .fd = m.socket, .events = POLLIN };
		for (size_t i = 0; i < listeners; i++)
			polls[POLL_LISTENERS + i] = (struct pollfd){ .fd = m.listener[i], .events = POLLIN };
		int ready = CHECK(poll(polls, POLL_LISTENERS + listeners, listeners ? -1 : ALONE_MS));
		if (ready <= 0 || polls[POLL_SIGNALS].revents)
			return;
		if (polls[POLL_FIFO].revents)
			read_fifo();
		/* From the last, because the last one takes the place of one that goes. */
		for (size_t i = m.listeners < listeners ? 0 : listeners; i-- > 0;)
			if (polls[POLL_LISTENERS + i].revents && wants_quit(i))
				return;
		if (polls[POLL_SOCKET].revents)
			accept_listener();
	}
}

/* 0 once somebody listens on the socket: this one or, with the fifo locked, the one that was there. */
int monitord_main(char **argv)
{
	char unified[512];
	m.path = argv[2];
	int err = open_fifo();
	if (err == -EAGAIN || err == -ESTALE)
		return 0;
	if (err < 0)
		complain("Failed to open ", m.path, ": ", strerror(-err), NULL);
	if (err == 0 && (err = open_socket(argv[3])) < 0) {
		complain("Failed to listen on @", argv[3], ": ", strerror(-err), NULL);
		unlink(m.path);
	}
	if (err < 0)
		return 1;
	leave_callers_cgroups(unified, sizeof(unified));
	pid_t pid = fork_into(unified, 0, NULL);
	if (pid < 0)
		pid = fork_into("", 0, NULL);
	if (pid != 0)
		_exit(pid < 0);
	int null = open("/dev/null", O_RDWR);
	for (int fd = 0; fd < 3; fd++)
		dup2(null, fd);
	setsid();
	reset_signals();
	if (null < 0 || chdir("/") < 0)
		_exit(1);
	take_signals();
	serve();
	unlink(m.path);
	return 0;
}
