/*
 * What a hostile container does, for the tests of what it cannot do:
 *
 *   attacker swap A B              exchange the two names as fast as it goes, until killed
 *   attacker overwrite DEV INODE S for S seconds try to open every running program for writing, also by descriptors
 *                                  taken earlier; says "reached" where one is the file DEV:INODE, then "done"
 *   attacker descriptors           one line for each descriptor that is open: number, what it is, its device and inode
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define EXCHANGE 2
#define MOST 256

static int swap(const char *a, const char *b)
{
	for (;;)
		if (syscall(SYS_renameat2, AT_FDCWD, a, AT_FDCWD, b, EXCHANGE) < 0)
			usleep(100);
}

static int held[MOST], count;

/* Every program that runs at this moment, by a descriptor that outlives it. */
static void hold_programs(void)
{
	char path[300];
	struct dirent *entry;
	DIR *dir = opendir("/proc");
	while (dir && (entry = readdir(dir)) && count < MOST) {
		if (!isdigit((unsigned char)entry->d_name[0]) || atoi(entry->d_name) == getpid())
			continue;
		snprintf(path, sizeof(path), "/proc/%s/exe", entry->d_name);
		int fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd >= 0)
			held[count++] = fd;
	}
	if (dir)
		closedir(dir);
}

static int overwrite(dev_t device, ino_t inode, int seconds)
{
	char path[64];
	struct stat st;
	int met = 0;
	for (time_t end = time(NULL) + seconds; time(NULL) < end;) {
		hold_programs();
		for (int i = 0; i < count; i++) {
			if (fstat(held[i], &st) < 0 || st.st_dev != device || st.st_ino != inode)
				continue;
			met = 1;
			snprintf(path, sizeof(path), "/proc/self/fd/%d", held[i]);
			int fd = open(path, O_WRONLY | O_CLOEXEC);
			if (fd >= 0)
				return puts("reached"), 0;
		}
		/* Those that are not what is looked for make room; the others are kept for when nobody runs them. */
		int kept = 0;
		for (int i = 0; i < count; i++)
			if (fstat(held[i], &st) == 0 && st.st_dev == device && st.st_ino == inode && kept < MOST / 2)
				held[kept++] = held[i];
			else
				close(held[i]);
		count = kept;
	}
	puts(met ? "met" : "not met");
	return puts("done"), 0;
}

static int descriptors(void)
{
	char path[300], target[4096];
	struct dirent *entry;
	struct stat st;
	DIR *dir = opendir("/proc/self/fd");
	while (dir && (entry = readdir(dir))) {
		int fd = atoi(entry->d_name);
		if (!isdigit((unsigned char)entry->d_name[0]) || fd == dirfd(dir) || fstat(fd, &st) < 0)
			continue;
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		ssize_t len = readlink(path, target, sizeof(target) - 1);
		printf("%d %.*s\n", fd, (int)(len < 0 ? 0 : len), target);
	}
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "swap"))
		return swap(argv[2], argv[3]);
	if (argc == 5 && !strcmp(argv[1], "overwrite"))
		return overwrite(strtoull(argv[2], NULL, 10), strtoull(argv[3], NULL, 10), atoi(argv[4]));
	if (argc == 2 && !strcmp(argv[1], "descriptors"))
		return descriptors();
	return 64;
}
