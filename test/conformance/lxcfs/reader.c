/*
 * A reader that judges what it gets: `reader TASKS WAY FILE KEY COUNT` joins the cgroup of the file TASKS ("" stays), reads
 * FILE COUNT times (or, with a trailing `ms`, for so long) by WAY, and prints what it saw as JSON. Every line must begin with
 * KEY and the last one must say how many lines there were; with a KEY `MemTotal:N`, FILE is a meminfo of N kB. A reader that was
 * told EINVAL goes on where WAY is `cat`, as busybox does: sendfile first, then read.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static char text[(1 << 20) + 1];
static sigjmp_buf refused_fault;
static struct {
	long reads, foreign, torn, errors, refused;
	int last_errno;
	long long longest;
} seen;

static long long now_us(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000ll + now.tv_nsec / 1000;
}

static long drain(int fd, size_t piece)
{
	size_t len = 0;
	for (ssize_t n; (n = read(fd, text + len, piece)) != 0; len += n)
		if (n < 0)
			return -errno;
	return len;
}

static long from_copy(int fd, ssize_t (*copy)(int from, int to))
{
	int to = memfd_create("copy", 0);
	ssize_t n;
	while ((n = copy(fd, to)) > 0)
		;
	long result = n < 0 ? -errno : (lseek(to, 0, SEEK_SET), drain(to, 65536));
	close(to);
	return result;
}

static ssize_t by_sendfile(int from, int to)
{
	return sendfile(to, from, NULL, 65536);
}

static ssize_t by_copy(int from, int to)
{
	return copy_file_range(from, NULL, to, NULL, 65536, 0);
}

static ssize_t by_splice(int from, int to)
{
	int ends[2];
	if (pipe(ends) < 0)
		return -1;
	ssize_t n = splice(from, NULL, ends[1], NULL, 65536, 0);
	int kept = errno;
	if (n > 0)
		n = splice(ends[0], NULL, to, NULL, n, 0);
	close(ends[0]);
	close(ends[1]);
	errno = kept;
	return n;
}

static void on_fault(int sig)
{
	(void)sig;
	siglongjmp(refused_fault, 1);
}

static long by_mmap(int fd)
{
	struct stat st;
	if (fstat(fd, &st) < 0)
		return -errno;
	char *at = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (at == MAP_FAILED)
		return -errno;
	volatile long len = -EINVAL;
	if (sigsetjmp(refused_fault, 1) == 0) {
		memcpy(text, at, st.st_size);
		len = st.st_size;
	}
	munmap(at, st.st_size);
	return len;
}

/* Whether a file is whole, and ours. */
static void judge(long len, const char *key)
{
	size_t own = strlen(key);
	long lines = 0, said = -1;
	for (char *at = text, *end; at < text + len; at = end + 1, lines++) {
		end = memchr(at, '\n', text + len - at);
		if (!end)
			break;
		if (!strncmp(at, "end ", 4)) {
			if (strncmp(at + 4, key, own) != 0)
				seen.foreign++;
			said = end == text + len - 1 ? atol(at + 4 + own) : -1;
			break;
		}
		if (strncmp(at, key, own) != 0 || at[own] != ' ') {
			seen.foreign++;
			return;
		}
	}
	seen.torn += said != lines;
}

/* A meminfo: the total first, as many lines as at the first time, and the same last one. */
static void judge_meminfo(long len, long total)
{
	static long usual;
	static char last[64];
	long lines = 0;
	char *line = text, label[sizeof(last)] = "";
	text[len] = 0;
	if (strncmp(text, "MemTotal:", 9) == 0)
		seen.foreign += strtol(text + 9, NULL, 10) != total;
	for (char *end; (end = strchr(line, '\n')); line = end + 1, lines++)
		snprintf(label, sizeof(label), "%.*s", (int)strcspn(line, ":\n"), line);
	if (!usual)
		usual = lines, strcpy(last, label);
	seen.torn += strncmp(text, "MemTotal:", 9) || *line || lines != usual || strcmp(label, last) || lines < 20;
}

static long get(int fd, const char *way)
{
	if (!strcmp(way, "cat")) {
		long len = from_copy(fd, by_sendfile);
		return len == -EINVAL ? drain(fd, 65536) : len;
	}
	if (!strcmp(way, "sendfile"))
		return from_copy(fd, by_sendfile);
	if (!strcmp(way, "copy"))
		return from_copy(fd, by_copy);
	if (!strcmp(way, "splice"))
		return from_copy(fd, by_splice);
	if (!strcmp(way, "mmap"))
		return by_mmap(fd);
	return drain(fd, !strcmp(way, "small") ? 100 : 65536);
}

static void once(const char *way, const char *file, const char *key)
{
	static int kept = -1;
	int again = !strcmp(way, "seek");
	long long start = now_us();
	int fd = kept >= 0 ? kept : open(file, O_RDONLY | O_CLOEXEC);
	long len = fd < 0 ? -errno : kept >= 0 && lseek(fd, 0, SEEK_SET) < 0 ? -errno : get(fd, way);
	if (fd >= 0 && !again)
		close(fd);
	kept = again ? fd : -1;
	long long took = now_us() - start;
	if (took > seen.longest)
		seen.longest = took;
	seen.reads++;
	if (len == -EINVAL || len == -EXDEV)
		seen.refused++;
	else if (len < 0)
		seen.errors++, seen.last_errno = -len;
	else if (!strncmp(key, "MemTotal:", 9))
		judge_meminfo(len, atol(key + 9));
	else
		judge(len, key);
}

int main(int argc, char **argv)
{
	if (argc != 6)
		return 2;
	if (*argv[1]) {
		int fd = open(argv[1], O_WRONLY);
		if (fd < 0 || write(fd, "0", 1) != 1)
			return perror(argv[1]), 1;
		close(fd);
	}
	signal(SIGBUS, on_fault);
	char *unit;
	long count = strtol(argv[5], &unit, 10);
	long long end = now_us() + count * 1000ll;
	for (long i = 0; *unit ? now_us() < end : i < count; i++)
		once(argv[2], argv[3], argv[4]);
	printf("{\"reads\":%ld,\"foreign\":%ld,\"torn\":%ld,\"errors\":%ld,\"refused\":%ld,\"errno\":%d,\"longest\":%lld}\n", seen.reads,
	       seen.foreign, seen.torn, seen.errors, seen.refused, seen.last_errno, seen.longest);
	return 0;
}
