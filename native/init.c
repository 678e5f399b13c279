/*
 * Role init: pid 1 of an lxc-execute container, inside, with no more than the container's own rights. Forks the
 * command, passes on signals that came from outside, reaps orphans, ends as the command ended.
 */
#include "lxc-ts.h"

#include <sys/wait.h>
#include <time.h>

static int exit_code(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* A sender inside has a pid here; one outside is seen as 0. */
static bool from_outside(const siginfo_t *info)
{
	return info->si_code == SI_USER ? info->si_pid == 0 : info->si_code != SI_TKILL;
}

/* Everything is told to end, and is ended a second later. Absolute time: signals do not prolong it. */
static void wind_up(bool *ending, struct timespec *deadline)
{
	if (*ending)
		return;
	*ending = true;
	clock_gettime(CLOCK_MONOTONIC, deadline);
	deadline->tv_sec++;
	kill(-1, SIGTERM);
}

static struct timespec time_left(const struct timespec *deadline)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	int64_t left = (deadline->tv_sec - now.tv_sec) * 1000000000ll + deadline->tv_nsec - now.tv_nsec;
	return left <= 0 ? (struct timespec){ 0 } : (struct timespec){ left / 1000000000, left % 1000000000 };
}

/* Reap whoever ended; true when nobody is left. */
static bool reap(pid_t command, int *code)
{
	int status;
	for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) != 0;) {
		if (pid < 0)
			return errno == ECHILD;
		if (pid == command)
			*code = exit_code(status);
	}
	return false;
}

void init_main(char **argv, char **env)
{
	sigset_t set, none;
	sigfillset(&set);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &set, NULL);
	pid_t command = fork();
	if (command == 0) {
		/* The terminal's foreground: Ctrl-C reaches the command once, from the kernel, not again from us. */
		setpgid(0, 0);
		if (isatty(0))
			tcsetpgrp(0, getpid());
		reset_signals();
		int err = exec_search(argv, env);
		complain("Failed to run ", argv[0], ": ", err == -ENOENT ? "No such file or directory" : err == -EACCES ? "Permission denied" : "cannot be executed", NULL);
		_exit(err == -ENOENT ? 127 : 126);
	}
	if (command < 0)
		die(1, "Failed to fork the command");
	bool ending = false;
	struct timespec deadline = { 0 }, left;
	for (int code = -1;;) {
		siginfo_t info;
		left = time_left(&deadline);
		int sig = sigtimedwait(&set, &info, ending ? &left : NULL);
		bool alone = reap(command, &code);
		if (code >= 0 && alone)
			_exit(code);
		if (code >= 0)
			wind_up(&ending, &deadline);
		if (sig < 0 && errno == EAGAIN && ending)
			kill(-1, SIGKILL);
		else if (sig == SIGPWR || sig == SIGTERM)
			wind_up(&ending, &deadline);
		else if (sig > 0 && sig != SIGCHLD && from_outside(&info))
			kill(command, sig);
	}
}
