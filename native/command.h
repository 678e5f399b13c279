/* What the parts of the command socket share: the wire, its clients, its answers. */
#pragma once

#include "monitor.h"

/* The commands. */
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

struct answer {
	int result;
	intptr_t value;
	struct iovec data[2];
	int fds[CONTEXT_FDS];
	int fd_count;
};

/* ---- command.c ---- */
void release(struct client *);
bool tty_busy(int tty);

/* ---- request.c ---- */

/* Answers the request that `client` has sent whole; the client is kept or released. */
void obey(struct run *, struct client *);
void take_listener(struct run *, struct client *, int fd); /* -1 where none came */
const char *container_name(struct run *);

/* ---- answer.c: none of these waits; 0 or -errno ---- */
int answer(struct client *, const struct answer *);
void answer_result(struct client *, int result, intptr_t value);
void answer_text(struct client *, const char *);
int answer_fd(struct client *, int fd, intptr_t value); /* a negative `fd` is the result */

/* ---- hierarchy.c ---- */
int layout(struct run *);
const struct op *find_cgroup(struct run *, const char *controller); /* "" the unified one; NULL none */
void answer_cgroup_path(struct run *, struct client *, bool limit);
void answer_cgroup2(struct run *, struct client *, bool limit);
void answer_cgroup_fd(struct run *, struct client *, bool limit);
void answer_cgroup_context(struct run *, struct client *);
void stop(struct run *, struct client *);
bool stops(void);                           /* somebody asked for it: no reboot any more */
void freeze(struct run *, struct client *, bool on);
int freezer_fd(void);                       /* to poll for POLLPRI; -1 when nothing is in progress */
void freezer_check(struct run *);
void freezer_forget(const struct client *); /* it goes on, but nobody waits for it */

/* ---- devices.c ---- */
int add_device_rule(struct run *, const char *dir, const void *request, size_t size);
void forget_device_rules(void);
