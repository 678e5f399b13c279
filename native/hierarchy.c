/*
 * The container's cgroups as the command socket tells them, and what is done through them: thawing what is to be
 * stopped, freezing on a unified host.
 */
#include "command.h"

#include <time.h>

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

const struct op *find_cgroup(struct run *run, const char *controller)
{
	const struct op *op;
	for (uint32_t i = 0; (op = setting(run, OP_SET_CGROUP, i)); i++) {
		const char *controllers = STR(op, SET_CGROUP_CONTROLLERS);
		if (*controllers ? *controller && has_controller(controllers, controller) : !*controller)
			return op;
	}
	return NULL;
}

int layout(struct run *run)
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

void answer_cgroup_path(struct run *run, struct client *c, bool limit)
{
	const struct op *op = find_cgroup(run, c->data);
	if (op)
		answer_text(c, STR(op, limit ? SET_CGROUP_LIMIT_PATH : SET_CGROUP_PATH));
	else
		answer_result(c, -ENOENT, 0);
}

/* Beside v1 hierarchies this one carries no controllers: who gets it would freeze and limit in the wrong place. */
void answer_cgroup2(struct run *run, struct client *c, bool limit)
{
	if (layout(run) != LAYOUT_UNIFIED)
		return answer_result(c, -EINVAL, 0);
	_fd_ int fd = open_cgroup(find_cgroup(run, ""), limit);
	answer_fd(c, fd, 0);
}

void answer_cgroup_fd(struct run *run, struct client *c, bool limit)
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

void answer_cgroup_context(struct run *run, struct client *c)
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

static bool stop_asked;

bool stops(void)
{
	return stop_asked;
}

void stop(struct run *run, struct client *c)
{
	const struct op *op = setting(run, OP_SET_INIT, 0);
	int err = pidfd_kill(run->init_pidfd, run->init, op && NUM(op, SET_INIT_STOP) ? NUM(op, SET_INIT_STOP) : SIGKILL);
	if (err < 0) {
		answer_result(c, err, 0);
		return release(c);
	}
	stop_asked = true;
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
void freezer_check(struct run *run)
{
	char text[128];
	if (freezer.events < 0)
		return;
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

void freeze(struct run *run, struct client *c, bool on)
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

int freezer_fd(void)
{
	return freezer.events;
}

void freezer_forget(const struct client *c)
{
	if (freezer.client == c)
		freezer.client = NULL;
}
