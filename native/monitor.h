/* What monitor.c, command.c, console.c and attach.c share. One process watches one container. */
#pragma once

#include <poll.h>

#include "lxc-ts.h"

/* liblxc's numbers. */
enum state { STOPPED, STARTING, RUNNING, STOPPING, ABORTING, FREEZING, FROZEN, THAWED, MAX_STATE };

/* What a state client and monitord are told: lxc_msg. */
enum { MESSAGE_STATE = 0, MESSAGE_EXIT_CODE = 2 };
struct state_message {
	int32_t type;
	char name[256];
	int32_t value;
};

/* ---- relay.c: a terminal on one side, the master of a pseudo terminal on the other ---- */

struct relay {
	int master, in, out;    /* -1 where there is none */
	int escape;             /* the character that, followed by q, ends the relay; -1 none */
	bool escaped, quit;
	bool is_stream;         /* whoever types and reads is a program: its end of input is typed, its reading awaited */
	void (*tap)(const char *bytes, size_t count); /* sees what comes from the master */
	size_t up_at, up_end, down_at, down_end;
	char *up, *down;        /* pages of their own, that a silent terminal never touches */
};

enum { RELAY_POLLS = 3, UP_SIZE = 4096, DOWN_SIZE = 4096 };
void relay_open(struct relay *, int master, int in, int out);
void relay_poll(struct relay *, struct pollfd polls[static RELAY_POLLS]);
void relay_run(struct relay *, const struct pollfd polls[static RELAY_POLLS]);
/* Show what is left in the master; a terminal that takes nothing for a second ends it. */
void relay_drain(struct relay *);

/* Raw mode of the terminal that the caller works at, and back. */
void terminal_raw(int fd);
void terminal_restore(void);
void terminal_plain(int fd);                /* a pseudo terminal of ours: bytes as they are */
void terminal_copy_size(int from, int to);
/* Among the standard streams the terminal that is typed at and the one that shows; -1 for none. */
int terminal_in(void);
int terminal_out(void);
/* The same terminal or pipe so that writing never waits, where that can be had; else `fd` itself. */
int without_waiting(int fd);

/* ---- console.c ---- */

enum { CONSOLE_POLLS = RELAY_POLLS + 1 };
void console_open(struct run *);
void console_poll(struct pollfd polls[static CONSOLE_POLLS]);
void console_run(const struct pollfd polls[static CONSOLE_POLLS]);
void console_resize(void);
/* Shows what is left; with `again` the peer stays for the console of the next run. */
void console_close(bool again);
/* The master of a pseudo terminal that shows the console to one client more; -EBUSY where there is one. */
int console_lend(void);
void console_take_back(void);
/* CONSOLE_LOG; up to two pieces of the ring buffer. 0 or -errno. */
int console_log(bool clear, bool read, uint64_t max, bool to_file, struct iovec pieces[static 2]);

/* ---- command.c ---- */

enum { CLIENT_SLOTS = 512 };
int command_open(void);
size_t command_most(void);                  /* how many polls command_poll may fill */
size_t command_poll(struct run *, struct pollfd *);
int command_timeout(void);                  /* milliseconds until command_run wants to be called; -1 never */
void command_run(struct run *, const struct pollfd *, size_t count);
void command_announce(struct run *, enum state); /* to state clients */
void command_close(struct run *, bool again);

/* ---- sysinfo.c ---- */

/* Takes over a listener whose notifications are calls of sysinfo(2); 0 or -errno. */
int sysinfo_listen(struct run *, int listener);
size_t sysinfo_most(void);                  /* how many polls sysinfo_poll may fill */
size_t sysinfo_poll(struct pollfd *);
void sysinfo_run(struct run *, const struct pollfd *, size_t count);
void sysinfo_reaped(pid_t);                 /* a fork of ours that ended */
void sysinfo_close(void);

/* ---- notify.c ---- */

/* Takes over a listener whose notifications go to the proxy; 0 or -errno. */
int notify_listen(int listener);
size_t notify_most(void);                   /* how many polls notify_poll may fill */
size_t notify_poll(struct pollfd *);
void notify_run(struct run *, const struct pollfd *, size_t count);
void notify_close(void);

/* ---- monitor.c ---- */

/* Takes over the listener of a filter, for whoever answers it here; 0 or -errno. */
int listen_to(struct run *, int listener);

enum state state_now(void);
void state_set(struct run *, enum state); /* and announces it to state clients and to monitord */
const struct op *setting(struct run *, uint16_t code, uint32_t nth); /* NULL behind the last */

/* ---- self.c ---- */

/* Clone and execute the process that runs the child list of an attach; `terminal` is its slave, -1 none. */
int bear_attached(struct run *, const char *cgroup2, int terminal);
