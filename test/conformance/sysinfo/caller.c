/*
 * Calls sysinfo(2) inside a container and writes what it got. `caller`: the record as it is; `caller bad`: the errno
 * for an address that is none; `caller threads TOTAL`: of 8 threads with 25 calls each, how many were told that total;
 * `caller supervise PROGRAM...`: runs that program, and meanwhile listens for a call that nobody makes.
 * Built with -m32 it knows the first only, and no C library.
 */
#if defined(__i386__)

static int call(int number, int a, int b, int c)
{
	int result;
	__asm__ volatile("int $0x80" : "=a"(result) : "a"(number), "b"(a), "c"(b), "d"(c) : "memory");
	return result;
}

void _start(void)
{
	static char record[64];
	int err = call(116, (int)record, 0, 0);
	if (err == 0)
		call(4, 1, (int)record, sizeof(record));
	call(1, -err, 0, 0);
}

#else

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static unsigned long expected;

static void *call_often(void *told)
{
	unsigned long record[64];
	for (int i = 0; i < 25; i++)
		if (syscall(SYS_sysinfo, record) == 0 && record[4] == expected)
			++*(int *)told;
	return NULL;
}

static int threads(void)
{
	pthread_t all[8];
	int told[8] = { 0 }, sum = 0;
	for (int i = 0; i < 8; i++)
		pthread_create(&all[i], NULL, call_often, &told[i]);
	for (int i = 0; i < 8; i++) {
		pthread_join(all[i], NULL);
		sum += told[i];
	}
	return printf("%d\n", sum) < 0;
}

static int supervise(char **argv)
{
	struct sock_filter rows[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_acct, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog filter = { 4, rows };
	int status = 0, fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &filter);
	if (fd < 0)
		return 1;
	if (fork() == 0) {
		close(fd);
		execv(argv[0], argv);
		_exit(127);
	}
	close(3); /* the brain's */
	wait(&status);
	return WEXITSTATUS(status);
}

int main(int argc, char **argv)
{
	char record[512] = { 0 };
	if (argc > 2 && strcmp(argv[1], "supervise") == 0)
		return supervise(argv + 2);
	if (argc > 2) {
		expected = strtoul(argv[2], NULL, 10);
		return threads();
	}
	if (argc > 1)
		return printf("%d\n", syscall(SYS_sysinfo, (void *)-1L) < 0 ? errno : 0) < 0;
	if (syscall(SYS_sysinfo, record) < 0)
		return errno;
	return write(1, record, 112) != 112;
}

#endif
