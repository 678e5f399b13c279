/*
 * lxc-user-nic, with the arguments of LXC's. Three ways to be run: by root with --service; by anybody, to ask that service;
 * or with its setuid bit, on hosts without the service, and then it does the work itself.
 */
#include "user-nic.h"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

const char *command_name = "lxc-user-nic";

static const char usage[] =
	"Usage: lxc-user-nic create LXCPATH NAME PID veth BRIDGE [INTERFACE]\n"
	"       lxc-user-nic delete LXCPATH NAME NETWORK_NAMESPACE veth BRIDGE HOST_INTERFACE\n"
	"       lxc-user-nic --service\n"
	"Makes a pair of network interfaces, one in the network namespace of the process PID, the other on a bridge, as far as\n"
	USERNET " allows it; or deletes one.\n";

/* A descriptor opened later must never become somebody's standard output. */
static void own_descriptors(void)
{
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd)
			_exit(1);
	close_from(3);
}

/* The caller's choice of limits must not end us in the middle of the file, and neither may his signals. */
static void withstand(void)
{
	static const int limits[] = { RLIMIT_FSIZE, RLIMIT_CPU, RLIMIT_AS, RLIMIT_DATA, RLIMIT_STACK, RLIMIT_NOFILE };
	sigset_t all;
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	for (size_t i = 0; i < countof(limits); i++) {
		const rlim_t most = limits[i] == RLIMIT_NOFILE ? 256 : RLIM_INFINITY;
		setrlimit(limits[i], &(struct rlimit){ most, most });
	}
	/* Half of the file must not be all that is written. */
	struct rlimit size;
	if (getrlimit(RLIMIT_FSIZE, &size) < 0 || size.rlim_cur < READ_MOST)
		die(1, "the limit of the size of files is too low");
	umask(022);
	if (chdir("/") < 0)
		_exit(1);
}

/* With the rights of the caller, whatever the path is. */
static int open_as_caller(const char *path)
{
	uid_t root = geteuid();
	if (seteuid(getuid()) < 0)
		return -errno;
	int fd = CHECK(open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
	return seteuid(root) < 0 ? -errno : fd;
}

static int open_target(bool creates, const char *target)
{
	if (!creates)
		return open_as_caller(target);
	const char *at = target;
	int64_t pid = strlen(target) < 12 ? parse_number(&at) : 0;
	if (*at || pid <= 0 || pid > INT32_MAX)
		die(1, "the process is not a number");
	return pidfd_open_compat(pid);
}

/* Entirely root from here on: nobody else can send signals to us, or look. */
static int become_root(void)
{
	if (setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0)
		return -errno;
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	return keep_few_rights();
}

static int work(char **words, int fd)
{
	static gid_t groups[65536 + 1];
	char name[128], text[PACKET];
	struct caller caller = { .uid = getuid(), .name = name, .groups = groups };
	int count = getgroups(countof(groups) - 1, groups + 1);
	groups[0] = getgid();
	caller.count = 1 + (count > 0 ? count : 0);
	int err = become_root();
	user_name(caller.uid, name, sizeof(name));
	if (err == 0)
		err = perform(&caller, &(struct request){ .words = words, .fd = fd }, text, sizeof(text));
	if (err == 0)
		return write_all(1, text, strlen(text)) < 0;
	word_failure(err, text, sizeof(text));
	text[strlen(text) - 1] = 0; /* complain ends the line */
	complain(text, NULL);
	return 1;
}

int main(int argc, char **argv)
{
	own_descriptors();
	bool creates = argc > 1 && !strcmp(argv[1], "create");
	if (argc == 2 && !strcmp(argv[1], "--service")) {
		if (getuid() != 0 || geteuid() != 0)
			die(1, "the service is root's to run");
		service_main();
	}
	if (!creates && (argc < 2 || strcmp(argv[1], "delete")))
		argc = 0;
	if (argc != 8 && !(creates && argc == 7)) {
		write_all(2, usage, sizeof(usage) - 1);
		return 1;
	}
	char *words[] = { argv[1], argv[5], argv[6], argc > 7 && *argv[7] ? argv[7] : "eth%d", NULL };
	bool is_root = geteuid() == 0;
	if (is_root)
		withstand();
	_fd_ int fd = open_target(creates, argv[4]);
	if (fd < 0) {
		complain(argv[4], ": ", fd == -ESRCH ? "there is no such process" : strerror(-fd), NULL);
		return 1;
	}
	return is_root ? work(words, fd) : ask_service(words, fd);
}
