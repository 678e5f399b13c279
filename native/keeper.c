/*
 * The keeper of the proc view: holds the descriptor of /dev/fuse, so that the mount outlives those who answer for it.
 * It starts two Node.js servers on that descriptor, starts one again at once when it dies, kills one that is blocked,
 * and hands over to a new build by the same way. Run as `lxc-ts --keeper MOUNTPOINT PIDFILE DATA DIRECTORY SETTINGS`
 * by the `lxcfs` command; a new build of it takes over as `--keeper-again`, and after a keeper that was killed
 * `--keeper-adopt` does, with the pid of a server instead of DATA. As `--keeper-apart` it holds no descriptor: a single
 * server mounts for itself (--transport fuse-native), and the mount dies with it. It never looks at its own mount: while
 * no server runs, that would block for ever.
 */
#include "lxc-ts.h"

#include <dirent.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>

enum { SAMPLER = LXCFS_SIZE_SERVERS - 1, NEVER = -1 };
enum { PAGE = 4096, TICK_MS = 250, IDLE_MS = 1000, QUICK_MS = 10, MOST_PAUSE_MS = 1000, DARK_MS = 10000, HANDOVER_MS = 5000 };

/* What the kernel re-queues lost requests for: a notification without a body. */
static const uint32_t resend[4] = { sizeof(resend), 7 };

static struct {
	char **argv;
	const char *mountpoint, *pidfile, *data, *directory, *settings;
	volatile char *page;            /* the head of the shared memory file */
	int signals;
	bool resends;
	bool apart;                     /* the server mounts for itself */
	bool told;                      /* READY=1 */
	uint32_t died_of;               /* the request that a server died of last */
	int64_t dark_since;             /* no server has run since then; NEVER */
	int replacing;                  /* the server whose successor is waited for; NEVER */
	int64_t replacing_since;
	struct {
		int64_t started, again_at;  /* again_at: when to start it; NEVER while it runs */
		int64_t busy_since;
		uint32_t busy_serial;
		int pause;
	} server[LXCFS_SIZE_SERVERS];
} k SELDOM;

static volatile uint32_t *word(size_t offset)
{
	return (volatile uint32_t *)(k.page + offset);
}

static volatile uint32_t *field(int server, size_t offset)
{
	return word(LXCFS_STATE_SERVERS + server * LXCFS_SIZE_SERVER_BYTES + offset);
}

static int64_t now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000ll + now.tv_nsec / 1000000;
}

/* Without RESEND lost requests are found by probing, which is sound with a single server only. */
static int server_count(void)
{
	return k.resends ? SAMPLER : 1;
}

static void tell_systemd(const char *text)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t len = path ? strlen(path) : 0;
	if (len < 2 || len >= sizeof(address.sun_path))
		return;
	memcpy(address.sun_path, path, len);
	if (*path == '@')
		address.sun_path[0] = 0;
	_fd_ int fd = CHECK(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
	if (fd >= 0)
		RETRY(sendto(fd, text, strlen(text), MSG_NOSIGNAL, (void *)&address, offsetof(struct sockaddr_un, sun_path) + len));
}

/* ---- the mount ---- */

static int move_fd(int fd, int to)
{
	if (fd == to || fd < 0)
		return fd < 0 ? fd : CHECK(fcntl(fd, F_SETFD, 0));
	int err = CHECK(dup2(fd, to));
	close(fd);
	return err;
}

static noreturn void fail(int err, const char *act, const char *object, const char *next)
{
	complain("Failed to ", act, " ", object, ": ", strerror(-err), next, NULL);
	_exit(1);
}

/* Held as long as this process lives, whatever it executes. */
static void lock_pidfile(void)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	char number[24];
	if (!*k.pidfile)
		return;
	/* To a place where nothing else goes: closing any descriptor of the file would end the lock. */
	int first = CHECK(open(k.pidfile, O_RDWR | O_CREAT | O_NOFOLLOW, 0600));
	int fd = first < 0 ? first : CHECK(fcntl(first, F_DUPFD, LXCFS_FD_STATE + 1));
	if (fd < 0)
		fail(fd, "open", k.pidfile, "");
	close(first);
	if (fcntl(fd, F_SETLK, &lock) < 0)
		fail(-errno, "lock", k.pidfile, "; it is already locked by another lxcfs, give this one its own with -p");
	size_t len = format_number(number, getpid());
	number[len++] = '\n';
	if (ftruncate(fd, 0) < 0 || pwrite(fd, number, len, 0) != (ssize_t)len)
		fail(-errno, "write", k.pidfile, "");
}

static void open_state(void)
{
	int fd = CHECK((int)syscall(SYS_memfd_create, "lxcfs", 0));
	int err = move_fd(fd, LXCFS_FD_STATE);
	if (err < 0 || ftruncate(LXCFS_FD_STATE, PAGE) < 0)
		fail(err < 0 ? err : -errno, "make", "the shared memory", "");
}

static void map_state(void)
{
	void *at = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, LXCFS_FD_STATE, 0);
	if (at == MAP_FAILED)
		fail(-errno, "map", "the shared memory", "");
	k.page = at;
}

static void mount_view(void)
{
	_buffer_ struct buffer data = { 0 };
	open_state();
	map_state();
	int err = move_fd(CHECK(open("/dev/fuse", O_RDWR)), LXCFS_FD_FUSE);
	if (err < 0)
		fail(err, "open", "/dev/fuse", "; load the module with `modprobe fuse`, and let this machine's containers have the device");
	put_bytes(&data, "fd=3,rootmode=40000,user_id=0,group_id=0,allow_other", 52);
	if (*k.data)
		put_bytes(&data, ",", 1), put_bytes(&data, k.data, strlen(k.data));
	put_bytes(&data, "", 1);
	if (mount("lxc-ts", k.mountpoint, "fuse.lxcfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, data.at) < 0)
		fail(-errno, "mount the view on", k.mountpoint, "");
	k.resends = write(LXCFS_FD_FUSE, resend, sizeof(resend)) == sizeof(resend);
#ifdef FAULTS
	k.resends = k.resends && !getenv("LXC_TS_NO_RESEND");
#endif
	*word(LXCFS_STATE_RESEND) = k.resends;
}

/* One that mounts for itself inherits nothing to answer on; what stands in the descriptor's place is nobody's. */
static void mount_nothing(void)
{
	open_state();
	map_state();
	int err = move_fd(CHECK(open("/dev/null", O_RDWR)), LXCFS_FD_FUSE);
	if (err < 0)
		fail(err, "open", "/dev/null", "");
}

static void unmount_view(void)
{
	/* A server that mounts for itself has not done so before it is ready: what is there is somebody else's. */
	if (!k.apart || *word(LXCFS_STATE_READY))
		umount2(k.mountpoint, MNT_DETACH | UMOUNT_NOFOLLOW);
}

static noreturn void leave(int status)
{
	tell_systemd("STOPPING=1");
	unmount_view();
	for (int i = 0; i < LXCFS_SIZE_SERVERS; i++)
		if (*field(i, LXCFS_SERVER_PID))
			kill(*field(i, LXCFS_SERVER_PID), SIGKILL);
	close(LXCFS_FD_FUSE);
	while (RETRY(wait(NULL)) > 0)
		;
	remove_tree(k.directory);
	if (*k.pidfile)
		unlink(k.pidfile);
	_exit(status);
}

/* ---- servers ---- */

/* In a session of its own: no terminal stops it, and with it all who read. May be killed for memory, but not as the first. */
static noreturn void be_server(int i)
{
	char number[24], script[3072], root[1024];
	sigset_t none;
	sigemptyset(&none);
	format_number(number, i);
	memcpy(root, (const char *)k.page + LXCFS_STATE_ROOT, sizeof(root));
	root[sizeof(root) - 1] = 0;
	sigprocmask(SIG_SETMASK, &none, NULL);
	setsid();
	write_file("/proc/self/oom_score_adj", 0, 0, "-500", 4);
	if (i == SAMPLER)
		close(LXCFS_FD_FUSE);
	close_from(LXCFS_FD_STATE + 1);
	dup2(open("/dev/null", O_RDWR), 0);
	JOIN(script, root, "/dist/lxcfs.cjs");
	/* Hardly anything lives longer than a request: a heap that is seldom cleared is only more memory. */
	exec_node(root, (char *[]){ "--max-semi-space-size=1", "--initial-old-space-size=16", script, number, (char *)k.settings, NULL });
}

static void start_server(int i)
{
	int64_t now = now_ms();
	*field(i, LXCFS_SERVER_SERVING) = 0;
	*field(i, LXCFS_SERVER_BUSY) = 0;
	pid_t pid = fork();
	if (pid == 0)
		be_server(i);
	k.server[i].started = now;
	k.server[i].again_at = pid > 0 ? NEVER : now + MOST_PAUSE_MS;
	*field(i, LXCFS_SERVER_PID) = pid > 0 ? pid : 0;
}

/* Who takes this request again answers it without the view. */
static void mark_request(int i)
{
	uint32_t at = (*word(LXCFS_STATE_MARK_COUNT))++ % LXCFS_SIZE_MARKS;
	*word(LXCFS_STATE_MARKED + at * 8) = *field(i, LXCFS_SERVER_UNIQUE);
	*word(LXCFS_STATE_MARKED + at * 8 + 4) = *field(i, LXCFS_SERVER_UNIQUE + 4);
}

/* At once; one that does not even start is tried less and less often. A request that two servers died of is marked. */
static void server_died(int i, int status)
{
	bool served = *field(i, LXCFS_SERVER_SERVING), busy = *field(i, LXCFS_SERVER_BUSY);
	uint32_t unique = *field(i, LXCFS_SERVER_UNIQUE);
	*field(i, LXCFS_SERVER_PID) = 0;
	*field(i, LXCFS_SERVER_SERVING) = 0;
	*field(i, LXCFS_SERVER_BUSY) = 0;
	if (i == SAMPLER) {
		k.server[i].again_at = status == 0 ? NEVER : now_ms() + MOST_PAUSE_MS;
		return;
	}
	if (status == 0)
		leave(0); /* unmounted from outside */
	if (k.apart && WIFEXITED(status))
		leave(1); /* it has said why */
	if (k.apart) {
		unmount_view(); /* dead, and in the way of the next one */
		*word(LXCFS_STATE_READY) = 0;
	}
	if (busy && unique == k.died_of)
		mark_request(i);
	k.died_of = busy ? unique : 0;
	if (k.resends)
		RETRY(write(LXCFS_FD_FUSE, resend, sizeof(resend)));
	++*word(LXCFS_STATE_RESTARTS);
	k.server[i].pause = served || WTERMSIG(status) == SIGKILL ? 0 : k.server[i].pause ? k.server[i].pause * 2 : 1;
	if (k.server[i].pause > MOST_PAUSE_MS)
		k.server[i].pause = MOST_PAUSE_MS;
	if (k.server[i].pause <= 1)
		start_server(i);
	else
		k.server[i].again_at = now_ms() + k.server[i].pause;
}

/* All who read stop with one that is stopped, and who starts a container waits in the kernel: it goes on at once. */
static void reap(void)
{
	int status;
	for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG | WUNTRACED)) > 0;)
		if (WIFSTOPPED(status))
			kill(pid, SIGCONT);
		else
			for (int i = 0; i < LXCFS_SIZE_SERVERS; i++)
				if (*field(i, LXCFS_SERVER_PID) == (uint32_t)pid)
					server_died(i, status);
}

/*
 * It waits for a request: servers do not say when they are done, which would cost them a system call each time. Who may
 * not look (Yama's third scope) sees at least that the process sleeps; what blocks is mostly uninterruptible. Who sees
 * nothing at all kills nobody.
 */
static bool waits_for_requests(pid_t pid)
{
	char path[48], number[24], text[64], *state;
	format_number(number, pid);
	JOIN(path, "/proc/", number, "/syscall");
	if (read_file(path, text, sizeof(text)) > 0) {
		const char *at = text;
		return parse_number(&at) == SYS_read && !strncmp(at, " 0x3 ", 5);
	}
	JOIN(path, "/proc/", number, "/stat");
	return read_file(path, text, sizeof(text)) <= 0 || !(state = strrchr(text, ')')) || !strncmp(state, ") S", 3);
}
_Static_assert(LXCFS_FD_FUSE == 3, "as /proc/PID/syscall has it");

/* A server that is blocked cannot time itself out. Its request is marked, so that the sibling takes no part in it. */
static bool watch(int i, int64_t now)
{
	uint32_t serial = *field(i, LXCFS_SERVER_SERIAL), pid = *field(i, LXCFS_SERVER_PID);
	if (!*field(i, LXCFS_SERVER_BUSY) || !pid)
		return k.server[i].busy_since = NEVER, false;
	if (k.server[i].busy_serial != serial) {
		k.server[i].busy_since = now;
		k.server[i].busy_serial = serial;
	} else if (k.server[i].busy_since == NEVER || waits_for_requests(pid)) {
		k.server[i].busy_since = NEVER;
		return false;
	} else if (now - k.server[i].busy_since >= LXCFS_SIZE_PATIENCE_MS) {
		mark_request(i);
		++*word(LXCFS_STATE_BLOCKED);
		k.server[i].busy_since = NEVER;
		kill(*field(i, LXCFS_SERVER_PID), SIGKILL);
	}
	return true;
}

/* Node.js does not start any more: an error is better than readers that hang. */
static void answer_in_the_dark(int64_t now)
{
	static char request[1 << 17] SELDOM;
	uint32_t *head = (uint32_t *)request;
	struct pollfd ready = { .fd = LXCFS_FD_FUSE, .events = POLLIN };
	bool dark = true;
	for (int i = 0; i < server_count(); i++)
		dark = dark && !*field(i, LXCFS_SERVER_SERVING);
	if (!dark)
		k.dark_since = NEVER;
	else if (k.dark_since == NEVER)
		k.dark_since = now;
	while (dark && now - k.dark_since > DARK_MS && poll(&ready, 1, 0) == 1 && ready.revents == POLLIN
	       && read(LXCFS_FD_FUSE, request, sizeof(request)) >= 40) {
		uint32_t reply[4] = { sizeof(reply), -EIO, head[2], head[3] };
		if (write(LXCFS_FD_FUSE, reply, sizeof(reply)) < 0)
			continue;
	}
}

/* ---- a new build ---- */

/* From server `i` on, one after the other, so that the sibling answers while the new one starts. */
static void replace_from(int i)
{
	k.replacing = i < server_count() ? i : NEVER;
	k.replacing_since = now_ms();
	if (k.replacing != NEVER && *field(i, LXCFS_SERVER_PID))
		kill(*field(i, LXCFS_SERVER_PID), SIGKILL);
}

static void go_on_replacing(int64_t now)
{
	int i = k.replacing;
	if (i == NEVER)
		return;
	bool there = *field(i, LXCFS_SERVER_SERVING) && k.server[i].started >= k.replacing_since;
	if (there || now - k.replacing_since > HANDOVER_MS)
		replace_from(i + 1);
}

/* Pid, lock, descriptors and children stay. */
static void execute_anew(void)
{
	char path[1100];
	JOIN(path, (const char *)k.page + LXCFS_STATE_ROOT, "/bin/lxc-ts");
	k.argv[1] = "--keeper-again";
	execve(path, k.argv, environ);
	replace_from(0);
}

/* ---- after a keeper that was killed ---- */

static void end_stranger(pid_t pid)
{
	_fd_ int pidfd = pid > 0 ? pidfd_open_compat(pid) : -1;
	struct pollfd gone = { .fd = pidfd, .events = POLLIN };
	if (pidfd >= 0 && pidfd_kill(pidfd, pid, SIGKILL) == 0)
		poll(&gone, 1, HANDOVER_MS);
}

/* Its servers go on without it, and hold all that it held: the descriptors of one become ours, and they are replaced. */
static void adopt(const char *server)
{
	int fds[2], pidfd = pidfd_open_compat(parse_number(&server));
	for (int i = 0; i < 2; i++) {
		int fd = pidfd < 0 ? pidfd : CHECK((int)syscall(438 /* pidfd_getfd */, pidfd, LXCFS_FD_FUSE + i, 0));
		fds[i] = fd < 0 ? fd : CHECK(fcntl(fd, F_DUPFD_CLOEXEC, 16));
		if (fds[i] < 0)
			fail(fds[i], "take over", k.mountpoint, "; umount it and start again");
		close(fd);
	}
	close(pidfd);
	move_fd(fds[0], LXCFS_FD_FUSE);
	move_fd(fds[1], LXCFS_FD_STATE);
	map_state();
	k.resends = *word(LXCFS_STATE_RESEND);
	for (int i = 0; i < LXCFS_SIZE_SERVERS; i++)
		end_stranger(*field(i, LXCFS_SERVER_PID));
	*field(SAMPLER, LXCFS_SERVER_PID) = 0;
	if (k.resends)
		RETRY(write(LXCFS_FD_FUSE, resend, sizeof(resend)));
}

/* ---- the loop ---- */

static void take_signals(void)
{
	struct signalfd_siginfo info;
	while (read(k.signals, &info, sizeof(info)) == sizeof(info))
		switch (info.ssi_signo) {
		case SIGCHLD:
			reap();
			break;
		case SIGUSR1:
			if (k.apart)
				complain("Failed to hand over: with fuse-native the mount dies with its server; stop lxcfs, start it, then lxcfs reattach --all", NULL);
			else
				execute_anew();
			break;
		case SIGUSR2:
			*word(LXCFS_STATE_HOST) = !*word(LXCFS_STATE_HOST);
			if (!k.apart)
				replace_from(0); /* the other kind looks for itself */
			break;
		default:
			leave(0);
		}
}

static void start_what_is_due(int64_t now)
{
	for (int i = 0; i < LXCFS_SIZE_SERVERS; i++)
		if (k.server[i].again_at != NEVER && now >= k.server[i].again_at)
			start_server(i);
	if (*word(LXCFS_STATE_SAMPLE) && !*field(SAMPLER, LXCFS_SERVER_PID) && k.server[SAMPLER].again_at == NEVER) {
		*word(LXCFS_STATE_SAMPLE) = 0;
		start_server(SAMPLER);
	}
}

/* How long nothing of this has to be looked at again. */
static int look_after(int64_t now)
{
	int pause = IDLE_MS;
	start_what_is_due(now);
	go_on_replacing(now);
	answer_in_the_dark(now);
	for (int i = 0; i < server_count(); i++)
		if (watch(i, now) || !*field(i, LXCFS_SERVER_PID))
			pause = TICK_MS;
	if (!k.told && *word(LXCFS_STATE_READY)) {
		k.told = true;
		tell_systemd("READY=1");
	}
	return k.told && k.replacing == NEVER ? pause : QUICK_MS;
}

static noreturn void keep(void)
{
	sigset_t set;
	sigemptyset(&set);
	/* Whoever reads depends on this process, whatever the terminal is that it was started from. */
	for (size_t i = 0; i < 3; i++)
		signal((const int[]){ SIGTSTP, SIGTTIN, SIGTTOU }[i], SIG_IGN);
	for (size_t i = 0; i < 6; i++)
		sigaddset(&set, (const int[]){ SIGCHLD, SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2 }[i]);
	sigprocmask(SIG_BLOCK, &set, NULL);
	k.signals = CHECK(signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
	if (k.signals < 0)
		fail(k.signals, "wait for", "signals", "");
	reap(); /* who died while we were executed anew */
	for (;;) {
		struct pollfd in = { .fd = k.signals, .events = POLLIN };
		poll(&in, 1, look_after(now_ms()));
		take_signals();
	}
}

/* Where systemd has not already seen to it. */
static void settle(void)
{
	char path[520], unified[512] = "";
	write_file("/proc/self/oom_score_adj", 0, 0, "-1000", 5);
	if (getenv("INVOCATION_ID") || getenv("NOTIFY_SOCKET"))
		return;
	leave_callers_cgroups(unified, sizeof(unified));
	if (*unified && JOIN(path, unified, "/cgroup.procs") == 0)
		write_file(path, 0, 0, "0", 1);
}

noreturn void keeper_main(char **argv)
{
	k.argv = argv;
	k.mountpoint = argv[2], k.pidfile = argv[3], k.data = argv[4], k.directory = argv[5], k.settings = argv[6];
	k.dark_since = k.replacing = NEVER;
	for (int i = 0; i < LXCFS_SIZE_SERVERS; i++)
		k.server[i].again_at = k.server[i].busy_since = NEVER;
	if (!strcmp(argv[1], "--keeper-again")) {
		map_state();
		k.resends = *word(LXCFS_STATE_RESEND);
		/* Nobody waits for what it counts. */
		if (*field(SAMPLER, LXCFS_SERVER_PID))
			kill(*field(SAMPLER, LXCFS_SERVER_PID), SIGKILL);
		replace_from(0);
		keep();
	}
	char root[1024] = "";
	close_from(3);
	lock_pidfile();
	settle();
	if (install_root(root, sizeof(root)) < 0)
		fail(-ENOENT, "find", "the directory of this program", "");
	k.apart = !strcmp(argv[1], "--keeper-apart");
	if (k.apart)
		mount_nothing();
	else if (!strcmp(argv[1], "--keeper-adopt"))
		adopt(k.data);
	else
		mount_view();
	memcpy((char *)k.page + LXCFS_STATE_ROOT, root, sizeof(root));
	for (int i = 0; i < server_count(); i++)
		start_server(i);
	keep();
}
