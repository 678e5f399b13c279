/* Hooks inside the container, and what a program said last. The child forks the hook and waits for it. */
#include "lxc-ts.h"

#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>

/* A file in memory takes the output: unlike a pipe it never fills, and a daemon that keeps it open delays nobody. */
int output_open(void)
{
	return CHECK((int)syscall(SYS_memfd_create, "output", MFD_CLOEXEC));
}

/* The last bytes of the output; their count. */
size_t output_tail(int fd, char *out, size_t size)
{
	off_t end = lseek(fd, 0, SEEK_END);
	off_t start = end > (off_t)size ? end - (off_t)size : 0;
	ssize_t n = end < 0 ? 0 : CHECK(pread(fd, out, end - start, start));
	return n < 0 ? 0 : n;
}

int judge_program(int status, int out)
{
	char number[24], tail[1800];
	if (status <= 0)
		return status;
	size_t len = out < 0 ? 0 : output_tail(out, tail, sizeof(tail) - 1);
	while (len > 0 && tail[len - 1] == '\n')
		len--;
	tail[len] = 0;
	format_number(number, WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
	detail(WIFEXITED(status) ? "exited with status " : "killed by signal ", number, len ? ": " : "", tail, NULL);
	return -ESAID;
}

int op_run_hook(struct run *run, const struct op *op)
{
	char *argv[] = { "/bin/sh", "-c", (char *)STR(op, RUN_HOOK_TEXT), NULL };
	(void)run;
	_fd_ int out = output_open();
	return judge_program(spawn_wait(argv, VEC(op, RUN_HOOK_ENV), "", -1, out, NUM(op, RUN_HOOK_ROOT)), out);
}
