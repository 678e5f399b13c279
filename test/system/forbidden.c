/*
 * Tries what a container is not to do and prints for each act a line: its name and the error, `done`, or the signal
 * that ended it. Each act has a process of its own. Built static and put into each test container.
 *
 *   forbidden          acts that capabilities or the filter forbid; none is harmful where it should succeed inside
 *   forbidden filter   only those that a filter forbids to somebody with every capability
 *   forbidden under PROGRAM [ARG...]   runs the program under a filter that allows everything
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define X32 0x40000000

typedef long word;

struct act {
	const char *name;
	enum { NATIVE, OF_I386 } way;
	word number, args[6];
};

/* As a 32-bit program would; the numbers and results are those of i386. */
static word call_i386(word number, const word *args)
{
#ifdef __x86_64__
	word result;
	register word r8 __asm__("r8");
	__asm__ volatile("int $0x80" : "=a"(result), "=r"(r8)
			 : "a"(number), "b"(args[0]), "c"(args[1]), "d"(args[2]), "S"(args[3]), "D"(args[4])
			 : "memory", "r9", "r10", "r11");
	if ((int)result >= 0)
		return (int)result;
	errno = -(int)result;
	return -1;
#else
	(void)number, (void)args;
	errno = ENOSYS;
	return -1;
#endif
}

static void try(const struct act *act)
{
	const word *args = act->args;
	int status;
	pid_t pid = fork();
	if (pid == 0) {
		word result = act->way == OF_I386 ? call_i386(act->number, args)
						  : syscall(act->number, args[0], args[1], args[2], args[3], args[4], args[5]);
		_exit(result < 0 ? errno : 0);
	}
	waitpid(pid, &status, 0);
	if (WIFSIGNALED(status))
		printf("%s signal %d\n", act->name, WTERMSIG(status));
	else if (WEXITSTATUS(status))
		printf("%s errno %d\n", act->name, WEXITSTATUS(status));
	else
		printf("%s done\n", act->name);
}

#define P(pointer) ((word)(pointer))
#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static void try_all(const struct act *acts, size_t count)
{
	for (size_t i = 0; i < count; i++)
		try(acts + i);
}

static void try_what_the_filter_forbids(void)
{
	const struct act acts[] = {
		{ "kexec_load", NATIVE, SYS_kexec_load, { 0, 0, 0, 0 } },
		{ "init_module", NATIVE, SYS_init_module, { 0, 0, P("") } },
		{ "finit_module", NATIVE, SYS_finit_module, { -1, P(""), 0 } },
		{ "delete_module", NATIVE, SYS_delete_module, { P(""), 0 } },
		{ "open_by_handle_at", NATIVE, SYS_open_by_handle_at, { -1, 0, 0 } },
		{ "umount2 by force", NATIVE, SYS_umount2, { P("/nowhere"), MNT_FORCE } },
		{ "umount2 by force, lazily", NATIVE, SYS_umount2, { P("/nowhere"), MNT_FORCE | MNT_DETACH } },
#ifdef __x86_64__
		{ "kexec_load of i386", OF_I386, 283, { 0, 0, 0, 0 } },
		{ "init_module of i386", OF_I386, 128, { 0, 0, 0 } },
		{ "finit_module of i386", OF_I386, 350, { -1, 0, 0 } },
		{ "delete_module of i386", OF_I386, 129, { 0, 0 } },
		{ "open_by_handle_at of i386", OF_I386, 342, { -1, 0, 0 } },
		{ "umount2 of i386 by force", OF_I386, 52, { 0, MNT_FORCE } },
		{ "kexec_load of x32", NATIVE, X32 + 528, { 0, 0, 0, 0 } },
		{ "finit_module of x32", NATIVE, X32 + 313, { -1, 0, 0 } },
		{ "umount2 of x32 by force", NATIVE, X32 + 166, { 0, MNT_FORCE } },
#endif
	};
	try_all(acts, COUNT(acts));
}

static void try_what_capabilities_forbid(void)
{
	int raw = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), stream = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int uts = open("/proc/self/ns/uts", O_RDONLY | O_CLOEXEC);
	gid_t groups[] = { 1000 };
	struct ifreq loopback = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	struct sockaddr_in http = { .sin_family = AF_INET, .sin_port = htons(80) };
	char query[12] = { 0 };
	struct timespec now;
	struct timex tuning = { .modes = ADJ_OFFSET_SINGLESHOT };
	struct rlimit files = { 1 << 30, 1 << 30 };
	clock_gettime(CLOCK_REALTIME, &now);

	const struct act acts[] = {
		{ "mount", NATIVE, SYS_mount, { P("none"), P("/mnt"), P("tmpfs"), 0, 0 } },
		{ "mount a bind", NATIVE, SYS_mount, { P("/bin"), P("/mnt"), 0, MS_BIND, 0 } },
		{ "remount", NATIVE, SYS_mount, { 0, P("/proc"), 0, MS_REMOUNT | MS_BIND, 0 } },
		{ "umount2", NATIVE, SYS_umount2, { P("/proc"), 0 } },
		{ "pivot_root", NATIVE, SYS_pivot_root, { P("/"), P("/mnt") } },
		{ "chroot", NATIVE, SYS_chroot, { P("/mnt") } },
		{ "fsopen", NATIVE, SYS_fsopen, { P("tmpfs"), 0 } },
		{ "open_tree", NATIVE, SYS_open_tree, { AT_FDCWD, P("/"), 1 } },
		{ "setns", NATIVE, SYS_setns, { uts, 0 } },
		{ "unshare", NATIVE, SYS_unshare, { CLONE_NEWNS } },
		{ "sethostname", NATIVE, SYS_sethostname, { P("foo"), 3 } },
		{ "setdomainname", NATIVE, SYS_setdomainname, { P("foo"), 3 } },
		{ "clock_settime", NATIVE, SYS_clock_settime, { CLOCK_REALTIME, P(&now) } },
		{ "adjtimex", NATIVE, SYS_adjtimex, { P(&tuning) } },
		{ "reboot", NATIVE, SYS_reboot, { 0xfee1dead, 672274793, 0, 0 } },
		{ "swapon", NATIVE, SYS_swapon, { P("/nowhere"), 0 } },
		{ "swapoff", NATIVE, SYS_swapoff, { P("/nowhere") } },
		{ "acct", NATIVE, SYS_acct, { P("/nowhere") } },
		{ "mknod of a disk", NATIVE, SYS_mknodat, { AT_FDCWD, P("/tmp/disk"), S_IFBLK | 0600, makedev(7, 0) } },
		{ "mknod of memory", NATIVE, SYS_mknodat, { AT_FDCWD, P("/tmp/mem"), S_IFCHR | 0600, makedev(1, 1) } },
		{ "setuid", NATIVE, SYS_setuid, { 1000 } },
		{ "setgid", NATIVE, SYS_setgid, { 1000 } },
		{ "setgroups", NATIVE, SYS_setgroups, { 1, P(groups) } },
		{ "chown", NATIVE, SYS_fchownat, { AT_FDCWD, P("/out"), 1000, 1000, 0 } },
		{ "setpriority", NATIVE, SYS_setpriority, { PRIO_PROCESS, 0, -10 } },
		{ "setrlimit", NATIVE, SYS_prlimit64, { 0, RLIMIT_NOFILE, P(&files), 0 } },
		{ "syslog", NATIVE, SYS_syslog, { 5, 0, 0 } },
		{ "a raw socket", NATIVE, SYS_socket, { AF_INET, SOCK_RAW, IPPROTO_ICMP } },
		{ "a packet socket", NATIVE, SYS_socket, { AF_PACKET, SOCK_RAW } },
		{ "bind to port 80", NATIVE, SYS_bind, { stream, P(&http), sizeof(http) } },
		{ "raise an interface", NATIVE, SYS_ioctl, { raw, SIOCSIFFLAGS, P(&loopback) } },
		{ "fanotify_init", NATIVE, SYS_fanotify_init, { 4, 0 } },
		{ "bpf", NATIVE, SYS_bpf, { 11, P(query), sizeof(query) } },
		{ "perf_event_open", NATIVE, SYS_perf_event_open, { P((word[16]){ 1 | 128L << 32 }), -1, 0, -1, 0 } },
		{ "write to sysrq-trigger", NATIVE, SYS_openat, { AT_FDCWD, P("/proc/sysrq-trigger"), O_WRONLY } },
		{ "write to core_pattern", NATIVE, SYS_openat, { AT_FDCWD, P("/proc/sys/kernel/core_pattern"), O_WRONLY } },
#ifdef __x86_64__
		{ "iopl", NATIVE, SYS_iopl, { 3 } },
		{ "ioperm", NATIVE, SYS_ioperm, { 0x80, 1, 1 } },
		{ "setuid of i386", OF_I386, 213, { 1000 } },
#endif
	};
	try_all(acts, COUNT(acts));
}

static int run_under_filter(char **argv)
{
	/* struct sock_filter, struct sock_fprog: BPF_RET | BPF_K, SECCOMP_RET_ALLOW */
	struct { unsigned short code; unsigned char yes, no; unsigned k; } allow = { 6, 0, 0, 0x7fff0000 };
	struct { unsigned short count; void *filter; } program = { 1, &allow };
	if (prctl(PR_SET_SECCOMP, 2, &program) == 0)
		execv(argv[0], argv);
	return errno;
}

int main(int argc, char **argv)
{
	if (argc > 2 && !strcmp(argv[1], "under"))
		return run_under_filter(argv + 2);
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc < 2 || strcmp(argv[1], "filter"))
		try_what_capabilities_forbid();
	try_what_the_filter_forbids();
	return 0;
}
