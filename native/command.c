/*
 * The monitor's command socket, in liblxc's wire format (commands 0 to 26), so that LXC's own tools and bindings
 * work on our containers. Nothing here waits: clients are non-blocking and bounded in number, an answer that does not
 * fit into the socket is sent by a fork, and freezing ends in the poll loop.
 */
#include "monitor.h"

#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <time.h>

enum {
	GET_TTY_FD, TERMINAL_WINCH, STOP, GET_STATE, GET_INIT_PID, GET_CLONE_FLAGS, GET_CGROUP, GET_CONFIG_ITEM,
	GET_NAME, GET_LXCPATH, ADD_STATE_CLIENT, CONSOLE_LOG, SERVE_STATE_CLIENTS, SECCOMP_NOTIFY_ADD_LISTENER,
	ADD_BPF_DEVICE_CGROUP, FREEZE, UNFREEZE, GET_CGROUP2_FD, GET_INIT_PIDFD, GET_LIMIT_CGROUP, GET_LIMIT_CGROUP2_FD,
	GET_DEVPTS_FD, GET_SECCOMP_NOTIFY_FD, GET_CGROUP_CTX, GET_CGROUP_FD, GET_LIMIT_CGROUP_FD, GET_SYSTEMD_SCOPE,
};

struct header {
	int32_t command; /* the result in an answer */
	int32_t length;
	intptr_t value;
};

/* Layouts and hierarchy types as liblxc numbers them. */
enum { LAYOUT_LEGACY, LAYOUT_HYBRID, LAYOUT_UNIFIED };
enum { MAGIC_V1 = 0x27e0eb, MAGIC_V2 = 0x63677270, MAGIC_DEVPTS = 0x1cd1 };

enum { CONTEXT_FDS = 20 };
struct cgroup_context {
	int32_t layout;
	uint32_t utilities, count;
	int32_t fd[CONTEXT_FDS];
} __attribute__((aligned(8)));

struct cgroup_fd {
	int32_t layout;
	uint32_t utilities;
	int32_t type, fd;
	char controller[64];
};

struct log_request {
	bool clear, read;
	uint64_t max;
	bool to_file;
};

struct state_message {
	int32_t type;
	char name[256];
	int32_t value;
};

enum kind { FREE, FRESH, STATE, TTY, SHOWN_CONSOLE, UNTIL_THE_END, WAITS_FOR_FREEZER };

enum { MAX_DATA = 512, MAX_STRANGERS = 8 };

struct client {
	int fd;
	uint8_t kind;
	bool stranger;          /* neither root nor us: gets an answer (EPERM), but few places */
	uint32_t since;
	uint32_t poll_at;       /* where it stands in what command_poll filled */
	union {
		uint32_t wanted;    /* STATE: bit per state */
		int tty;            /* TTY */
	};
	uint32_t got;
	struct header request;
	char data[MAX_DATA];
};

/* On pages of their own, of which few are ever touched: among other data each would take a page more. */
static struct client *clients;
/* Behind the last slot that was ever used. */
static size_t used;

static uint32_t clock_of_clients;

/* One freeze or thaw may be in progress. */
static struct {
	int events;
	struct client *client;
	bool freeze;
	int64_t deadline;       /* 0: none */
} freezer = { .events = -1 };

static int64_t now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void release(struct client *c)
{
	if (c->kind == SHOWN_CONSOLE)
		console_take_back();
	if (freezer.client == c)
		freezer.client = NULL;
	if (c->kind != FREE)
		close(c->fd);
	c->kind = FREE;
}

/* ---- answers ---- */

/* The rest of an answer that a slow client has no room for. The fork keeps nothing of ours open. */
static void send_by_fork(int fd, struct iovec *parts, size_t count, size_t sent)
{
	if (fork() != 0)
		return;
	struct timeval limit = { .tv_sec = 10 };
	dup2(fd, 0);
	if (syscall(SYS_close_range, 1, ~0U, 0) < 0)
		for (int i = 1; i < 1024; i++)
			close(i);
	fcntl(0, F_SETFL, 0);
	setsockopt(0, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	for (size_t i = 0; i < count; i++) {
		size_t skip = sent < parts[i].iov_len ? sent : parts[i].iov_len;
		sent -= skip;
		if (write_all(0, (char *)parts[i].iov_base + skip, parts[i].iov_len - skip) < 0)
			break;
	}
	_exit(0);
}

struct answer {
	int result;
	intptr_t value;
	struct iovec data[2];
	int fds[CONTEXT_FDS];
	int fd_count;
};

static int answer(struct client *c, const struct answer *a)
{
	size_t length = a->data[0].iov_len + a->data[1].iov_len;
	struct header head = { a->result, length, a->value };
	struct iovec parts[3] = { { &head, sizeof(head) }, a->data[0], a->data[1] };
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(sizeof(a->fds))];
	} control;
	struct msghdr message = { .msg_iov = parts, .msg_iovlen = 3 };
	if (a->fd_count > 0) {
		size_t size = a->fd_count * sizeof(int);
		message.msg_control = &control;
		message.msg_controllen = CMSG_SPACE(size);
		memset(&control, 0, sizeof(control));
		struct cmsghdr *rights = CMSG_FIRSTHDR(&message);
		rights->cmsg_level = SOL_SOCKET;
		rights->cmsg_type = SCM_RIGHTS;
		rights->cmsg_len = CMSG_LEN(size);
		memcpy(CMSG_DATA(rights), a->fds, size);
	}
	ssize_t sent = sendmsg(c->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (sent < 0 && (errno != EAGAIN || a->fd_count > 0))
		return -errno;
	if (sent < (ssize_t)(sizeof(head) + length))
		send_by_fork(c->fd, parts, 3, sent > 0 ? sent : 0);
	return 0;
}

static void answer_result(struct client *c, int result, intptr_t value)
{
	answer(c, &(struct answer){ .result = result, .value = value });
}

static void answer_text(struct client *c, const char *text)
{
	answer(c, &(struct answer){ .data = { { (char *)text, strlen(text) + 1 } } });
}

static int answer_fd(struct client *c, int fd, intptr_t value)
{
	if (fd >= 0)
		return answer(c, &(struct answer){ .value = value, .fds = { fd }, .fd_count = 1 });
	answer_result(c, fd, 0);
	return fd;
}

/* ---- cgroups ---- */

/* `memory` is in `memory`, in `cpu,memory`; a named hierarchy goes by its name as well. */
static bool has_controller(const char *controllers, const char *wanted)
{
	size_t length = strlen(wanted);
	if (strncmp(controllers, "name=", 5) == 0 && strcmp(controllers + 5, wanted) == 0)
		return true;
	while (*controllers) {
		size_t part = strcspn(controllers, ",");
		if (part == length && memcmp(controllers, wanted, part) == 0)
			return true;
		controllers += part + (controllers[part] == ',');
	}
	return length == 0 && *controllers == 0;
}

static const struct op *find_cgroup(struct run *run, const char *controller)
{
	const struct op *op;
	for (uint32_t i = 0; (op = setting(run, OP_SET_CGROUP, i)); i++) {
		const char *controllers = STR(op, SET_CGROUP_CONTROLLERS);
		if (*controllers ? *controller && has_controller(controllers, controller) : !*controller)
			return op;
	}
	return NULL;
}

static int layout(struct run *run)
{
	bool unified = find_cgroup(run, "");
	bool legacy = setting(run, OP_SET_CGROUP, unified);
	return legacy ? unified ? LAYOUT_HYBRID : LAYOUT_LEGACY : LAYOUT_UNIFIED;
}

static int open_cgroup(const struct op *op, bool limit)
{
	if (!op)
		return -EBADF;
	const char *dir = STR(op, limit ? SET_CGROUP_LIMIT_DIR : SET_CGROUP_DIR);
	return CHECK(open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
}

static void answer_cgroup_path(struct run *run, struct client *c, bool limit)
{
	const struct op *op = find_cgroup(run, c->data);
	if (op)
		answer_text(c, STR(op, limit ? SET_CGROUP_LIMIT_PATH : SET_CGROUP_PATH));
	else
		answer_result(c, -ENOENT, 0);
}

/* Beside v1 hierarchies this one carries no controllers: who gets it would freeze and limit in the wrong place. */
static void answer_cgroup2(struct run *run, struct client *c, bool limit)
{
	if (layout(run) != LAYOUT_UNIFIED)
		return answer_result(c, -EINVAL, 0);
	_fd_ int fd = open_cgroup(find_cgroup(run, ""), limit);
	answer_fd(c, fd, 0);
}

static void answer_cgroup_fd(struct run *run, struct client *c, bool limit)
{
	struct cgroup_fd reply = { 0 };
	if ((size_t)c->request.length < sizeof(reply))
		return answer_result(c, -EINVAL, 0);
	memcpy(&reply, c->data, sizeof(reply));
	reply.controller[sizeof(reply.controller) - 1] = 0;
	const struct op *op = find_cgroup(run, reply.controller);
	/* On a purely unified host every controller lives in the one hierarchy. */
	if (!op && layout(run) == LAYOUT_UNIFIED)
		op = find_cgroup(run, "");
	_fd_ int fd = open_cgroup(op, limit);
	if (fd < 0)
		return answer_result(c, fd, 0);
	reply.layout = layout(run);
	reply.type = *STR(op, SET_CGROUP_CONTROLLERS) ? MAGIC_V1 : MAGIC_V2;
	reply.fd = fd;
	answer(c, &(struct answer){ .data = { { &reply, sizeof(reply) } }, .fds = { fd }, .fd_count = 1 });
}

static void answer_cgroup_context(struct run *run, struct client *c)
{
	struct cgroup_context reply = { .layout = layout(run) };
	struct answer a = { 0 };
	const struct op *op;
	for (uint32_t i = 0; reply.count < CONTEXT_FDS && (op = setting(run, OP_SET_CGROUP, i)); i++) {
		int fd = open_cgroup(op, false);
		if (fd >= 0)
			reply.fd[reply.count++] = fd;
	}
	memcpy(a.fds, reply.fd, sizeof(reply.fd));
	a.fd_count = reply.count;
	/* Callers of another version have a shorter or a longer structure. */
	size_t size = c->request.length;
	memset(c->data, 0, size);
	memcpy(c->data, &reply, size < sizeof(reply) ? size : sizeof(reply));
	a.data[0] = (struct iovec){ c->data, size };
	answer(c, &a);
	for (uint32_t i = 0; i < reply.count; i++)
		close(reply.fd[i]);
}

/* ---- stop, freeze, thaw ---- */

static int write_in(const char *dir, const char *file, const char *text)
{
	char path[512];
	int joined = JOIN(path, dir, "/", file);
	return joined < 0 ? joined : write_file(path, O_WRONLY, 0, text, strlen(text));
}

static void thaw(struct run *run)
{
	const struct op *op = find_cgroup(run, "freezer");
	if (op)
		write_in(STR(op, SET_CGROUP_LIMIT_DIR), "freezer.state", "THAWED");
	op = find_cgroup(run, "");
	if (op)
		write_in(STR(op, SET_CGROUP_LIMIT_DIR), "cgroup.freeze", "0");
}

static void stop(struct run *run, struct client *c)
{
	const struct op *op = setting(run, OP_SET_INIT, 0);
	int err = pidfd_kill(run->init_pidfd, run->init, op && NUM(op, SET_INIT_STOP) ? NUM(op, SET_INIT_STOP) : SIGKILL);
	if (err < 0) {
		answer_result(c, err, 0);
		return release(c);
	}
	thaw(run);
	/* The answer is that the connection closes, when this process is through. */
	c->kind = UNTIL_THE_END;
}

static void freezer_done(struct run *run, int result)
{
	close_fd(&freezer.events);
	if (result == 0)
		state_set(run, freezer.freeze ? FROZEN : THAWED);
	else
		state_set(run, RUNNING);
	if (!freezer.client)
		return;
	answer_result(freezer.client, result, 0);
	release(freezer.client);
}

/* cgroup.events says `frozen 0` or `frozen 1`. */
static void freezer_check(struct run *run)
{
	char text[128];
	ssize_t count = pread(freezer.events, text, sizeof(text) - 1, 0);
	if (count <= 0)
		return freezer_done(run, count < 0 ? -errno : -ENODATA);
	text[count] = 0;
	const char *frozen = strstr(text, "frozen ");
	if (frozen && (frozen[7] == '1') == freezer.freeze)
		return freezer_done(run, 0);
	if (freezer.deadline && now_ms() >= freezer.deadline)
		freezer_done(run, -ETIMEDOUT);
}

static void freeze(struct run *run, struct client *c, bool on)
{
	const struct op *op = find_cgroup(run, "");
	char path[512];
	int err = 0;
	if (layout(run) != LAYOUT_UNIFIED || !op)
		err = -ENOENT;
	else if (freezer.events >= 0)
		err = -EBUSY;
	else if ((err = JOIN(path, STR(op, SET_CGROUP_LIMIT_DIR), "/cgroup.events")) >= 0)
		err = freezer.events = CHECK(open(path, O_RDONLY | O_CLOEXEC));
	if (err >= 0)
		err = write_in(STR(op, SET_CGROUP_LIMIT_DIR), "cgroup.freeze", on ? "1" : "0");
	if (err < 0) {
		if (err != -EBUSY)
			close_fd(&freezer.events);
		answer_result(c, err, 0);
		return release(c);
	}
	int32_t seconds = c->request.value;
	freezer.client = c;
	freezer.freeze = on;
	freezer.deadline = seconds > 0 ? now_ms() + seconds * 1000LL : 0;
	c->kind = WAITS_FOR_FREEZER;
	if (on)
		state_set(run, FREEZING);
	freezer_check(run);
}

int command_timeout(void)
{
	if (freezer.events < 0 || !freezer.deadline)
		return -1;
	int64_t left = freezer.deadline - now_ms();
	return left > 0 ? left : 0;
}

/* ---- terminals ---- */

static bool tty_busy(int tty)
{
	for (size_t i = 0; i < used; i++)
		if (clients[i].kind == TTY && clients[i].tty == tty)
			return true;
	return false;
}

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

static const char *container_name(struct run *run)
{
	const struct op *op = setting(run, OP_SET_NAME, 0);
	return op ? STR(op, SET_NAME_NAME) : "";
}

void command_announce(struct run *run, enum state state)
{
	struct state_message message = { .value = state };
	strncpy(message.name, container_name(run), sizeof(message.name) - 1);
	for (size_t i = 0; i < used; i++) {
		struct client *c = &clients[i];
		if (c->kind != STATE || !(c->wanted & 1U << state))
			continue;
		send(c->fd, &message, sizeof(message), MSG_DONTWAIT | MSG_NOSIGNAL);
		release(c);
	}
}

/* ---- requests ---- */

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
	state_serve(run, c->request.value);
	answer_result(c, 0, 0);
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
	/* Device rules in force are programs: there is none to add to outside the unified hierarchy. */
	case ADD_BPF_DEVICE_CGROUP: return answer_result(c, layout(run) == LAYOUT_UNIFIED ? -ENOSYS : -EINVAL, 0);
	default: return answer_result(c, -ENOSYS, 0);
	}
}

static void obey(struct run *run, struct client *c)
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

/* ---- connections ---- */

static bool may_ask(const struct ucred *who)
{
	return who->uid == 0 || (who->uid == geteuid() && who->gid == getegid());
}

/*
 * The sender's credentials; those of who connected where the message came before we asked for them (pid 0) and the
 * sender added none.
 */
static bool from_friend(struct client *c, struct msghdr *message)
{
	struct ucred who = { 0 };
	struct cmsghdr *control = CMSG_FIRSTHDR(message);
	if (control && control->cmsg_level == SOL_SOCKET && control->cmsg_type == SCM_CREDENTIALS)
		memcpy(&who, CMSG_DATA(control), sizeof(who));
	return who.pid ? may_ask(&who) : !c->stranger;
}

/* Room for the credentials alone: descriptors that come along are closed by the kernel. */
static ssize_t receive(struct client *c, void *at, size_t size, bool *friend)
{
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(sizeof(struct ucred))];
	} control;
	struct iovec part = { at, size };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control,
				  .msg_controllen = sizeof(control) };
	ssize_t count = recvmsg(c->fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	*friend = count > 0 && from_friend(c, &message);
	return count;
}

static void read_request(struct run *run, struct client *c)
{
	bool in_head = c->got < sizeof(c->request), friend;
	char *at = in_head ? (char *)&c->request + c->got : c->data + c->got - sizeof(c->request);
	size_t size = in_head ? sizeof(c->request) - c->got : c->request.length + sizeof(c->request) - c->got;
	ssize_t count = receive(c, at, size, &friend);
	if (count < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (count <= 0)
		return release(c);
	if (!friend) {
		answer_result(c, -EPERM, 0);
		return release(c);
	}
	c->got += count;
	if (c->got < sizeof(c->request))
		return;
	if (c->request.length < 0 || c->request.length >= MAX_DATA)
		return release(c);
	if (c->got < sizeof(c->request) + c->request.length)
		return;
	c->data[c->request.length] = 0;
	obey(run, c);
}

/* The client of `kind` that has been silent longest. */
static struct client *oldest(bool strangers, int *count)
{
	struct client *found = NULL;
	*count = 0;
	for (size_t i = 0; i < used; i++) {
		struct client *c = &clients[i];
		if (c->kind != FRESH || c->stranger != strangers)
			continue;
		++*count;
		if (!found || c->since < found->since)
			found = c;
	}
	return found;
}

/* A free place; where there is none, that of a client that connected and asked nothing. */
static struct client *place(bool stranger)
{
	int count;
	struct client *victim = oldest(stranger, &count);
	if (!stranger || count < MAX_STRANGERS)
		for (size_t i = 0; i < CLIENT_SLOTS; i++) {
			if (i == used)
				used++;
			if (clients[i].kind == FREE)
				return &clients[i];
		}
	if (victim)
		release(victim);
	return victim;
}

static void accept_client(struct run *run)
{
	int fd = accept4(run->command, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0)
		return;
	struct ucred who = { .uid = -1 };
	socklen_t size = sizeof(who);
	getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size);
	bool stranger = !may_ask(&who);
	struct client *c = place(stranger);
	if (!c) {
		close(fd);
		return;
	}
	setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &(int){ 1 }, sizeof(int));
	c->fd = fd;
	c->kind = FRESH;
	c->stranger = stranger;
	c->since = clock_of_clients++;
	c->got = 0;
	/* The request is mostly there already: one turn of the poll loop less. */
	read_request(run, c);
}

int command_open(void)
{
	if (!clients)
		clients = map_pages(CLIENT_SLOTS * sizeof(*clients));
	return clients ? 0 : -ENOMEM;
}

size_t command_most(void)
{
	return 2 + used;
}

size_t command_poll(struct run *run, struct pollfd *polls)
{
	size_t count = 2;
	polls[0] = (struct pollfd){ .fd = run->command, .events = POLLIN };
	polls[1] = (struct pollfd){ .fd = freezer.events, .events = POLLPRI };
	for (size_t i = 0; i < used; i++) {
		if (clients[i].kind == FREE)
			continue;
		clients[i].poll_at = count;
		polls[count++] = (struct pollfd){ .fd = clients[i].fd, .events = POLLIN };
	}
	return count;
}

void command_run(struct run *run, const struct pollfd *polls, size_t count)
{
	for (size_t i = 0; i < used; i++) {
		struct client *c = &clients[i];
		if (c->kind == FREE || c->poll_at >= count || !polls[c->poll_at].revents)
			continue;
		if (c->kind == FRESH)
			read_request(run, c);
		else
			release(c); /* It closed, or says more than it may. */
	}
	if (freezer.events >= 0)
		freezer_check(run);
	if (polls[0].revents)
		accept_client(run);
}

void command_close(struct run *run, bool again)
{
	if (!again)
		close_fd(&run->command);
	for (size_t i = 0; i < used; i++)
		if (clients[i].kind == TTY || clients[i].kind == SHOWN_CONSOLE || (!again && clients[i].kind == STATE))
			release(&clients[i]);
}
