/*
 * The process beside a running container: the fork of `lxc-start -d`, or the command itself in the foreground. It
 * waits for init, serves the command socket and the console, and at the end takes apart what the start made. What a
 * configuration says about the end is the brain's business: it is asked, and nothing is kept of it here.
 */
#include "command.h"

#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>

enum { POLL_SIGNALS, POLL_INIT, POLL_BRAIN, POLL_CONSOLE, POLL_COMMAND = POLL_CONSOLE + CONSOLE_POLLS };
enum { ASK_BEFORE = 1, ASK_AFTER = 2, HOLD_NAMESPACES = 4 };

static const struct {
	const char *name;
	uint64_t flag;
} namespaces[] = {
	{ "user", 0x10000000 }, { "mnt", 0x00020000 }, { "pid", 0x20000000 }, { "uts", 0x04000000 },
	{ "ipc", 0x08000000 }, { "net", 0x40000000 }, { "cgroup", 0x02000000 }, { "time", 0x00000080 },
};

static enum state state = STARTING;
static bool unsettled; /* and the record says so */
/* The namespaces that the stop hook may still look into; -1 none. */
static int held[countof(namespaces)] = { -1, -1, -1, -1, -1, -1, -1, -1 };

const struct op *setting(struct run *run, uint16_t code, uint32_t nth)
{
	const struct op_list *list = &run->program.list[LIST_SETTINGS];
	for (uint32_t i = 0; i < list->count; i++)
		if (list->ops[i].code == code && nth-- == 0)
			return &list->ops[i];
	return NULL;
}

/* ---- states ---- */

enum state state_now(void)
{
	return state;
}

/* lxc-monitord listens there while somebody runs lxc-monitor. */
static void tell_monitord(struct run *run, int type, int value)
{
	const struct op *fifo = setting(run, OP_SET_FIFO, 0), *name = setting(run, OP_SET_NAME, 0);
	if (!fifo || !name)
		return;
	struct state_message message = { .type = type, .value = value };
	struct stat st;
	_fd_ int fd = open(STR(fifo, SET_FIFO_PATH), O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISFIFO(st.st_mode))
		return;
	strncpy(message.name, STR(name, SET_NAME_NAME), sizeof(message.name) - 1);
	if (write(fd, &message, sizeof(message)) < 0)
		return; /* nobody has to listen */
}

void state_set(struct run *run, enum state next)
{
	tell_monitord(run, MESSAGE_STATE, next);
	if (next == STARTING)
		unsettled = false;
	else if (next != RUNNING && !unsettled)
		unsettled = record_append(run, RECORD_UNSETTLED, NULL, 0) == 0;
	state = next == THAWED ? RUNNING : next;
	command_announce(run, next);
}

void failure_begins(struct run *run)
{
	if (run->program.after != AFTER_MONITOR)
		return;
	state_set(run, STARTING);
	state_set(run, ABORTING);
	state_set(run, STOPPING);
}

void failure_ends(struct run *run)
{
	if (run->program.after == AFTER_MONITOR)
		state_set(run, STOPPED);
}

/* ---- begin ---- */

/*
 * ps shows the memory in which the arguments came, and what follows it while its last byte is not NUL. So the
 * title may run on into the environment, whose variables there are moved away first.
 */
static void write_title(struct run *run)
{
	static char moved[512];
	char title[512];
	size_t used = 0;
	const struct op *op = setting(run, OP_SET_NAME, 0);
	if (!op || JOIN(title, "[lxc monitor] ", STR(op, SET_NAME_LXCPATH), " ", STR(op, SET_NAME_NAME)) < 0)
		return;
	char *begin = main_argv[0], *end = begin, *last = begin;
	for (char **arg = main_argv; *arg; arg++)
		last = end = *arg + strlen(*arg) + 1;
	size_t size = strlen(title) + 1;
	for (char **env = environ; *env && last < begin + size; env++) {
		size_t length = strlen(*env) + 1;
		if (*env != last)
			return;
		last += length;
		bool fits = used + length <= sizeof(moved);
		*env = memcpy(moved + used, fits ? *env : "_=", fits ? length : sizeof("_="));
		used += fits ? length : sizeof("_=");
		if (used > sizeof(moved) - sizeof("_="))
			return;
	}
	if (begin + size > last)
		return;
	memset(begin, 0, (end > begin + size ? end : last) - begin);
	memcpy(begin, title, size);
}

static void take_signals(struct run *run)
{
	sigset_t all;
	sigfillset(&all);
	sigdelset(&all, SIGSEGV);
	sigdelset(&all, SIGBUS);
	sigdelset(&all, SIGILL);
	sigdelset(&all, SIGFPE);
	sigprocmask(SIG_BLOCK, &all, NULL);
	run->signals = signalfd(run->signals, &all, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int64_t end_questions(struct run *run)
{
	const struct op *op = setting(run, OP_SET_END, 0);
	return op ? NUM(op, SET_END_ASK) : 0;
}

static void hold_namespaces(struct run *run)
{
	if (!(end_questions(run) & HOLD_NAMESPACES))
		return;
	const struct op *init = setting(run, OP_SET_INIT, 0);
	uint64_t flags = init ? (uint64_t)NUM(init, SET_INIT_CLONE) : run->clone_flags;
	char pid[24], path[64];
	format_number(pid, run->init);
	for (size_t i = 0; i < countof(namespaces); i++)
		if (flags & namespaces[i].flag && JOIN(path, "/proc/", pid, "/ns/", namespaces[i].name) >= 0)
			held[i] = open(path, O_RDONLY | O_CLOEXEC);
}

/* The pages of the stack below us, which the start used more deeply than these months will. */
static __attribute__((noinline)) void give_back(void)
{
	enum { PAGE = 4096, DEEPEST = 64 * 1024, OUR_FRAMES = 512 };
	uintptr_t end = ((uintptr_t)__builtin_frame_address(0) - OUR_FRAMES) & -PAGE;
	madvise((void *)(end - DEEPEST), DEEPEST, MADV_DONTNEED);
}

int listen_to(struct run *run, int listener)
{
	const struct op *op = setting(run, OP_SET_NOTIFY, 0);
	if (!op)
		return sysinfo_listen(run, listener);
	if (*STR(op, SET_NOTIFY_PATH))
		return notify_listen(listener);
	/* There is no proxy: for a listener that is gone the kernel says ENOSYS. */
	close(listener);
	return 0;
}

static void begin(struct run *run)
{
	program_trim(&run->program);
	if (run->detached && !run->again) {
		close_fd(&run->brain);
		write_title(run);
	}
	if (command_open() < 0)
		_exit(1);
	take_signals(run);
	hold_namespaces(run);
	/* Without an answer to be had, an error is better than a call that never ends. */
	if (run->listener >= 0 && listen_to(run, run->listener) < 0)
		close_fd(&run->listener);
	run->listener = -1;
	console_open(run);
	state_set(run, STARTING);
	state_set(run, RUNNING);
	give_back();
}

/* ---- while it runs ---- */

/* Collects forks of ours. Init stays a zombie, for whoever asks for its pid until the end. */
static bool init_is_dead(struct run *run)
{
	siginfo_t info = { 0 };
	while (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid) {
		if (info.si_pid == run->init)
			return true;
		waitpid(info.si_pid, NULL, 0);
		sysinfo_reaped(info.si_pid);
		info.si_pid = 0;
	}
	return false;
}

static void forward(struct run *run, int sig)
{
	if (sig == SIGPIPE || sig == SIGTTIN || sig == SIGTTOU || sig == SIGURG)
		return;
	pidfd_kill(run->init_pidfd, run->init, sig == SIGHUP ? SIGTERM : sig);
}

/* True when init ended. */
static bool take_signal(struct run *run)
{
	struct signalfd_siginfo info;
	bool ended = false;
	while (read(run->signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGCHLD)
			ended |= init_is_dead(run);
		else if (info.ssi_signo == SIGWINCH)
			console_resize();
		else
			forward(run, info.ssi_signo);
	}
	return ended;
}

/* The brain of the start has only EXIT left to say, after a reboot perhaps the RESUME of its last call before. */
static void hear_brain(struct run *run)
{
	_frame_ struct frame frame = { 0 };
	if (brain_next(run->brain, -1, &frame) != 1 || frame.type == FRAME_EXIT)
		close_fd(&run->brain);
}

static void watch(struct run *run)
{
	for (;;) {
		struct pollfd polls[POLL_COMMAND + command_most() + sysinfo_most() + notify_most()];
		polls[POLL_SIGNALS] = (struct pollfd){ .fd = run->signals, .events = POLLIN };
		polls[POLL_INIT] = (struct pollfd){ .fd = run->init_pidfd, .events = POLLIN };
		polls[POLL_BRAIN] = (struct pollfd){ .fd = run->brain, .events = POLLIN };
		console_poll(polls + POLL_CONSOLE);
		size_t commands = command_poll(run, polls + POLL_COMMAND);
		struct pollfd *calls = polls + POLL_COMMAND + commands;
		size_t called = sysinfo_poll(calls);
		struct pollfd *notices = calls + called;
		size_t noticed = notify_poll(notices);
		if (poll(polls, POLL_COMMAND + commands + called + noticed, command_timeout()) < 0)
			continue;
		console_run(polls + POLL_CONSOLE);
		if (polls[POLL_INIT].revents)
			return;
		if (polls[POLL_SIGNALS].revents && take_signal(run))
			return;
		if (polls[POLL_BRAIN].revents)
			hear_brain(run);
		sysinfo_run(run, calls, called);
		notify_run(run, notices, noticed);
		command_run(run, polls + POLL_COMMAND, commands);
	}
}

/* ---- the end ---- */

/* struct pidfd_info, as far as it goes since 6.15; older headers lack it. */
struct exit_info {
	uint64_t mask, cgroup;
	uint32_t ids[11];
	int32_t exit_code;
};
#define EXIT_INFO_VALID (1ULL << 3)
#define PIDFD_GET_EXIT_INFO _IOWR(0xFF, 11, struct exit_info)

/*
 * Init is not our child after `adopt`. Newer kernels tell its status through the pidfd once its parent has
 * collected it; where nothing is known it is a stop with status 0.
 */
static int adopted_status(struct run *run)
{
	struct exit_info info = { .mask = EXIT_INFO_VALID };
	for (int turn = 0; turn < 20; turn++) {
		if (ioctl(run->init_pidfd, PIDFD_GET_EXIT_INFO, &info) == 0 && info.mask & EXIT_INFO_VALID)
			return info.exit_code;
		poll(NULL, 0, 10);
	}
	return 0;
}

static int collect(struct run *run)
{
	int status = 0;
	if (run->adopted)
		return adopted_status(run);
	RETRY(waitpid(run->init, &status, 0));
	return status;
}

/* HELLO's argv: the record, wait status, stop or reboot, then NAMESPACE:/proc/PID/fd/N of what is held. */
static int open_end_brain(struct run *run, int status, bool reboot)
{
	char number[24], pid[24], texts[countof(namespaces)][64];
	char *argv[4 + countof(namespaces)] = { run->record_path, number, reboot ? "reboot" : "stop" };
	size_t argc = 3;
	format_number(number, status);
	format_number(pid, getpid());
	for (size_t i = 0; i < countof(namespaces); i++) {
		char fd[24];
		format_number(fd, held[i]);
		if (held[i] >= 0 && JOIN(texts[i], namespaces[i].name, ":/proc/", pid, "/fd/", fd) >= 0)
			argv[argc++] = texts[i];
	}
	struct introduction intro = { 0 };
	introduction_prepare(&intro, HELLO_ROLE_END, argv);
	int brain = brain_open(&intro, false);
	buffer_free(&intro.hello);
	return brain;
}

/* True when the brain answered with a frame to decide on. */
static bool ask(struct run *run, int brain, const char *what, struct frame *frame)
{
	_buffer_ struct buffer call = { 0 };
	put_u32(&call, 0);
	put_u32(&call, run->init);
	put_text(&call, what);
	return frame_send(brain, FRAME_CALL, call.at, call.len) == 0 && brain_next(brain, -1, frame) == 1;
}

static void ask_before(struct run *run, int brain)
{
	_frame_ struct frame frame = { 0 };
	/* A stop hook that fails stops nothing. */
	ask(run, brain, "stop", &frame);
}

static void release_namespaces(void)
{
	for (size_t i = 0; i < countof(held); i++)
		close_fd(&held[i]);
}

/* The next run in the same process: what outlives a reboot is the command socket, its clients, the console's peer. */
static void renew(struct run *run, int brain)
{
	int command = run->command, signals = run->signals;
	bool detached = run->detached;
	run->command = run->signals = -1;
	run_free(run);
	forget_device_rules();
	program_free(&run->program);
	run_init(run, brain);
	run->command = command;
	run->signals = signals;
	run->detached = detached;
	run->again = true;
}

/* After the inverses. True when the brain sent the program of the next run and the container runs again. */
static bool ask_after(struct run *run, int brain)
{
	_frame_ struct frame frame = { 0 };
	bool answered = ask(run, brain, "stopped", &frame);
	while (answered && frame.type == FRAME_RESUME) {
		frame_free(&frame);
		answered = brain_next(brain, -1, &frame) == 1;
	}
	if (!answered || frame.type != FRAME_RUN)
		return false;
	renew(run, brain);
	return program_decode(&run->program, &frame) == 0 && run_program(run) == RUN_MONITOR;
}

static bool end(struct run *run, int status)
{
	bool reboot = WIFSIGNALED(status) && WTERMSIG(status) == SIGHUP && !stops();
	int64_t questions = end_questions(run) & (ASK_BEFORE | ASK_AFTER);
	tell_monitord(run, MESSAGE_EXIT_CODE, status);
	state_set(run, STOPPING);
	sysinfo_close();
	notify_close();
	leave_cgroups(run, reboot);
	links_home(run);
	_fd_ int brain = questions || reboot ? open_end_brain(run, status, reboot) : -1;
	if (brain >= 0)
		ask_before(run, brain);
	release_namespaces();
	run_undo(run);
	reboot = reboot && brain >= 0;
	/* A name that is told to be stopped is free. */
	if (!reboot)
		close_fd(&run->command);
	state_set(run, STOPPED);
	command_close(run, reboot);
	console_close(reboot);
	if (brain < 0 || !(reboot || questions & ASK_AFTER) || !ask_after(run, brain))
		return false;
	brain = -1;
	return true;
}

/* What a client and a runner execute is of no use to a monitor for months: pages of a file come back when they are. */
static void forget_text(void)
{
	extern const char __executable_start, etext;
	const uintptr_t page = 4096, from = (uintptr_t)&__executable_start & -page, to = (uintptr_t)&etext & -page;
	madvise((void *)from, to - from, MADV_DONTNEED);
}

int monitor(struct run *run)
{
	int status, rule = run->program.exit;
	do {
		begin(run);
		forget_text();
		watch(run);
		status = collect(run);
	} while (end(run, status));
	close_fd(&run->command);
	terminal_restore();
	if (rule == EXIT_RULE_ZERO)
		return 0;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
