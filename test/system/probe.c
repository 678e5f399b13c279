/*
 * Prints as JSON what a process inside a container sees. Built static and put into each test container.
 *
 *   probe                            report on stdout
 *   probe --out FILE [--stay]        report into FILE (complete when the name appears); then stay as an init
 *   probe --exit N / --die SIGNAL    report nothing, end so
 *   probe --open PATH r|w|rw         open a file, print {"errno": N}
 *   probe --say OUT ERR              write one text to stdout, the other to stderr
 *
 * With --stay each signal's number is appended to FILE.signals; PWR, TERM and INT end the probe with 0.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

static FILE *out;
static char signal_file[4096];

static void text(const char *s, size_t n)
{
	putc('"', out);
	for (size_t i = 0; i < n; i++) {
		unsigned char c = s[i];
		if (c == '"' || c == '\\')
			fprintf(out, "\\%c", c);
		else if (c < 0x20 || c >= 0x7f)
			fprintf(out, "\\u%04x", c);
		else
			putc(c, out);
	}
	putc('"', out);
}

static void string_field(const char *name, const char *value)
{
	fprintf(out, ",\n\"%s\": ", name);
	text(value, strlen(value));
}

static void number_field(const char *name, long value)
{
	fprintf(out, ",\n\"%s\": %ld", name, value);
}

/* A whole file as one string; null where it cannot be read. */
static void file_field(const char *name, const char *path)
{
	static char buffer[1 << 20];
	size_t used = 0;
	ssize_t got;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	fprintf(out, ",\n\"%s\": ", name);
	if (fd < 0) {
		fputs("null", out);
		return;
	}
	while (used < sizeof(buffer) && (got = read(fd, buffer + used, sizeof(buffer) - used)) > 0)
		used += got;
	close(fd);
	text(buffer, used);
}

/* The report itself needs two: the directory that is read and, where it is a file, its own stream. */
static int is_own_descriptor(const char *name, int directory)
{
	if (name[0] < '0' || name[0] > '9')
		return 0;
	return atoi(name) == directory || (out != stdout && atoi(name) == fileno(out));
}

/* Each link of a directory with its target: /proc/self/ns, /proc/self/fd. */
static void links_field(const char *name, const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	int first = 1;

	fprintf(out, ",\n\"%s\": {", name);
	while (dir && (entry = readdir(dir))) {
		char target[4096];
		ssize_t n = readlinkat(dirfd(dir), entry->d_name, target, sizeof(target));
		if (n < 0 || is_own_descriptor(entry->d_name, dirfd(dir)))
			continue;
		fputs(first ? "" : ", ", out);
		first = 0;
		text(entry->d_name, strlen(entry->d_name));
		fputs(": ", out);
		text(target, n);
	}
	putc('}', out);
	if (dir)
		closedir(dir);
}

static void environment(void)
{
	extern char **environ;
	fputs(",\n\"env\": [", out);
	for (char **e = environ; *e; e++) {
		fputs(e == environ ? "" : ", ", out);
		text(*e, strlen(*e));
	}
	putc(']', out);
}

static void groups(void)
{
	gid_t list[256];
	int n = getgroups(256, list);
	fputs(",\n\"groups\": [", out);
	for (int i = 0; i < n; i++)
		fprintf(out, "%s%u", i ? ", " : "", list[i]);
	putc(']', out);
}

static void limits(void)
{
	static const struct { const char *name; int number; } rows[] = {
		{ "nofile", RLIMIT_NOFILE }, { "nproc", RLIMIT_NPROC }, { "core", RLIMIT_CORE },
		{ "stack", RLIMIT_STACK }, { "memlock", RLIMIT_MEMLOCK }, { "cpu", RLIMIT_CPU },
		{ "as", RLIMIT_AS }, { "fsize", RLIMIT_FSIZE },
	};
	fputs(",\n\"limits\": {", out);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct rlimit r;
		getrlimit(rows[i].number, &r);
		fprintf(out, "%s\"%s\": [%lld, %lld]", i ? ", " : "", rows[i].name,
			r.rlim_cur == RLIM_INFINITY ? -1 : (long long)r.rlim_cur,
			r.rlim_max == RLIM_INFINITY ? -1 : (long long)r.rlim_max);
	}
	putc('}', out);
}

/* As in linux/capability.h, which musl does not bring. */
static void capabilities(void)
{
	struct { unsigned version; int pid; } head = { 0x20080522, 0 };
	struct { unsigned effective, permitted, inheritable; } data[2] = { 0 };
	unsigned long long bounding = 0, ambient = 0;

	syscall(SYS_capget, &head, data);
	for (int c = 0; c < 64; c++) {
		if (prctl(PR_CAPBSET_READ, c) == 1)
			bounding |= 1ULL << c;
		if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, c, 0, 0) == 1)
			ambient |= 1ULL << c;
	}
	fprintf(out, ",\n\"caps\": {\"effective\": \"%08x%08x\", \"permitted\": \"%08x%08x\", \"inheritable\": \"%08x%08x\", "
		"\"bounding\": \"%016llx\", \"ambient\": \"%016llx\"}",
		data[1].effective, data[0].effective, data[1].permitted, data[0].permitted,
		data[1].inheritable, data[0].inheritable, bounding, ambient);
}

static void nodes(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	int first = 1;

	fputs(",\n\"dev\": {", out);
	while (dir && (entry = readdir(dir))) {
		struct stat st;
		char target[4096] = "";
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		if (fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		if (S_ISLNK(st.st_mode)) {
			ssize_t n = readlinkat(dirfd(dir), entry->d_name, target, sizeof(target) - 1);
			target[n < 0 ? 0 : n] = 0;
		}
		fputs(first ? "" : ", ", out);
		first = 0;
		text(entry->d_name, strlen(entry->d_name));
		fprintf(out, ": {\"type\": \"%s\", \"mode\": \"%o\", \"uid\": %u, \"gid\": %u, \"device\": \"%u:%u\", \"target\": ",
			S_ISCHR(st.st_mode) ? "c" : S_ISBLK(st.st_mode) ? "b" : S_ISLNK(st.st_mode) ? "l" :
			S_ISDIR(st.st_mode) ? "d" : "f", st.st_mode & 07777, st.st_uid, st.st_gid,
			S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode) ? major(st.st_rdev) : 0,
			S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode) ? minor(st.st_rdev) : 0);
		text(target, strlen(target));
		putc('}', out);
	}
	putc('}', out);
	if (dir)
		closedir(dir);
}

static void terminal(void)
{
	fputs(",\n\"tty\": [", out);
	for (int fd = 0; fd < 3; fd++) {
		char name[256] = "";
		if (isatty(fd) && ttyname_r(fd, name, sizeof(name)))
			strcpy(name, "unnamed");
		fputs(fd ? ", " : "", out);
		text(name, strlen(name));
	}
	putc(']', out);
	int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	fprintf(out, ",\n\"controllingTty\": %s", fd < 0 ? "false" : "true");
	if (fd >= 0)
		close(fd);
}

static void report(void)
{
	struct utsname uts;
	char cwd[4096] = "";
	uid_t ruid, euid, suid;
	gid_t rgid, egid, sgid;
	mode_t mask = umask(0);

	umask(mask);
	uname(&uts);
	if (!getcwd(cwd, sizeof(cwd)))
		cwd[0] = 0;
	getresuid(&ruid, &euid, &suid);
	getresgid(&rgid, &egid, &sgid);
	fprintf(out, "{\"pid\": %d", getpid());
	number_field("ppid", getppid());
	number_field("sid", getsid(0));
	number_field("pgid", getpgid(0));
	fprintf(out, ",\n\"uid\": [%u, %u, %u], \"gid\": [%u, %u, %u]", ruid, euid, suid, rgid, egid, sgid);
	groups();
	number_field("umask", mask);
	string_field("hostname", uts.nodename);
	string_field("machine", uts.machine);
	string_field("cwd", cwd);
	number_field("personality", personality(0xffffffff));
	number_field("noNewPrivs", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
	int death = 0;
	prctl(PR_GET_PDEATHSIG, &death);
	number_field("pdeathsig", death);
	number_field("sessionKeyring", syscall(SYS_keyctl, 0 /* KEYCTL_GET_KEYRING_ID */, -3 /* of the session */, 0));
	capabilities();
	limits();
	environment();
	terminal();
	links_field("fds", "/proc/self/fd");
	links_field("ns", "/proc/self/ns");
	nodes("/dev");
	file_field("mountinfo", "/proc/self/mountinfo");
	file_field("cgroup", "/proc/self/cgroup");
	file_field("status", "/proc/self/status");
	file_field("oomScoreAdj", "/proc/self/oom_score_adj");
	file_field("bootId", "/proc/sys/kernel/random/boot_id");
	fputs("}\n", out);
	fflush(out);
}

static void note_signal(int number)
{
	int fd = open(signal_file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	char line[8] = { '0' + number / 10, '0' + number % 10, '\n' };
	ssize_t written = write(fd, line, 3);
	(void)written;
	close(fd);
	if (number == SIGPWR || number == SIGTERM || number == SIGINT)
		_exit(0);
}

static void stay(void)
{
	struct sigaction action = { .sa_handler = note_signal };
	for (int s = 1; s < 32; s++)
		if (s != SIGKILL && s != SIGSTOP && s != SIGCHLD)
			sigaction(s, &action, NULL);
	for (;;) {
		poll(NULL, 0, 1000);
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
	}
}

static int report_into(const char *path, int and_stay)
{
	char part[4096];
	snprintf(part, sizeof(part), "%s.part", path);
	snprintf(signal_file, sizeof(signal_file), "%s.signals", path);
	out = fopen(part, "we");
	if (!out)
		return 70;
	report();
	fclose(out);
	rename(part, path);
	if (and_stay)
		stay();
	return 0;
}

static int try_open(const char *path, const char *mode)
{
	int flags = !strcmp(mode, "r") ? O_RDONLY : !strcmp(mode, "w") ? O_WRONLY : O_RDWR;
	int fd = open(path, flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	printf("{\"errno\": %d}\n", fd < 0 ? errno : 0);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc >= 3 && !strcmp(argv[1], "--out"))
		return report_into(argv[2], argc > 3 && !strcmp(argv[3], "--stay"));
	if (argc == 3 && !strcmp(argv[1], "--exit"))
		return atoi(argv[2]);
	if (argc == 3 && !strcmp(argv[1], "--die")) {
		raise(atoi(argv[2]));
		return 71;
	}
	if (argc == 4 && !strcmp(argv[1], "--open"))
		return try_open(argv[2], argv[3]);
	if (argc == 4 && !strcmp(argv[1], "--say"))
		return fputs(argv[2], stdout) < 0 || fputs(argv[3], stderr) < 0;
	out = stdout;
	report();
	return 0;
}
