/*
 * The monitor's command socket, in liblxc's wire format, so that LXC's own tools and bindings work on our containers.
 * Here are its clients: non-blocking and bounded in number, so that none can hold up the monitor or the others.
 */
#include "command.h"

#include <sys/socket.h>

/* On pages of their own, of which few are ever touched: among other data each would take a page more. */
static struct client *clients;
/* Behind the last slot that was ever used. */
static size_t used;

static uint32_t clock_of_clients;

void release(struct client *c)
{
	if (c->kind == SHOWN_CONSOLE)
		console_take_back();
	freezer_forget(c);
	if (c->kind != FREE)
		close(c->fd);
	c->kind = FREE;
}

bool tty_busy(int tty)
{
	for (size_t i = 0; i < used; i++)
		if (clients[i].kind == TTY && clients[i].tty == tty)
			return true;
	return false;
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

static bool may_ask(const struct ucred *who)
{
	return who->uid == 0 || (who->uid == geteuid() && who->gid == getegid());
}

/* What came beside the bytes of a message. */
struct beside {
	struct ucred who;       /* pid 0: not told */
	int fd;                 /* -1 none */
};

static void read_control(struct msghdr *message, struct beside *beside)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
		if (c->cmsg_level != SOL_SOCKET)
			continue;
		if (c->cmsg_type == SCM_CREDENTIALS)
			memcpy(&beside->who, CMSG_DATA(c), sizeof(beside->who));
		if (c->cmsg_type == SCM_RIGHTS && c->cmsg_len == CMSG_LEN(sizeof(int)))
			memcpy(&beside->fd, CMSG_DATA(c), sizeof(int));
	}
}

/*
 * Where no descriptor is expected there is room for the credentials alone: what comes along is closed by the kernel.
 * Credentials are the sender's; those of who connected where the message came before we asked for them and the sender
 * added none.
 */
static ssize_t receive(struct client *c, void *at, size_t size, bool *friend, int *fd)
{
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(sizeof(struct ucred)) + CMSG_SPACE(sizeof(int))];
	} control;
	struct beside beside = { .fd = -1 };
	struct iovec part = { at, size };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control,
				  .msg_controllen = fd ? sizeof(control) : CMSG_SPACE(sizeof(struct ucred)) };
	ssize_t count = recvmsg(c->fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (count >= 0)
		read_control(&message, &beside);
	*friend = count > 0 && (beside.who.pid ? may_ask(&beside.who) : !c->stranger);
	if (fd)
		*fd = beside.fd;
	return count;
}

/* The message behind the request, whose one byte means nothing. */
static void read_listener(struct run *run, struct client *c)
{
	char byte;
	bool friend;
	int fd;
	ssize_t count = receive(c, &byte, 1, &friend, &fd);
	if (count < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (friend)
		take_listener(run, c, fd);
	else
		close_fd(&fd);
	release(c);
}

static bool expects_listener(const struct client *c)
{
	return c->got == sizeof(c->request) && c->request.command == SECCOMP_NOTIFY_ADD_LISTENER;
}

static void read_request(struct run *run, struct client *c)
{
	if (expects_listener(c))
		return read_listener(run, c);
	bool in_head = c->got < sizeof(c->request), friend;
	char *at = in_head ? (char *)&c->request + c->got : c->data + c->got - sizeof(c->request);
	size_t size = in_head ? sizeof(c->request) - c->got : c->request.length + sizeof(c->request) - c->got;
	ssize_t count = receive(c, at, size, &friend, NULL);
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
	if (expects_listener(c))
		return read_listener(run, c);
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
	polls[1] = (struct pollfd){ .fd = freezer_fd(), .events = POLLPRI };
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
