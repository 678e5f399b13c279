/*
 * `lxc-attach` and `lxc-console`: a process more in a container, and a terminal of it shown on the caller's. The
 * parent's side and the step into the namespaces; how the process is born safely stands in self.c.
 */
#include "command.h"

#include <sched.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif

/* Until a command gets a terminal in between there is nothing to pass on. */
static struct relay relay = { .master = -1, .in = -1, .out = -1 };
static int log_fd = -1;
static const char *socket_name = "";

/* ---- the container's init ---- */

/* The pid that a pidfd stands for; 0 when unknown. */
static pid_t pid_of(int pidfd)
{
	char path[64], number[24], text[512];
	format_number(number, pidfd);
	JOIN(path, "/proc/self/fdinfo/", number);
	if (read_file(path, text, sizeof(text)) < 0)
		return 0;
	const char *at = strstr(text, "\nPid:\t");
	if (!at)
		return 0;
	at += strlen("\nPid:\t");
	return parse_number(&at);
}

static int ask_init(struct run *run, const char *name)
{
	int64_t pid;
	if (command_ask(name, GET_INIT_PIDFD, 0, NULL, &run->init_pidfd, false) == 0) {
		run->init = pid_of(run->init_pidfd);
		return 0;
	}
	int err = command_ask(name, GET_INIT_PID, 0, &pid, NULL, false);
	if (err < 0)
		return err;
	run->init = pid;
	run->init_pidfd = pidfd_open_compat(pid);
	return 0;
}

int op_open_init(struct run *run, const struct op *op)
{
	pid_t wanted = NUM(op, OPEN_INIT_PID);
	socket_name = STR(op, OPEN_INIT_SOCKET);
	if (*socket_name) {
		int err = ask_init(run, socket_name);
		if (err < 0)
			return err;
	} else {
		run->init = wanted;
		run->init_pidfd = pidfd_open_compat(wanted);
		if (run->init_pidfd == -ESRCH)
			return -ESRCH;
	}
	/* The container was restarted since the plan was made. */
	return wanted && run->init && run->init != wanted ? -ESTALE : 0;
}

/* ---- the terminal in between ---- */

/* The multiplexer of the container's devpts. The container made the directory, so the node is looked at first. */
static int open_multiplexer(int devpts)
{
	struct stat st;
	char path[64], number[24];
	_fd_ int node = open_beneath(devpts, "ptmx", O_PATH | O_CLOEXEC, 0);
	if (node < 0 || fstat(node, &st) < 0 || !S_ISCHR(st.st_mode) || st.st_rdev != makedev(5, 2))
		return -EBADF;
	format_number(number, node);
	JOIN(path, "/proc/self/fd/", number);
	return CHECK(open(path, O_RDWR | O_NOCTTY | O_CLOEXEC));
}

static int open_master(void)
{
	_fd_ int devpts = -1;
	int master = -1;
	if (*socket_name && command_ask(socket_name, GET_DEVPTS_FD, 0, NULL, &devpts, false) == 0)
		master = open_multiplexer(devpts);
	return master >= 0 ? master : CHECK(open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC));
}

/* A terminal for a caller who has none: his streams carry it, and his brain tells its size. */
static void carry_by_streams(int master, uint32_t rows, uint32_t columns)
{
	const struct winsize size = { .ws_row = rows, .ws_col = columns };
	relay_open(&relay, master, STDIN_FILENO, STDOUT_FILENO);
	relay.is_stream = true;
	fcntl(STDOUT_FILENO, F_SETFL, fcntl(STDOUT_FILENO, F_GETFL) | O_NONBLOCK);
	ioctl(master, TIOCSWINSZ, &size);
}

/* Fills the relay; the slave is for the newborn. */
static int open_terminal(const struct op *op)
{
	int unlock = 0, master = open_master();
	if (master < 0 || ioctl(master, TIOCSPTLCK, &unlock) < 0)
		return master < 0 ? master : -errno;
	if (NUM(op, ATTACH_PTY) == TERMINAL_STREAMS) {
		carry_by_streams(master, NUM(op, ATTACH_ROWS), NUM(op, ATTACH_COLUMNS));
	} else {
		relay_open(&relay, master, terminal_in(), without_waiting(terminal_out()));
		terminal_copy_size(relay.out, master);
	}
	return CHECK(ioctl(master, 0x5441 /* TIOCGPTPEER */, O_RDWR | O_NOCTTY | O_CLOEXEC));
}

static void write_log(const char *bytes, size_t count)
{
	if (write_all(log_fd, bytes, count) < 0)
		close_fd(&log_fd);
	if (log_fd < 0)
		relay.tap = NULL;
}

static int open_log(const char *path)
{
	if (!*path)
		return 0;
	log_fd = CHECK(open(path, O_WRONLY | O_CREAT | O_APPEND | O_NOCTTY | O_CLOEXEC, 0600));
	if (log_fd < 0)
		detail(path, NULL);
	return log_fd < 0 ? log_fd : 0;
}

int op_attach(struct run *run, const struct op *op)
{
	_fd_ int slave = -1;
	relay_open(&relay, -1, -1, -1);
	int err = open_log(STR(op, ATTACH_LOG));
	int64_t pty = NUM(op, ATTACH_PTY);
	if (err == 0 && (pty == TERMINAL_STREAMS || (pty == TERMINAL_CALLERS && terminal_out() >= 0))) {
		slave = open_terminal(op);
		err = slave < 0 ? slave : 0;
		/* Who may not give it away has opened it all the same. */
		if (slave >= 0 && NUM(op, ATTACH_OWNER) > 0 && fchown(slave, NUM(op, ATTACH_OWNER), -1) < 0)
			err = errno == EPERM ? 0 : -errno;
	}
	if (log_fd >= 0)
		relay.tap = write_log;
	return err < 0 ? err : bear_attached(run, STR(op, ATTACH_CGROUP2), slave);
}

int give_listener(int listener)
{
	return *socket_name ? command_give(socket_name, SECCOMP_NOTIFY_ADD_LISTENER, listener) : -ENOTCONN;
}

/* ---- entering ---- */

static const struct {
	const char *name;
	int flag;
} namespaces[] = {
	{ "user", CLONE_NEWUSER }, { "cgroup", CLONE_NEWCGROUP }, { "ipc", CLONE_NEWIPC }, { "uts", CLONE_NEWUTS },
	{ "net", CLONE_NEWNET }, { "pid", CLONE_NEWPID }, { "time", CLONE_NEWTIME }, { "mnt", CLONE_NEWNS },
};

/*
 * Kernels before 5.8. All files are opened first, because /proc is another one behind the mount namespace. The user
 * namespace gives the right to enter those that it owns, so it comes first; where we may not, it comes last.
 */
static int enter_by_files(struct run *run, int flags)
{
	int fds[countof(namespaces)], err = 0;
	bool user_last = false;
	char path[64], number[24];
	format_number(number, run->init);
	for (size_t i = 0; i < countof(namespaces); i++) {
		JOIN(path, "/proc/", number, "/ns/", namespaces[i].name);
		fds[i] = flags & namespaces[i].flag ? CHECK(open(path, O_RDONLY | O_CLOEXEC)) : -1;
		if (flags & namespaces[i].flag && fds[i] < 0)
			err = fds[i];
	}
	for (size_t i = 0; i < countof(namespaces) && err == 0; i++) {
		if (fds[i] < 0 || setns(fds[i], namespaces[i].flag) == 0)
			continue;
		user_last = i == 0 && errno == EPERM;
		err = user_last ? 0 : -errno;
	}
	if (err == 0 && user_last && setns(fds[0], CLONE_NEWUSER) < 0)
		err = -errno;
	for (size_t i = 0; i < countof(namespaces); i++)
		close_fd(&fds[i]);
	return err;
}

int op_enter(struct run *run, const struct op *op)
{
	int flags = NUM(op, ENTER_NAMESPACES);
	int err = run->init_pidfd < 0 ? -EINVAL : CHECK(setns(run->init_pidfd, flags));
	if (err == -EINVAL || err == -EBADF)
		err = enter_by_files(run, flags);
	if (err < 0)
		return err;
	/* What leads back to the host is closed before anything inside can see us. */
	close_fd(&run->init_pidfd);
	if (!(flags & CLONE_NEWPID))
		return 0;
	/* A pid namespace is entered by being born in it; a sibling stays the runner's child. */
	pid_t pid = CHECK((pid_t)syscall(SYS_clone, CLONE_PARENT | SIGCHLD, NULL, NULL, NULL, NULL));
	if (pid <= 0)
		return pid;
	send_message(run, MSG_PID, op - run->program.list[LIST_CHILD].ops, pid, "", -1);
	_exit(0);
}

/* ---- while it runs ---- */

/* What the caller ignores stays ignored (nohup): held, it would be queued for us all the same. */
static int hold_signals(struct run *run)
{
	static const int numbers[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP };
	struct sigaction now;
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGWINCH);
	for (size_t i = 0; i < countof(numbers); i++)
		if (sigaction(numbers[i], NULL, &now) == 0 && now.sa_handler != SIG_IGN)
			sigaddset(&set, numbers[i]);
	sigprocmask(SIG_BLOCK, &set, NULL);
	run->signals = signalfd(run->signals, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return run->signals < 0 ? -errno : 0;
}

/* Ctrl-Z from outside: the terminal is the shell's until we go on. */
static void pause_here(void)
{
	terminal_restore();
	raise(SIGSTOP);
	if (relay.in >= 0)
		terminal_raw(relay.in);
}

static void resize(void)
{
	if (relay.out >= 0 && relay.master >= 0)
		terminal_copy_size(relay.out, relay.master);
}

/* -EINTR when told to end. */
static int take_signals(struct run *run, pid_t to, int to_fd)
{
	struct signalfd_siginfo info;
	int told = 0;
	while (read(run->signals, &info, sizeof(info)) == sizeof(info)) {
		int sig = info.ssi_signo;
		/* What the terminal sends reaches the command without us; in raw mode it sends nothing. */
		bool typed = (sig == SIGINT || sig == SIGQUIT) && (relay.master >= 0 || info.ssi_code > 0);
		if (sig == SIGWINCH) {
			resize();
		} else if (sig == SIGTSTP) {
			pause_here();
		} else if (sig != SIGCHLD && !typed) {
			told = -EINTR;
			if (to > 0)
				pidfd_kill(to_fd, to, sig);
		}
	}
	return told;
}

/* What a brain that stays beside an attached command (the library) tells it. False when there is no more to come. */
static bool take_turn(struct run *run)
{
	_frame_ struct frame frame = { 0 };
	if (frame_read(run->brain, &frame) <= 0)
		return false;
	struct reader r = { .at = frame.data, .end = frame.data + frame.len };
	uint32_t first = get_u32(&r);
	if (frame.type == FRAME_SIGNAL && !r.bad)
		pidfd_kill(run->child_pidfd, run->child, first);
	if (frame.type == FRAME_WINCH && relay.master >= 0) {
		const struct winsize size = { .ws_row = first, .ws_col = get_u32(&r) };
		if (!r.bad)
			ioctl(relay.master, TIOCSWINSZ, &size);
	}
	return true;
}

static bool ended(pid_t pid)
{
	siginfo_t info = { 0 };
	return waitid(P_PID, pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0 || info.si_pid == pid;
}

static void relay_until_end(struct run *run)
{
	struct pollfd polls[3 + RELAY_POLLS];
	int brain = run->brain;
	while (!ended(run->child)) {
		polls[0] = (struct pollfd){ .fd = run->signals, .events = POLLIN };
		polls[1] = (struct pollfd){ .fd = run->child_pidfd, .events = POLLIN };
		polls[2] = (struct pollfd){ .fd = brain, .events = POLLIN };
		relay_poll(&relay, polls + 3);
		if (poll(polls, countof(polls), -1) < 0)
			continue;
		/* The command closed its terminal, but lives. */
		if ((polls[3].revents & (POLLHUP | POLLIN)) == POLLHUP)
			relay.master = -1;
		relay_run(&relay, polls + 3);
		if (polls[0].revents)
			take_signals(run, run->child, run->child_pidfd);
		if (polls[2].revents && !take_turn(run))
			brain = -1;
	}
}

int wait_attached(struct run *run)
{
	int status = 0;
	if (hold_signals(run) == 0) {
		if (relay.master >= 0 && relay.in >= 0)
			terminal_raw(relay.in);
		relay_until_end(run);
		relay_drain(&relay);
		terminal_restore();
	}
	RETRY(waitpid(run->child, &status, 0));
	close_fd(&log_fd);
	run->child = 0;
	send_result(run, RESULT_EXITED, status);
	if (run->program.exit == EXIT_RULE_ZERO)
		return 0;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* ---- lxc-console ---- */

static void greet(int64_t tty, char prefix)
{
	char number[24], text[256], key[2] = { prefix + 'a' - 1, 0 };
	format_number(number, tty);
	JOIN(text, "\r\nConnected to tty ", number, "\r\nType <Ctrl+", key, " q> to exit the console, <Ctrl+", key,
	     " Ctrl+", key, "> to enter Ctrl+", key, " itself\r\n");
	write_all(STDERR_FILENO, text, strlen(text));
}

static int show(struct run *run, int connection)
{
	struct pollfd polls[2 + RELAY_POLLS];
	int told = 0;
	while (!relay.quit && told == 0) {
		polls[0] = (struct pollfd){ .fd = run->signals, .events = POLLIN };
		polls[1] = (struct pollfd){ .fd = connection, .events = POLLIN };
		relay_poll(&relay, polls + 2);
		if (poll(polls, countof(polls), -1) < 0)
			continue;
		relay_run(&relay, polls + 2);
		/* The container ended, or nobody has the terminal open any more. */
		if (polls[1].revents || (polls[2].revents & (POLLHUP | POLLIN)) == POLLHUP || relay.in < 0)
			break;
		if (polls[0].revents)
			told = take_signals(run, 0, -1);
	}
	return told;
}

int op_console(struct run *run, const struct op *op)
{
	int64_t tty = -1;
	_fd_ int master = -1;
	if (terminal_in() < 0) {
		detail("standard input is no terminal", NULL);
		return -ESAID;
	}
	_fd_ int connection = command_ask(STR(op, CONSOLE_SOCKET), GET_TTY_FD, NUM(op, CONSOLE_TTY), &tty, &master, true);
	if (connection < 0)
		return connection;
	int err = hold_signals(run);
	if (err < 0)
		return err;
	relay_open(&relay, master, STDIN_FILENO, without_waiting(terminal_out()));
	relay.escape = NUM(op, CONSOLE_PREFIX);
	resize();
	greet(tty, relay.escape);
	terminal_raw(STDIN_FILENO);
	err = show(run, connection);
	terminal_restore();
	return err;
}
