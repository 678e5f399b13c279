/*
 * Runs a program as on an older kernel: the system calls of the numbers given answer ENOSYS, and for `tmpfile` no file
 * system has nameless files.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))

/* Only the bit that O_DIRECTORY has not. */
#define NO_TMPFILE(call, flags) \
	LOAD(nr), \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 3), \
	LOAD(args[flags]), \
	BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, O_TMPFILE & ~O_DIRECTORY, 0, 1), \
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EOPNOTSUPP)

static const struct sock_filter no_tmpfile[] = {
	NO_TMPFILE(SYS_openat, 2),
#ifdef SYS_open
	NO_TMPFILE(SYS_open, 1),
#endif
	LOAD(nr),
};

int main(int argc, char **argv)
{
	struct sock_filter rows[64] = { LOAD(nr) };
	unsigned short n = 1;
	int at = 1;
	if (argc > 1 && strcmp(argv[1], "tmpfile") == 0) {
		memcpy(rows, no_tmpfile, sizeof(no_tmpfile));
		n = sizeof(no_tmpfile) / sizeof(*no_tmpfile);
		at++;
	}
	for (; at < argc && argv[at][0] != '-'; at++) {
		rows[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, atoi(argv[at]), 0, 1);
		rows[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS);
	}
	rows[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	struct sock_fprog filter = { .len = n, .filter = rows };
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) < 0)
		return 125;
	execv(argv[at + 1], argv + at + 1);
	return 127;
}
