/*
 * Programs that run while the client goes on obeying its brain: lxc-autostart starts containers side by side. Each has
 * a place here until it ends and SPAWNED was said.
 */
#include "lxc-ts.h"

#include <poll.h>
#include <sys/wait.h>

static struct {
	pid_t pid; /* 0: free */
	uint32_t id;
	int pidfd;
} running[MOST_BESIDE] SELDOM;

static bool allowed;

void beside_allow(void)
{
	allowed = true;
}

bool beside_start(uint32_t id, char *const *argv, char *const *env, const char *cwd, int *err)
{
	size_t at = 0;
	while (at < MOST_BESIDE && running[at].pid)
		at++;
	if (!allowed || at == MOST_BESIDE)
		return false;
	_fd_ int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	pid_t pid = spawn_start(argv, env, cwd, null, -1, false);
	*err = pid < 0 ? pid : 0;
	if (pid < 0)
		return true;
	int pidfd = pidfd_open_compat(pid);
	if (pidfd < 0) {
		/* Before Linux 5.3 there is nothing to poll: one after the other. */
		int status;
		*err = RETRY(waitpid(pid, &status, 0)) < 0 ? -errno : status;
		return true;
	}
	running[at].pid = pid;
	running[at].id = id;
	running[at].pidfd = pidfd;
	*err = BESIDE_RUNS;
	return true;
}

/* Answers how many to wait for: no more than the limit of descriptors may be waited for, used or not. */
size_t beside_poll(struct pollfd *polls)
{
	size_t count = 0;
	for (size_t i = 0; i < MOST_BESIDE; i++) {
		polls[i] = (struct pollfd){ .fd = running[i].pid ? running[i].pidfd : -1, .events = POLLIN };
		if (running[i].pid)
			count = i + 1;
	}
	return count;
}

void beside_collect(int brain, const struct pollfd *polls)
{
	for (size_t i = 0; i < MOST_BESIDE; i++) {
		int status;
		if (!running[i].pid || !polls[i].revents)
			continue;
		if (RETRY(waitpid(running[i].pid, &status, 0)) < 0)
			status = -errno;
		close_fd(&running[i].pidfd);
		running[i].pid = 0;
		answer_spawn(brain, running[i].id, status, "", 0);
	}
}
