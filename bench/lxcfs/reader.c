/*
 * A stopwatch for files: `reader CPU READERS ROUNDS MS FILE...`. READERS processes (on one CPU, or with -1 wherever they are
 * put) open, read to the end and close one file for MS milliseconds, then all of them the next, ROUNDS times over. Prints
 * a line a round and file: `ROUND FILE READS ERRORS MEDIAN P99 LONGEST`, times in nanoseconds.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 1 << 16 };

/* What one reader saw in one phase; a phase is one file in one round. */
struct phase {
	unsigned reads, errors;
	unsigned took[MOST];
};

static struct phase *phases;
static int readers, files, rounds;

static long long now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000ll + time.tv_nsec;
}

static int get(const char *path)
{
	static char text[1 << 17];
	int fd = open(path, O_RDONLY);
	if (fd < 0)
		return -1;
	ssize_t n, all = 0;
	while ((n = read(fd, text, sizeof(text))) > 0)
		all += n;
	close(fd);
	return n < 0 || all == 0 ? -1 : 0;
}

static void read_for(struct phase *phase, const char *path, long long end)
{
	for (long long start = now(); start < end;) {
		int failed = get(path);
		long long stop = now();
		if (phase->reads < MOST)
			phase->took[phase->reads++] = stop - start;
		phase->errors += failed != 0;
		start = stop;
	}
}

static struct phase *phase_of(int reader, int round, int file)
{
	return &phases[(reader * rounds + round) * files + file];
}

static void be_reader(int reader, long long begin, long long length, char **paths)
{
	for (int round = 0; round < rounds; round++)
		for (int i = 0; i < files; i++) {
			/* A B, B A: who comes after whom must not matter. */
			int file = round % 2 ? files - 1 - i : i;
			long long start = begin + (round * files + i) * length;
			while (now() < start)
				sched_yield();
			read_for(phase_of(reader, round, file), paths[file], start + length);
		}
	_exit(0);
}

static int ascending(const void *a, const void *b)
{
	unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;
	return x < y ? -1 : x > y;
}

static void report(int round, int file)
{
	static unsigned all[64 * MOST];
	size_t count = 0, errors = 0;
	for (int reader = 0; reader < readers; reader++) {
		struct phase *phase = phase_of(reader, round, file);
		errors += phase->errors;
		for (unsigned i = 0; i < phase->reads; i++)
			all[count++] = phase->took[i];
	}
	qsort(all, count, sizeof(*all), ascending);
	printf("%d %d %zu %zu %u %u %u\n", round, file, count, errors, count ? all[count / 2] : 0, count ? all[count * 99 / 100] : 0,
	       count ? all[count - 1] : 0);
}

int main(int argc, char **argv)
{
	if (argc < 6)
		return 2;
	int cpu = atoi(argv[1]);
	readers = atoi(argv[2]), rounds = atoi(argv[3]), files = argc - 5;
	long long length = atol(argv[4]) * 1000000ll;
	cpu_set_t set;
	CPU_ZERO(&set);
	CPU_SET(cpu < 0 ? 0 : cpu, &set);
	if (readers < 1 || readers > 64 || (cpu >= 0 && sched_setaffinity(0, sizeof(set), &set) < 0))
		return perror("reader"), 1;
	size_t size = sizeof(struct phase) * readers * rounds * files;
	phases = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (phases == MAP_FAILED)
		return perror("reader"), 1;
	long long begin = now() + 20000000;
	for (int reader = 0; reader < readers; reader++)
		if (fork() == 0)
			be_reader(reader, begin, length, argv + 5);
	while (wait(NULL) > 0)
		;
	for (int round = 0; round < rounds; round++)
		for (int file = 0; file < files; file++)
			report(round, file);
	return 0;
}
