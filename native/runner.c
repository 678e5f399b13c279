/*
 * The runner executes a program's parent list on the host side, with the caller's own privileges, limits and
 * namespaces. Before an op runs, its inverses are in the record and armed; whatever fails, the child is killed and
 * reaped and the armed inverses run backwards. The child works through its own list at the same time; the two
 * meet only at sync points.
 */
#include "lxc-ts.h"

#include <poll.h>
#include <sched.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

#define PF_FORKNOEXEC 0x40 /* <linux/sched.h> of the kernel: forked, has not exec'd */

void run_init(struct run *run, int brain)
{
	memset(run, 0, sizeof(*run));
	run->brain = brain;
	run->relay = run->signals = run->record = run->command = run->init_pidfd = run->child_pidfd = -1;
	run->listener = run->sync = run->console = run->root = run->tree = run->next_tree = run->lock = run->self = run->null = -1;
	memset(run->pty, -1, sizeof(run->pty));
}

void run_free(struct run *run)
{
	if (run->child_pidfd == run->init_pidfd)
		run->init_pidfd = -1;
	for (int i = 0; i < run->ptys; i++)
		close_fd(&run->pty[i]);
	for (size_t i = 0; i < 12; i++)
		close_fd((int *[]){ &run->signals, &run->record, &run->command, &run->init_pidfd, &run->child_pidfd, &run->listener,
				    &run->sync, &run->root, &run->tree, &run->next_tree, &run->lock, &run->self }[i]);
	buffer_free(&run->fail_detail);
	buffer_free(&run->notes);
}

/* ---- failures and notes ---- */

static void set_failure(struct run *run, uint32_t list, uint32_t index, int err, const char *text)
{
	if (run->failed)
		return; /* the first failure is the cause; what follows is its echo */
	run->failed = true;
	run->fail_list = list;
	run->fail_index = index;
	run->fail_errno = err == ESAID ? 0 : err;
	run->fail_detail.len = 0;
	put_bytes(&run->fail_detail, text, strlen(text));
}

void add_note(struct run *run, uint32_t list, uint32_t index, int err, const char *text)
{
	put_u32(&run->notes, list);
	put_u32(&run->notes, index);
	put_u32(&run->notes, err == ESAID ? 0 : err);
	put_text(&run->notes, text);
	run->note_count++;
}

int send_result(struct run *run, uint32_t kind, int32_t value)
{
	_buffer_ struct buffer out = { 0 };
	put_u32(&out, kind);
	put_u32(&out, run->fail_list);
	put_u32(&out, run->fail_index);
	put_u32(&out, run->fail_errno);
	put_u32(&out, value);
	put_blob(&out, run->fail_detail.at, run->fail_detail.len);
	put_u32(&out, run->note_count);
	put_bytes(&out, run->notes.at, run->notes.len);
	return frame_send(run->brain, FRAME_RESULT, out.at, out.len);
}

/* ---- waiting ---- */

/*
 * Signals that end the work become a failure; they come through a descriptor, so no wait can miss one. What else a
 * container's init is to get from its monitor waits, blocked, until we are that.
 */
static int hold_signals(struct run *run)
{
	sigset_t set, later;
	sigemptyset(&set);
	for (size_t i = 0; i < 6; i++)
		sigaddset(&set, (const int[]){ SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGCHLD, SIGWINCH }[i]);
	sigfillset(&later);
	for (size_t i = 0; i < 4; i++)
		sigdelset(&later, (const int[]){ SIGSEGV, SIGBUS, SIGILL, SIGFPE }[i]);
	sigprocmask(SIG_BLOCK, run->program.after == AFTER_MONITOR ? &later : &set, NULL);
	run->signals = CHECK(signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
	return run->signals < 0 ? run->signals : 0;
}

int told_to_end(struct run *run)
{
	struct signalfd_siginfo info;
	while (read(run->signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGCHLD || info.ssi_signo == SIGWINCH)
			continue;
		char number[24];
		format_number(number, info.ssi_signo);
		detail("interrupted by signal ", number, NULL);
		return -EINTR;
	}
	return 0;
}

/* Until the child says something. A detached runner whose client vanished before RUNNING gives up. */
static int wait_message(struct run *run, bool block)
{
	struct pollfd fds[] = {
		{ .fd = run->sync, .events = POLLIN },
		{ .fd = run->signals, .events = POLLIN },
		{ .fd = run->detached && !run->running ? run->brain : -1, .events = POLLRDHUP },
	};
	for (;;) {
		int n = CHECK(poll(fds, countof(fds), block ? -1 : 0));
		if (n <= 0)
			return n < 0 ? n : -EAGAIN;
		if (fds[0].revents)
			return 0;
		if (fds[1].revents && told_to_end(run) < 0)
			return -EINTR;
		if (fds[2].revents) {
			detail("the command that asked for it went away", NULL);
			return -ECANCELED;
		}
	}
}

static void keep_pty(struct run *run, uint32_t which, int fd)
{
	if (which >= MAX_PTYS || fd < 0)
		return;
	close_fd(&run->pty[which]);
	run->pty[which] = fd;
	if ((int)which >= run->ptys)
		run->ptys = which + 1;
}

static void keep_listener(struct run *run, uint32_t index, int fd)
{
	close_fd(&run->listener);
	run->listener = fd;
	if (run->program.after != AFTER_ATTACHED)
		return;
	int err = give_listener(fd);
	close_fd(&run->listener);
	if (err < 0)
		set_failure(run, LIST_CHILD, index, -err, "the monitor of the container does not take the notifications");
}

int take_message(struct run *run, bool block)
{
	struct {
		struct message_head head;
		char text[3073];
	} message;
	siginfo_t info;
	int fd, err = wait_message(run, block);
	if (err < 0)
		return err;
	int n = recv_fd(run->sync, &message, sizeof(message) - 1, &fd);
	/* A child that died without hearing all of ours: the kernel tells that once, before its last words. */
	if (n == -ECONNRESET)
		n = recv_fd(run->sync, &message, sizeof(message) - 1, &fd);
	if (n < (int)sizeof(message.head))
		return n == -ECONNRESET ? 0 : n < 0 ? n : 0;
	((char *)&message)[n] = 0;
	switch (message.head.kind) {
	case MSG_POINT:
		run->seen |= 1u << (message.head.index & 31);
		break;
	case MSG_FAIL:
		set_failure(run, LIST_CHILD, message.head.index, message.head.value, message.text);
		break;
	case MSG_NOTE:
		add_note(run, LIST_CHILD, message.head.index, message.head.value, message.text);
		break;
	case MSG_PTY:
		keep_pty(run, message.head.index, fd);
		break;
	case MSG_LISTENER:
		keep_listener(run, message.head.index, fd);
		break;
	case MSG_PID:
		/* It speaks from inside the container by now: only a child of ours can be what it says. */
		if (waitid(P_PID, message.head.value, &info, WEXITED | WNOHANG | WNOWAIT) < 0)
			return -EPROTO;
		waitpid(run->child, NULL, 0); /* the one that entered and gave birth inside */
		close_fd(&run->child_pidfd);
		run->child = message.head.value;
		run->child_pidfd = pidfd_open_compat(run->child);
		break;
	}
	return 1;
}

static int op_sync(struct run *run, const struct op *op)
{
	uint32_t point = NUM(op, SYNC_POINT) & 31;
	if (NUM(op, SYNC_MODE) == SYNC_POST)
		return send_message(run, MSG_POINT, point, 0, "", -1);
	while (!(run->seen & 1u << point)) {
		int got = take_message(run, true);
		if (run->failed)
			return -ESAID;
		if (got == 0)
			detail("init died while it was being set up", NULL);
		if (got <= 0)
			return got < 0 ? got : -ESAID;
	}
	return 0;
}

/* 1 exec'd, 0 not, -errno where it cannot be seen. Flags stay readable as long as it is not reaped. */
static int has_execed(pid_t pid)
{
	char path[64], text[512], number[24];
	format_number(number, pid);
	JOIN(path, "/proc/", number, "/stat");
	int err = read_file(path, text, sizeof(text));
	const char *at = err < 0 ? NULL : strrchr(text, ')');
	for (int field = 2; at && field < 9; field++)
		at = strchr(at + 1, ' ');
	return at ? (at++, !(parse_number(&at) & PF_FORKNOEXEC)) : err < 0 ? err : -EBADMSG;
}

int await_exec(struct run *run)
{
	uint32_t last = run->program.list[LIST_CHILD].count;
	while (run->sync >= 0 && !run->failed) {
		int got = take_message(run, true);
		if (got < 0)
			set_failure(run, LIST_CHILD, last, -got, detail_take());
		if (got == 0)
			close_fd(&run->sync);
	}
	if (run->failed)
		return -1;
	/* A dying process closes its descriptors some time before it can be waited for. */
	siginfo_t info = { 0 };
	int execed = run->child > 0 ? has_execed(run->child) : 1;
	if (execed > 0 || RETRY(waitid(P_PID, run->child, &info, WEXITED | WNOWAIT | (execed < 0 ? WNOHANG : 0))) < 0 || info.si_pid == 0)
		return 0;
	char status[24];
	format_number(status, info.si_status);
	detail(info.si_code == CLD_EXITED ? "exited before its program ran, status " : "killed before its program ran, signal ", status, NULL);
	set_failure(run, LIST_CHILD, last ? last - 1 : 0, ESAID, detail_take());
	return -1;
}

/* The brain has programs run (by SPAWN, in the client), then says RESUME or ABORT. */
static int op_call(struct run *run, const struct op *op)
{
	_buffer_ struct buffer out = { 0 };
	_frame_ struct frame frame = { 0 };
	static uint32_t calls;
	int got = fault(LIST_CALLS, calls++);
	if (got < 0)
		return got;
	put_u32(&out, op - run->program.list[LIST_PARENT].ops);
	put_u32(&out, run->init);
	put_text(&out, STR(op, CALL_WHAT));
	got = frame_send(run->brain, FRAME_CALL, out.at, out.len);
	if (got == 0)
		got = brain_next(run->brain, run->signals, &frame);
	if (got == 1 && frame.type == FRAME_RESUME)
		return 0;
	if (got == 1 && frame.type == FRAME_ABORT) {
		struct reader r = { .at = frame.data, .end = frame.data + frame.len };
		uint32_t len;
		const char *reason = get_blob(&r, &len);
		detail_bytes(reason, len);
		return -ESAID;
	}
	if (got == 0 || got == -EPIPE || got == -ENOTCONN)
		detail(run->detached ? "the command that asked for it went away" : "the planner process died", NULL);
	return got < 0 ? got : -EPIPE;
}

/* ---- the list ---- */

static op_fn *const parent_ops[] = {
	[OP_SYNC] = op_sync,
	[OP_CALL] = op_call,
	[OP_BIND_COMMAND] = op_bind_command,
	[OP_OPEN_RECORD] = op_open_record,
	[OP_TAKE_RECORD] = op_take_record,
	[OP_DETACH] = op_detach,
	[OP_MKDIR_CGROUP] = op_mkdir_cgroup,
	[OP_RMDIR_CGROUP] = op_rmdir_cgroup,
	[OP_WRITE_FILE] = op_write_file,
	[OP_UNLINK] = op_unlink,
	[OP_RMDIR] = op_rmdir,
	[OP_LOCK_FILE] = op_lock_file,
	[OP_TEST_LOCK] = op_test_lock,
	[OP_HOLD_LOCK] = op_hold_lock,
	[OP_KEEP_LOCK] = op_keep_lock,
	[OP_JOIN_CGROUP] = op_join_cgroup,
	[OP_CLONE] = op_clone,
	[OP_CLONE_WITHIN] = op_clone_within,
	[OP_WRITE_PROC] = op_write_proc,
	[OP_NETLINK] = op_netlink,
	[OP_WRITE_PIDFILE] = op_write_pidfile,
	[OP_BPF_DEVICES] = op_bpf_devices,
	[OP_SIGNAL] = op_signal,
	[OP_STOP_BY_MONITOR] = op_stop_by_monitor,
	[OP_TELL_STATE] = op_tell_state,
	[OP_SETTLE] = op_settle,
	[OP_ADOPT] = op_adopt,
	[OP_ADOPT_FROM] = op_adopt_from,
	[OP_OPEN_INIT] = op_open_init,
	[OP_ATTACH] = op_attach,
	[OP_CONSOLE] = op_console,
	[OP_REMOVE_TREE] = op_remove_tree,
	[OP_BRING_HOME] = op_bring_home,
	[OP_MOUNT] = op_mount,
	[OP_UNSHARE] = op_unshare,
	[OP_CLONE_TREE] = op_clone_tree,
	[OP_RLIMIT] = op_rlimit,
	[OP_CHOWN] = op_chown,
	[OP_SPAWN] = op_spawn,
	[OP_OPEN_FILE_SYSTEM] = op_open_file_system,
	[OP_MKDIR] = op_mkdir,
	[OP_HOLD_NETNS] = op_hold_netns,
	[OP_RELEASE_NETNS] = op_release_netns,
	[OP_PLACE_NODE] = op_place_node,
	[OP_REMOVE_NODE] = op_remove_node,
};

int run_parent_op(struct run *run, uint32_t list, uint32_t index)
{
	const struct op *op = &run->program.list[list].ops[index];
	int err = fault(list, index);
	if (err < 0)
		return err;
	if (op->code >= countof(parent_ops) || !parent_ops[op->code])
		return -ENOSYS;
	return parent_ops[op->code](run, op);
}

/* Write-ahead: a runner killed at any moment after this leaves a record that undoes the op. */
static int arm(struct run *run, uint32_t index)
{
	const struct op_list *undo = &run->program.list[LIST_UNDO];
	for (; run->armed < undo->count && undo->ops[run->armed].link <= index; run->armed++) {
		const struct op *op = &undo->ops[run->armed];
		int err = run->taken ? 0 : record_append(run, RECORD_UNDO, op->raw, op->raw_len);
		if (err < 0) {
			detail("cannot write the record of the container", NULL);
			return err;
		}
	}
	return 0;
}

/*
 * A failed op has done nothing, so its own inverses are forgotten: the cgroup or the link that was already there
 * belongs to someone else. Only a call can be half done (a script that failed in the middle).
 */
static void disarm_failed(struct run *run, const struct op *op, uint32_t index)
{
	const struct op_list *undo = &run->program.list[LIST_UNDO];
	while (op->code != OP_CALL && run->armed > 0 && undo->ops[run->armed - 1].link == index)
		run->armed--;
}

static bool skipped_on_reboot(const struct run *run, const struct op *op)
{
	return run->again && (op->code == OP_BIND_COMMAND || op->code == OP_DETACH);
}

/* 0 done, 1 the fork of `detach` does the rest, -1 failed. */
static int run_list(struct run *run)
{
	const struct op_list *list = &run->program.list[LIST_PARENT];
	for (uint32_t i = 0; i < list->count; i++) {
		const struct op *op = &list->ops[i];
		if (skipped_on_reboot(run, op))
			continue;
		trace_begin(LIST_PARENT, i);
		int told = told_to_end(run), err = told;
		if (err == 0)
			err = arm(run, i);
		if (err == 0)
			err = run_parent_op(run, LIST_PARENT, i);
		if (run->relay >= 0)
			return 1;
		trace_end(LIST_PARENT, i);
		if (err >= 0)
			continue;
		disarm_failed(run, op, i);
		/* A child that failed takes away what the op needed: then its message is the cause. */
		while (run->sync >= 0 && take_message(run, false) > 0)
			;
		if (!run->failed && told == 0 && op->flags & OP_FLAG_OPTIONAL) {
			add_note(run, LIST_PARENT, i, -err, detail_take());
			continue;
		}
		set_failure(run, LIST_PARENT, i, -err, detail_take());
		return -1;
	}
	return 0;
}

static void end_child(struct run *run)
{
	if (run->child > 0) {
		pidfd_kill(run->child_pidfd, run->child, SIGKILL);
		RETRY(waitpid(run->child, NULL, __WALL));
	}
	if (run->child_pidfd == run->init_pidfd)
		run->init_pidfd = -1;
	close_fd(&run->child_pidfd);
	close_fd(&run->sync);
	close_fd(&run->listener);
	for (int i = 0; i < run->ptys; i++)
		close_fd(&run->pty[i]);
	run->child = 0;
	run->ptys = 0;
}

static enum run_end give_up(struct run *run)
{
	failure_begins(run);
	end_child(run);
	leave_cgroups(run, false);
	run_undo(run);
	close_fd(&run->command);
	close_fd(&run->lock);
	failure_ends(run);
	trace_send(run->brain);
	send_result(run, RESULT_FAILED, 0);
	return RUN_FAILED;
}

enum run_end run_program(struct run *run)
{
	if (run->signals < 0)
		hold_signals(run);
	int end = run_list(run);
	if (end == 1)
		return RUN_RELAY;
	if (end < 0 || await_exec(run) < 0)
		return give_up(run);
	trace_send(run->brain);
	uint32_t after = run->program.after;
	if (after == AFTER_UNDO) {
		run->taken = false;
		run_undo(run);
		close_fd(&run->command);
	}
	if (after == AFTER_MONITOR)
		record_append(run, RECORD_RUNNING, NULL, 0);
	close_fd(&run->lock);
	send_result(run, RESULT_OK, after == AFTER_ATTACHED ? run->child : run->init);
	if (run->detached)
		sched_yield(); /* somebody waits for the client; what a monitor prepares for itself can wait */
	buffer_free(&run->notes);
	buffer_free(&run->fail_detail);
	run->note_count = 0;
	if (after == AFTER_RETURN || after == AFTER_UNDO)
		return RUN_DONE; /* what the command comes to is for the brain to say */
	run->running = true;
	kill(getpid(), SIGCHLD);
	return after == AFTER_MONITOR ? RUN_MONITOR : RUN_ATTACHED;
}

#ifdef FAULTS
#include <stdlib.h>

/* The variable's value, or with `@FILE` what that file says now. The child has no way to it: it has ours. */
static const char *wanted_fault(void)
{
	static char text[64];
	static bool known;
	const char *value = getenv("LXC_TS_FAULT");
	if (known || !value)
		return text;
	known = true;
	if (*value != '@')
		JOIN(text, value);
	else if (read_file(value + 1, text, sizeof(text)) < 0)
		*text = 0;
	return text;
}

/*
 * LXC_TS_FAULT=LIST:INDEX[:ERRNO]: that op fails before it acts. `call:N` is the parent list's Nth call. With `kill` for
 * ERRNO the process that comes to the op is killed, with `wait` it rests for 50 ms.
 */
int fault(uint32_t list, uint32_t index)
{
	static const char *const names[] = { "parent:", "child:", "undo:", "settings:", "call:" };
	const char *at = wanted_fault();
	size_t len = strlen(names[list]);
	if (strncmp(at, names[list], len) != 0)
		return 0;
	at += len;
	if (parse_number(&at) != index)
		return 0;
	if (!strcmp(at, ":kill"))
		kill(getpid(), SIGKILL);
	if (!strcmp(at, ":wait"))
		return poll(NULL, 0, 50) < 0 ? -errno : 0;
	detail("injected fault", NULL);
	return *at == ':' ? (at++, -(int)parse_number(&at)) : -EIO;
}
#endif
