/* The requests of the command socket, one by one: commands 0 to 26 of liblxc. */
#include "command.h"

#include <sys/vfs.h>

const char *container_name(struct run *run)
{
	const struct op *op = setting(run, OP_SET_NAME, 0);
	return op ? STR(op, SET_NAME_NAME) : "";
}

/* ---- terminals ---- */

static int choose_tty(struct run *run, int wanted)
{
	int first = wanted < 0 ? 1 : wanted, last = wanted < 0 ? run->ptys - 1 : wanted;
	for (int i = first; i <= last && i < run->ptys; i++)
		if (run->pty[i] >= 0 && !tty_busy(i))
			return i;
	return -EBADF;
}

static void lend_terminal(struct run *run, struct client *c)
{
	int wanted = (int32_t)c->request.value;
	if (wanted == 0) {
		_fd_ int master = console_lend();
		if (answer_fd(c, master < 0 ? -EBADF : master, 0) < 0) {
			if (master >= 0)
				console_take_back();
			return release(c);
		}
		c->kind = SHOWN_CONSOLE;
		return;
	}
	int tty = choose_tty(run, wanted);
	if (answer_fd(c, tty < 0 ? tty : run->pty[tty], tty) < 0)
		return release(c);
	c->kind = TTY;
	c->tty = tty;
}

/*
 * The container's devpts. What lies at that path is the container's choice, so it must be a devpts, and no link
 * of his is followed.
 */
static void answer_devpts(struct run *run, struct client *c)
{
	char path[64], pid[24];
	struct statfs fs;
	format_number(pid, run->init);
	JOIN(path, "/proc/", pid, "/root");
	_fd_ int root = CHECK(open(path, O_PATH | O_DIRECTORY | O_CLOEXEC));
	_fd_ int fd = root < 0 ? root : open_beneath(root, "dev/pts", O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
	bool devpts = fd >= 0 && fstatfs(fd, &fs) == 0 && fs.f_type == MAGIC_DEVPTS;
	answer_fd(c, devpts ? fd : -EBADF, 0);
}

/* ---- state clients ---- */

static void add_state_client(struct client *c)
{
	int32_t states[MAX_STATE];
	if (c->request.length != sizeof(states)) {
		answer_result(c, -EINVAL, 0);
		return release(c);
	}
	memcpy(states, c->data, sizeof(states));
	enum state now = state_now();
	/* 2 asks for the next time, as who wants to see a reboot does. */
	if (states[now] == 1) {
		answer_result(c, now, now);
		return release(c);
	}
	c->wanted = 0;
	for (int i = 0; i < MAX_STATE; i++)
		c->wanted |= states[i] ? 1U << i : 0;
	c->kind = STATE;
	answer_result(c, MAX_STATE, MAX_STATE);
}

/* ---- the other requests ---- */

static void answer_item(struct run *run, struct client *c)
{
	const struct op *op;
	for (uint32_t i = 0; (op = setting(run, OP_SET_ITEM, i)); i++)
		if (strcmp(STR(op, SET_ITEM_KEY), c->data) == 0)
			return answer_text(c, STR(op, SET_ITEM_VALUE));
	answer_result(c, -EINVAL, 0);
}

static void answer_console_log(struct client *c)
{
	struct log_request wish = { 0 };
	if ((size_t)c->request.length > sizeof(wish))
		return answer_result(c, -EINVAL, 0);
	memcpy(&wish, c->data, c->request.length);
	struct answer a = { 0 };
	a.result = console_log(wish.clear, wish.read, wish.max, wish.to_file, a.data);
	answer(c, &a);
}

static void serve_state(struct run *run, struct client *c)
{
	if (c->request.value < 0 || c->request.value >= MAX_STATE)
		return answer_result(c, -EINVAL, 0);
	state_set(run, c->request.value);
	answer_result(c, 0, 0);
}

/* Elsewhere than on a unified host device rules are files, which clients write themselves. */
static void add_device(struct run *run, struct client *c)
{
	const struct op *op = layout(run) == LAYOUT_UNIFIED ? find_cgroup(run, "") : NULL;
	int err = op ? add_device_rule(run, STR(op, SET_CGROUP_LIMIT_DIR), c->data, c->request.length) : -EINVAL;
	detail_take();
	answer_result(c, err, 0);
}

void take_listener(struct run *run, struct client *c, int fd)
{
	int err = fd < 0 ? -EBADF : listen_to(run, fd);
	if (err < 0)
		close_fd(&fd);
	answer_result(c, err, 0);
}

/* The answers after which the connection closes. */
static void answer_once(struct run *run, struct client *c)
{
	const struct op *init = setting(run, OP_SET_INIT, 0), *name = setting(run, OP_SET_NAME, 0);
	switch (c->request.command) {
	case GET_STATE: return answer_result(c, 0, state_now());
	case GET_INIT_PID: return answer_result(c, 0, run->init);
	case GET_CLONE_FLAGS: return answer_result(c, 0, init ? NUM(init, SET_INIT_CLONE) : 0);
	case GET_CGROUP: return answer_cgroup_path(run, c, false);
	case GET_LIMIT_CGROUP: return answer_cgroup_path(run, c, true);
	case GET_CONFIG_ITEM: return answer_item(run, c);
	case GET_NAME: return answer_text(c, container_name(run));
	case GET_LXCPATH: return answer_text(c, name ? STR(name, SET_NAME_LXCPATH) : "");
	case CONSOLE_LOG: return answer_console_log(c);
	case SERVE_STATE_CLIENTS: return serve_state(run, c);
	case GET_CGROUP2_FD: return answer_cgroup2(run, c, false);
	case GET_LIMIT_CGROUP2_FD: return answer_cgroup2(run, c, true);
	case GET_INIT_PIDFD: return (void)answer_fd(c, run->init_pidfd < 0 ? -EBADF : run->init_pidfd, 0);
	case GET_DEVPTS_FD: return answer_devpts(run, c);
	case GET_SECCOMP_NOTIFY_FD: return answer_result(c, -EBADF, 0);
	case GET_CGROUP_CTX: return answer_cgroup_context(run, c);
	case GET_CGROUP_FD: return answer_cgroup_fd(run, c, false);
	case GET_LIMIT_CGROUP_FD: return answer_cgroup_fd(run, c, true);
	/* Containers of ours are in no scope that systemd made. */
	case GET_SYSTEMD_SCOPE: return answer_result(c, -ENOENT, 0);
	case ADD_BPF_DEVICE_CGROUP: return add_device(run, c);
	default: return answer_result(c, -ENOSYS, 0);
	}
}

void obey(struct run *run, struct client *c)
{
	switch (c->request.command) {
	case GET_TTY_FD: return lend_terminal(run, c);
	case STOP: return stop(run, c);
	case ADD_STATE_CLIENT: return add_state_client(c);
	case FREEZE: return freeze(run, c, true);
	case UNFREEZE: return freeze(run, c, false);
	}
	answer_once(run, c);
	release(c);
}
