/*
 * Role client: what a user typed. It decides nothing: finds a brain, says HELLO, obeys frames until EXIT. A
 * program it is given turns it into runner and perhaps monitor; with `detach` the program goes on in a fork whose
 * frames are relayed here.
 */
#include "monitor.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>

struct client {
	int brain;      /* -1 once it is gone */
	int relay;      /* the detached runner, -1 when there is none */
	bool asked;     /* the brain owes the runner the answer to a CALL */
	bool staying;   /* the container runs in the foreground: after the brain's last word we are its monitor */
	int status;     /* what to exit with should the brain die */
	bool wanted;    /* WANT: input, window and signals go to the brain */
	int signals;    /* signalfd while wanted, -1 else */
	bool input_ended;
	struct run run;
};

/* What the terminal is told when we end, if a brain had it raw. */
static char farewell[64] SELDOM;
static size_t farewell_len;

static void leave_terminal(void)
{
	if (farewell_len == 0)
		return;
	write_all(STDOUT_FILENO, farewell, farewell_len);
	terminal_restore();
	farewell_len = 0;
}

/* The caller's own way to die, so that his shell sees it. */
static noreturn void end(int status, int sig)
{
	leave_terminal();
	if (sig > 0) {
		reset_signals();
		kill(getpid(), sig);
		status = 128 + sig;
	}
	_exit(status);
}

static void release_signals(struct run *run)
{
	close_fd(&run->signals);
	sigprocmask(SIG_SETMASK, &caller_mask, NULL);
}

/* In the foreground this process is the monitor, and the brain has no part in that. */
static noreturn void stay(struct client *c)
{
	close_fd(&c->brain);
	c->run.brain = -1;
	end(monitor(&c->run), 0);
}

static void run_reset(struct client *c)
{
	program_free(&c->run.program);
	run_free(&c->run);
	run_init(&c->run, c->brain);
}

/* The fork of `detach` ends here; everyone else goes back to the brain. */
static void run_frame(struct client *c, struct frame *frame)
{
	struct run *run = &c->run;
	run_reset(c);
	trace_moment(TRACE_RUN);
	int err = program_decode(&run->program, frame);
	if (err < 0) {
		run->fail_errno = -err;
		send_result(run, RESULT_FAILED, 0);
		return;
	}
	trace_ops(&run->program);
	enum run_end how = run_program(run);
	if (run->detached) {
		close_fd(&run->brain);
		_exit(how == RUN_MONITOR ? monitor(run) : how == RUN_FAILED);
	}
	if (how == RUN_ATTACHED)
		c->status = wait_attached(run);
	c->staying = how == RUN_MONITOR;
	c->relay = run->relay;
	run->relay = -1;
	if (run->program.flags & RUN_LAST && (how == RUN_ATTACHED || how == RUN_DONE))
		end(how == RUN_ATTACHED ? c->status : 0, 0);
	if (run->program.flags & RUN_LAST && c->staying)
		stay(c);
	if (!c->staying)
		release_signals(run);
}

/* ---- frames between the detached runner and the brain ---- */

static const char brain_dead[] = "the planner process died";

static void tell_result(struct client *c, uint32_t kind, const char *why)
{
	if (c->brain < 0) {
		if (kind != RESULT_OK)
			complain("Failed to start the container: ", *why ? why : brain_dead, NULL);
		end(kind != RESULT_OK, 0);
	}
	struct run lost;
	run_init(&lost, c->brain);
	put_bytes(&lost.fail_detail, why, strlen(why));
	send_result(&lost, kind, 0);
	buffer_free(&lost.fail_detail);
}

/* To the runner that waits at a CALL which nobody will answer any more. */
static void abort_call(struct client *c)
{
	_buffer_ struct buffer out = { 0 };
	put_text(&out, brain_dead);
	frame_send(c->relay, FRAME_ABORT, out.at, out.len);
}

static void relay_frame(struct client *c)
{
	_frame_ struct frame frame = { 0 };
	int got = frame_read(c->relay, &frame);
	if (got <= 0) {
		close_fd(&c->relay);
		return tell_result(c, RESULT_FAILED, "the container's supervisor died");
	}
	if (frame.type == FRAME_RESULT) {
		struct reader r = { .at = frame.data, .end = frame.data + frame.len };
		uint32_t kind = get_u32(&r);
		close_fd(&c->relay);
		c->run.running = kind == RESULT_OK;
		if (c->brain < 0)
			tell_result(c, kind, "");
	}
	if (c->brain >= 0) {
		c->asked = frame.type == FRAME_CALL;
		frame_send(c->brain, frame.type, frame.data, frame.len);
		if (c->run.running && c->run.program.flags & RUN_LAST)
			end(0, 0);
	} else if (frame.type == FRAME_CALL) {
		abort_call(c);
	}
}

/* ---- frames of the brain ---- */

static void brain_died(struct client *c)
{
	if (c->staying)
		stay(c);
	close_fd(&c->brain);
	c->run.brain = -1;
	if (c->relay >= 0) {
		if (c->asked)
			abort_call(c);
		c->asked = false;
		return;
	}
	if (c->run.running)
		end(c->status, 0);
	leave_terminal();
	complain(brain_dead, NULL);
	end(1, 0);
}

static void exit_frame(struct client *c, struct frame *frame)
{
	struct reader r = { .at = frame->data, .end = frame->data + frame->len };
	uint32_t status = get_u32(&r), sig = get_u32(&r);
	if (!c->staying)
		end(status, sig);
	stay(c);
}

static void want(struct client *c, const struct frame *frame)
{
	sigset_t set;
	if (frame->len > 0 && frame->len <= sizeof(farewell)) {
		farewell_len = frame->len;
		memcpy(farewell, frame->data, farewell_len);
		terminal_raw(STDIN_FILENO);
	}
	sigemptyset(&set);
	for (size_t i = 0; i < 4; i++)
		sigaddset(&set, (const int[]){ SIGINT, SIGTERM, SIGHUP, SIGWINCH }[i]);
	sigprocmask(SIG_BLOCK, &set, NULL);
	c->signals = CHECK(signalfd(-1, &set, SFD_CLOEXEC));
	c->wanted = true;
}

static void brain_frame(struct client *c)
{
	_frame_ struct frame frame = { 0 };
	if (frame_read(c->brain, &frame) <= 0)
		return brain_died(c);
	switch (frame.type) {
	case FRAME_RUN:
		return run_frame(c, &frame);
	case FRAME_EXIT:
		return exit_frame(c, &frame);
	case FRAME_RESUME:
	case FRAME_ABORT:
		c->asked = false;
		frame_send(c->relay, frame.type, frame.data, frame.len);
		return;
	case FRAME_WANT:
		return want(c, &frame);
	}
	obey_frame(c->brain, &frame);
}

/* ---- what the brain wanted ---- */

/* Not in the frame of client_main, which is below that of a monitor for good. */
static __attribute__((noinline)) void forward_input(struct client *c)
{
	char bytes[4096];
	ssize_t n = CHECK(read(0, bytes, sizeof(bytes)));
	if (n == -EAGAIN)
		return;
	c->input_ended = n <= 0;
	frame_send(c->brain, FRAME_IN, bytes, n > 0 ? n : 0);
}

static void forward_signal(struct client *c)
{
	struct signalfd_siginfo info;
	struct winsize window = { 0 };
	if (read(c->signals, &info, sizeof(info)) != sizeof(info))
		return;
	if (info.ssi_signo != SIGWINCH) {
		frame_send(c->brain, FRAME_SIGNAL, &info.ssi_signo, sizeof(info.ssi_signo));
		return;
	}
	ioctl(isatty(1) ? 1 : 0, TIOCGWINSZ, &window);
	const uint32_t size[] = { window.ws_row, window.ws_col };
	frame_send(c->brain, FRAME_WINCH, size, sizeof(size));
}

/* ---- without a brain ---- */

/* The detached runner of a replay: this process ends by its success. */
static void await_replay(struct client *c)
{
	while (c->relay >= 0) {
		_frame_ struct frame frame = { 0 };
		int got = frame_read(c->relay, &frame);
		struct reader r = { .at = frame.data, .end = frame.data + frame.len };
		if (got == 1 && frame.type == FRAME_CALL) {
			abort_call(c);
			continue;
		}
		if (got == 1 && frame.type == FRAME_RESULT && get_u32(&r) == RESULT_OK)
			end(0, 0);
		close_fd(&c->relay);
	}
}

/* Returns where nothing was kept or where it failed, which leaves nothing behind: then a brain is asked. */
static void replay(struct client *c, const struct introduction *intro)
{
	_frame_ struct frame frame = { 0 };
	if (!replay_open(intro, &frame) && !pattern_open(intro, &frame))
		return;
	if (frame.type == FRAME_OUT) {
		obey_frame(-1, &frame);
		end(0, 0);
	}
	c->brain = -1;
	run_init(&c->run, -1);
	run_frame(c, &frame);
	await_replay(c);
}

int client_main(char **argv, int inherited)
{
	static struct client c = { .relay = -1, .signals = -1 };
	struct introduction intro = { 0 };
	trace_moment(TRACE_EXEC_COST);
	trace_moment(TRACE_BEGAN);
	introduction_prepare(&intro, HELLO_ROLE_COMMAND, argv);
	if (inherited < 0)
		replay(&c, &intro);
	c.brain = inherited >= 0 ? brain_inherited(inherited, &intro) : brain_open(&intro, true);
	buffer_free(&intro.hello);
	if (c.brain < 0)
		die(1, "Failed to reach the planner process: it did not start or did not answer");
	run_init(&c.run, c.brain);
	beside_allow();
	for (;;) {
		struct pollfd fds[4 + MOST_BESIDE] = {
			{ .fd = c.brain, .events = POLLIN },
			{ .fd = c.relay, .events = POLLIN },
			{ .fd = c.wanted && !c.input_ended ? 0 : -1, .events = POLLIN },
			{ .fd = c.signals, .events = POLLIN },
		};
		size_t beside = beside_poll(fds + 4);
		if (RETRY(poll(fds, 4 + beside, -1)) < 0)
			die(1, "Failed to wait for the planner process");
		if (fds[1].revents)
			relay_frame(&c);
		else if (fds[0].revents)
			brain_frame(&c);
		if (fds[2].revents)
			forward_input(&c);
		if (fds[3].revents)
			forward_signal(&c);
		beside_collect(c.brain, fds + 4);
	}
}
