/* Runs a program as on an older kernel: the system calls of the numbers given answer ENOSYS. */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct sock_filter rows[64] = { BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0) };
	unsigned short n = 1;
	int at = 1;
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
