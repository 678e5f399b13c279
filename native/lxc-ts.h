/*
 * What the parts of the helper share. One process is, in turn, client (talks to the brain), runner (executes a
 * program's parent list), and monitor (stays beside the container); its clone is the child (executes the child list
 * and becomes init or the attached command). Single-threaded everywhere: cgroup moves by `tasks` rely on it.
 *
 * House rules: a function gives 0 (or a count, a descriptor) or -errno; `detail()` adds what errno cannot say. No
 * stdio, no printf family, no malloc: memory comes from mmap and goes back, because the monitor is a fork of
 * the client and stays for months. The child allocates nothing.
 */
#pragma once

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#include "wire.h"

/* The text in `detail` says it all: goes over the wire as errno 0. */
#define ESAID 4000

#define MAX_PTYS 256
#define countof(array) (sizeof(array) / sizeof((array)[0]))
#define cleanup(fn) __attribute__((cleanup(fn)))
/* A variable without value that no monitor touches while nothing happens: behind the others, which so share one page. */
#define SELDOM __attribute__((section(".bss.seldom")))
#define noreturn __attribute__((noreturn))

/* ---- base.c: texts, memory, descriptors, failures ---- */

/* Declared with `_fd_`, a descriptor is closed when its scope ends. */
static inline void close_fd(int *fd)
{
	if (*fd >= 0) {
		int kept = errno;
		close(*fd);
		errno = kept;
	}
	*fd = -1;
}
#define _fd_ cleanup(close_fd)

/* Retry a system call that a signal interrupted. */
#define RETRY(call) ({ __typeof__(call) _r; do _r = (call); while (_r == -1 && errno == EINTR); _r; })

/* -1 with errno becomes -errno. */
#define CHECK(call) ({ __typeof__(call) _c = RETRY(call); _c == -1 ? (__typeof__(_c))-errno : _c; })

/* Zeroed pages, or NULL. */
void *map_pages(size_t size);
void unmap_pages(void *at, size_t size);

/* A growing byte buffer on pages of its own; what does not fit in memory ends the process. */
struct buffer {
	char *at;
	size_t len, cap;
};
void put_bytes(struct buffer *, const void *, size_t);
void put_u32(struct buffer *, uint32_t);
void put_blob(struct buffer *, const void *, size_t);      /* the wire's blob */
void put_text(struct buffer *, const char *);              /* the wire's text */
void put_texts(struct buffer *, char *const *);            /* NULL-terminated list -> the wire's texts */
void buffer_free(struct buffer *);
#define _buffer_ cleanup(buffer_free)

/* Decimal of `value` into `out`; its length. */
size_t format_number(char out[static 24], int64_t value);

/* Join texts (NULL ends the list) into `out`, NUL-terminated; -ENAMETOOLONG when they do not fit. */
int join(char *out, size_t size, ...);
#define JOIN(out, ...) join(out, sizeof(out), __VA_ARGS__, NULL)

int64_t parse_number(const char **at);                     /* decimal digits; moves *at behind them */

int write_all(int fd, const void *, size_t);               /* 0 or -errno */
ssize_t read_file(const char *path, char *out, size_t size); /* NUL-terminated; its length or -errno */
#define READ_MOST (32ul << 20)
int read_text(int fd, struct buffer *);                    /* to the end, with a NUL; 0 or -errno, -EFBIG above READ_MOST */
int write_file(const char *path, int flags, int mode, const void *, size_t); /* one write(2) */
int connect_abstract(const char *name);                    /* stream socket to the abstract `name`, CLOEXEC */
int recv_fd(int fd, void *, size_t, int *passed);          /* recvmsg; *passed is -1 or a CLOEXEC descriptor */
int send_fd(int fd, const void *, size_t, int pass);       /* sendmsg, whole or -errno; pass -1: none */

/* What the last failure's errno cannot say (a path component, a hook's last words); joined texts, NULL ends. */
void detail(const char *first, ...) __attribute__((sentinel));
void detail_bytes(const char *, size_t);
const char *detail_take(void);                             /* "" when none; forgets it */

int test_lock(const char *path);                           /* 0 where nobody holds a lock on it, -EAGAIN, -errno */
int pidfd_open_compat(pid_t pid);
int pidfd_kill(int pidfd, pid_t pid, int sig);             /* by pidfd, by pid where it is -1 */
uint64_t start_time(pid_t pid);                            /* /proc/PID/stat field 22; 0 when unknown */

/* Text for a human on stderr; `status` becomes the exit status. */
void complain(const char *first, ...) __attribute__((sentinel));
noreturn void die(int status, const char *message);

/* ---- frame.c: frames on a stream socket ---- */

struct frame {
	uint32_t type, len;
	char *data;     /* pages of their own, writable, a NUL behind the payload */
	size_t mapped;
};
int frame_send(int fd, uint32_t type, const void *, size_t);
int frame_read(int fd, struct frame *);                    /* 1, 0 at end of file, -errno; blocks */
void frame_free(struct frame *);
#define _frame_ cleanup(frame_free)

/* Sequential reader of a payload: sticky failure, so that a caller checks once at the end. */
struct reader {
	const char *at, *end;
	bool bad;
};
uint32_t get_u16(struct reader *), get_u32(struct reader *);
const char *get_blob(struct reader *, uint32_t *len);      /* NUL behind it */

/* ---- program.c: a RUN payload as structs ---- */

struct arg {
	union {
		int64_t n;
		const char *s;  /* text or bytes, NUL behind them */
		char **v;       /* texts, NULL-terminated */
	};
	uint32_t len;           /* bytes of s, entries of v */
};

struct op {
	uint16_t code, flags, link, argc;
	const char *raw;        /* the op as it came, for the record */
	uint32_t raw_len;
	struct arg *args;       /* as many as the op table says; missing ones are 0 or "" */
};

struct op_list {
	struct op *ops;
	uint32_t count;
};

struct program {
	uint32_t after, exit, flags;
	struct op_list list[4]; /* by LIST_* */
	struct frame frame;     /* the bytes that texts point into, then undo ops and settings */
	void *arena;            /* parent and child ops */
	size_t arena_size;
};

bool program_frame(struct frame *, const char *run, size_t len); /* RUN of our own, with room to be decoded */
int program_decode(struct program *, struct frame *);      /* takes the frame over */
void program_trim(struct program *);                       /* the monitor needs only undo ops and settings */
void program_free(struct program *);

#define NUM(op, i) ((op)->args[i].n)
#define STR(op, i) ((op)->args[i].s)
#define LEN(op, i) ((op)->args[i].len)
#define VEC(op, i) ((op)->args[i].v)

/* ---- the state of one run: from RUN to the container's end ---- */

struct run {
	struct program program;
	uint32_t armed;         /* undo ops [0, armed) are in force */
	int brain;              /* frames to the brain (or, detached, to the client that relays them); -1 closed */
	int relay;              /* client: frames of the runner that `detach` forked; -1 else */
	int signals;            /* signalfd of INT TERM HUP QUIT CHLD WINCH while runner or monitor; -1 else. The runner
	                           may have read a CHLD of init: it sends itself another one before monitor() */
	bool detached;          /* we are the fork of `detach`; `brain` then leads to the client */
	bool running;           /* RESULT ok was sent, and what it is about goes on */
	bool again;             /* reboot: bindCommand and detach are skipped */
	bool adopted;           /* init is not our child: wait by pidfd, its status is unknown */

	char record_path[256];  /* "" before openRecord */
	int record;             /* O_APPEND descriptor of the record, -1 before openRecord */
	bool taken;             /* the record was there before us, with its inverses */
	off_t record_head;      /* where its HEAD entry ends */
	int command;            /* listening command socket, -1 before bindCommand */

	pid_t init;             /* the container's init: cloned, adopted, or the one attach enters */
	int init_pidfd;
	pid_t child;            /* the process that runs the child list: init, or the attached command */
	int child_pidfd;
	uint64_t clone_flags;

	bool filtered;          /* op_seccomp ran: no descriptor outlives exec any more */
	int listener;           /* notifications of the filter that init got (op_seccomp); -1 none */
	int sync;               /* SEQPACKET between parent and child, either end; -1 once exec was seen */
	uint32_t seen;          /* bit per sync point that the other side posted */

	int pty[MAX_PTYS];      /* parent: masters, 0 is the console; -1 none */
	int ptys;               /* highest index in use + 1 */
	int console;            /* child: the slave for `stdio`; -1 none */
	int root;               /* child: descriptor of openRoot; -1 none */
	int tree, next_tree;    /* mounts of openFileSystem until placeMount; -1 none */
	int lock;               /* of holdLock, until the program ends; -1 none */
	int self;               /* sealed copy of this binary where the child list has execInit; -1 none */
	int null;               /* child: /dev/null of the host */
	uint32_t child_at;      /* child: index of the op that runs */

	/* The first failure. */
	bool failed;
	uint32_t fail_list, fail_index;
	int fail_errno;
	struct buffer fail_detail;
	struct buffer notes;    /* encoded as in RESULT */
	uint32_t note_count;
};

void run_init(struct run *, int brain);
void run_free(struct run *);                               /* descriptors and texts, not the program */

/* ---- runner.c: the parent list ---- */

typedef int op_fn(struct run *, const struct op *);

/*
 * Execute the loaded program's parent list. RUN_FAILED: undone, RESULT was sent. RUN_DONE: RESULT ok was sent, nothing
 * stays. RUN_MONITOR: RESULT ok was sent, this process is the monitor. RUN_ATTACHED: RESULT ok was sent, the
 * caller waits by wait_attached(). RUN_RELAY: the program goes on in a fork that speaks frames on run->relay.
 */
enum run_end { RUN_FAILED, RUN_DONE, RUN_MONITOR, RUN_ATTACHED, RUN_RELAY };
enum run_end run_program(struct run *);

/*
 * Clone the process that runs the child list (it never returns here): sync sockets, fallbacks where clone3 or
 * CLONE_INTO_CGROUP is missing. Fills child, child_pidfd, sync.
 */
int clone_child(struct run *, uint64_t flags, const char *cgroup2);

/* The parent's half of the birth: keep our end of the sync sockets and the child. `pid` < 0 is passed on. */
int hold_child(struct run *, const int pair[2], pid_t pid, int pidfd);

/* fork() into a v2 directory ("" : none) with the same fallbacks; 0 in the fork. */
pid_t fork_into(const char *cgroup2, uint64_t flags, int *pidfd);

/* Take one message of the child (blocking or not): notes, ptys, points, failure. 1, 0 end of file, -errno, -EAGAIN. */
int take_message(struct run *, bool block);
/* Wait until the child's end of `sync` closes by its exec. 0, or the failure is in run->fail_*. */
int await_exec(struct run *);

/* A signal came that ends the work: -EINTR with its number as the detail; else 0. */
int told_to_end(struct run *);
int record_append(struct run *, uint32_t tag, const void *, size_t);
int record_processes(struct run *);                        /* this process as monitor, and init */
void record_remove(struct run *);
void add_note(struct run *, uint32_t list, uint32_t index, int err, const char *detail);
int send_result(struct run *, uint32_t kind, int32_t value);

/* Before the inverses: leave our own cgroups (setPivot). On v2 a fork born outside goes on, and this process ends. */
void leave_cgroups(struct run *, bool reboot);
/* Run the armed inverses backwards, then remove the record; with one that failed the record stays. */
void run_undo(struct run *);

/* One op of a list by its table, with the injected fault where this build has faults. */
int run_parent_op(struct run *, uint32_t list, uint32_t index);
#define LIST_CALLS 4 /* for faults: the Nth call, wherever it stands */
#ifdef FAULTS
int fault(uint32_t list, uint32_t index);
#else
static inline int fault(uint32_t list, uint32_t index)
{
	(void)list, (void)index;
	return 0;
}
#endif

/* ---- parent ops by topic: cgroup.c, host.c, clone.c, undo.c, storage.c ---- */
op_fn op_settle, op_mkdir_cgroup, op_rmdir, op_rmdir_cgroup, op_join_cgroup, op_remove_tree;
op_fn op_bind_command, op_write_file, op_unlink, op_lock_file, op_test_lock, op_hold_lock, op_keep_lock, op_write_proc, op_write_pidfile, op_signal, op_stop_by_monitor, op_tell_state, op_adopt, op_adopt_from, op_bpf_devices, op_clone_tree;
op_fn op_clone, op_clone_within, op_detach, op_open_record, op_take_record;
op_fn op_open_file_system, op_spawn;

int remove_tree(const char *path);                         /* 0 too where there is nothing */

/* hotplug.c */
op_fn op_place_node, op_remove_node;

/* ---- child.c: the child list; ops by topic in files of their own ---- */

noreturn void run_child(struct run *);
/* Go on with the list after op `done` (op_enter: in the sibling born inside). */
noreturn void run_child_from(struct run *, uint32_t next);

/* Child to parent; `value` and the text by kind. */
enum message { MSG_POINT = 1, MSG_FAIL, MSG_NOTE, MSG_PTY, MSG_PID, MSG_LISTENER, MSG_TREE };
struct message_head {
	uint32_t kind, index;   /* MSG_POINT: the point; MSG_PTY: which; else op index */
	int32_t value;          /* MSG_FAIL, MSG_NOTE, MSG_TREE: errno; MSG_PID: pid of the sibling that goes on */
};
int send_message(struct run *, enum message, uint32_t index, int32_t value, const char *text, int pass);

/* Child: one message of the parent; a mount is kept for takeTree. The process ends with its parent. */
void hear_parent(struct run *);

unsigned mount_attributes(unsigned flags);                 /* of mount(2) -> MOUNT_ATTR_* */

/* ---- client.c, brain.c: reaching a brain and obeying it ---- */

extern const char *command_name; /* as the user typed it, without directory */
extern char **main_argv;        /* as main() got them; the monitor writes its title over them */
extern sigset_t caller_mask;    /* the signal mask we were started with; programs we spawn get it back */

/* What a process that needs a brain says, and where it looks for one. */
struct introduction {
	struct buffer hello;    /* the pid in it is 0 until it is said */
	char namespaces[17];    /* a daemon serves exactly those who see what it sees */
	char directory[80];     /* our own and nobody else's, unless */
	int no_directory;       /* -errno; also where no daemon is wanted */
};

void introduction_prepare(struct introduction *, uint32_t role, char *const *argv); /* free its hello */

/* A brain that answered HELLO with ACCEPT: warm if one is there (started with `may_start`), else cold. fd or -errno. */
int brain_open(struct introduction *, bool may_start);
int brain_inherited(int fd, struct introduction *);        /* the one behind `fd` */

#define FNV_START 0xcbf29ce484222325ull
uint64_t fnv(uint64_t hash, const void *bytes, size_t len); /* FNV-1a */
void format_hash(char out[static 17], uint64_t hash);

/* ---- trace.c: times of a program with the flag `trace`; for others these do nothing ---- */
void trace_moment(uint32_t which);                         /* TRACE_*; always taken, for RUN comes late */
void trace_ops(const struct program *);
void trace_begin(uint32_t list, uint32_t index);
void trace_end(uint32_t list, uint32_t index);
void trace_send(int brain);                                /* and no more times from here on */

/* ---- replay.c ---- */

/* What a brain kept for a request, as RUN or OUT; false where nothing is kept that still holds. */
bool replay_open(const struct introduction *, struct frame *out);
/* The file `key` in a folder of the run directory; free its bytes in any case. */
bool kept_file(const struct introduction *, const char *folder, uint64_t key, const char *magic, struct buffer *);
bool grounds_hold(struct reader *);                        /* u32 count, then each */

/* ---- pattern.c ---- */

/* The same for a request that differs from such as were answered only in words that are its own. */
bool pattern_open(const struct introduction *, struct frame *out);

/* ---- report.c ---- */

/* A kept report with the numbers of now, as OUT; false where one of its files does not tell it any more. */
bool report_render(struct reader *, struct frame *out);

/*
 * Obey OUT, ERR, SPAWN, WANT; stop at a frame that the caller decides on (RUN, RESUME, ABORT, EXIT).
 * 1, 0 at end of file, -EINTR when `signals` (-1: none) told INT, TERM, HUP or QUIT.
 */
int brain_next(int brain, int signals, struct frame *);

/* Starting Node.js: the installation's own, in an environment made of nothing. */
int install_root(char *out, size_t size);
noreturn void exec_node(const char *root, char *const *args);
void leave_callers_cgroups(char *unified, size_t size);

int answer_spawn(int brain, uint32_t id, int status, const char *output, size_t len); /* SPAWNED */
bool obey_frame(int brain, struct frame *);                /* OUT, ERR, SPAWN; false: not one of these */
int client_main(char **argv, int inherited);

/* ---- exec.c ---- */

int exec_search(char *const *argv, char *const *env);      /* execvpe by env's PATH; returns -errno */
void reset_signals(void);                                  /* default dispositions, empty mask */
void cloexec_from(int first);
void close_from(int first);
void keep_descriptors(void);                               /* those from 3 on are the caller's: op_exec hands them over */
/*
 * Run a program: argv in env and cwd ("" stays), stdin from `in`, stdout and stderr to `out` (-1: inherited);
 * `root`: as root of our user namespace. Wait status, or -errno when it could not be started.
 */
pid_t spawn_start(char *const *argv, char *const *env, const char *cwd, int in, int out, bool root); /* its pid */
int spawn_wait(char *const *argv, char *const *env, const char *cwd, int in, int out, bool root);

/* ---- beside.c: programs that run while the client goes on ---- */

enum { MOST_BESIDE = 32, BESIDE_RUNS = 1 << 24 };
struct pollfd;
void beside_allow(void);                                   /* from here on somebody collects */
/* False: it has to be waited for. Else in *err BESIDE_RUNS, -errno, or the wait status where it has ended already. */
bool beside_start(uint32_t id, char *const *argv, char *const *env, const char *cwd, int *err);
size_t beside_poll(struct pollfd *);
void beside_collect(int brain, const struct pollfd *);

/* ---- hook.c: what a program said last ---- */
int output_open(void);
size_t output_tail(int fd, char *out, size_t size);
/* 0, or -errno with how it ended and its last words as the detail. */
int judge_program(int status, int out);

/* ---- paths.c ---- */

/* Open `path` below `root` following no link; the failing component becomes the detail. */
int open_beneath(int root, const char *path, int flags, int mode);
/* The same by `where` (WHERE_*). */
int open_where(struct run *, int64_t where, const char *path, int flags);
int make_dirs(struct run *, int64_t where, const char *path); /* mkdir -p */
/* The directory that holds `path` (made where missing) and the last component. */
int open_parent(struct run *, int64_t where, const char *path, const char **name);

/* ---- ask.c: the asking side of the command socket ---- */

/*
 * One request of liblxc's command protocol to the abstract `name`; its result in *value, a passed descriptor
 * in *passed (NULL: none wanted). With `keep` the connection's descriptor is returned, else 0; -errno.
 */
int command_ask(const char *name, int command, int64_t argument, int64_t *value, int *passed, bool keep);
/* A request that hands over a descriptor, in a message behind it. 0 or -errno. */
int command_give(const char *name, int command, int passed);

/* ---- child ops by topic: mounts.c, nodes.c, pty.c, rights.c, hook.c, exec.c, netlink.c ---- */
op_fn op_open_root, op_mount, op_place_mount, op_take_tree, op_pivot_root, op_boot_id;
op_fn op_mkdir, op_mkfile, op_overwrite_file, op_mknod, op_symlink, op_must_exist, op_chown, op_share_with, op_chdir;
op_fn op_open_pty, op_stdio;
op_fn op_unshare, op_set_ids, op_cap_drop, op_dumpable, op_no_new_privs, op_seccomp, op_lsm_label, op_rlimit, op_keyring, op_sched_core;
op_fn op_run_hook, op_exec, op_exec_init;
op_fn op_netlink;

/* ---- netlink.c: one request and its answer ---- */

struct nlmsghdr;
int netlink_open(void);                                    /* a socket of the network namespace of this moment */
int netlink_index(int fd, const char *name);               /* of an interface; -ENODEV with its name as detail */
int netlink_send(int fd, struct nlmsghdr *);               /* 0 once acknowledged, or -errno with the kernel's words */

/* ---- home.c: interfaces that are lent to a container ---- */
op_fn op_hold_netns, op_release_netns, op_bring_home;
void links_home(struct run *);

/* ---- keeper.c, inject.c: the proc view ---- */
int inject_main(int argc, char **argv);
noreturn void keeper_main(char **argv);

/* ---- monitord.c ---- */
int monitord_main(char **argv);

/* ---- json.c: what OCI engines write ---- */

/* A value's text, without blanks around it, in the text that was parsed. */
struct json {
	const char *at, *end;
};
int json_parse(const char *, size_t len, struct json *);   /* the whole text is checked; -EBADMSG */
int json_find(struct json object, const char *key, struct json *); /* -ENOENT; -EBADMSG: no object, or twice */
int json_text(struct json, char *out, size_t size);        /* -EBADMSG: no string; -ENAMETOOLONG */
int64_t json_count(struct json);                           /* -EBADMSG: no decimal digits */
int read_json(int fd, struct buffer *, struct json *);     /* the value lies in the buffer */

/* ---- view.c: where the proc view is mounted ---- */

struct view {
	struct buffer at; /* NUL-terminated */
	bool own;         /* not that of LXCFS */
};
bool find_view(struct view *);
bool view_answers(int dir);                                /* blocks while its server hangs */

/* ---- oci.c, wrap.c: the proc view in containers of OCI engines ---- */
int oci_hook_main(int argc, char **argv);
/* An OCI runtime by the name lxcfs-NAME: has NAME run the hook in what it creates. */
noreturn void wrap_main(char **argv);
#define WRAP_PREFIX "lxcfs-"

/* ---- init.c ---- */
noreturn void init_main(char **argv, char **env);

/* ---- monitor.c, command.c, console.c, attach.c ---- */

/* Stay until the container's end (and through reboots); the exit status of this process. */
int monitor(struct run *);
/* What lxc-monitor and waiting clients are told of a failed start: before the inverses, and after them. */
void failure_begins(struct run *), failure_ends(struct run *);
/* Relay or wait; sends RESULT exited. The exit status by the exit rule. */
int wait_attached(struct run *);
int op_open_init(struct run *, const struct op *);
int op_attach(struct run *, const struct op *);
int op_console(struct run *, const struct op *);
int op_enter(struct run *, const struct op *);
/* The notifications of an attached process's filter go to the container's monitor, which outlives us. */
int give_listener(int listener);
/*
 * A descriptor to execve this program from where a container may see it: a read-only clone of its mount, else a
 * sealed copy; -errno. The attached process is this program under ATTACHED_NAME: main() calls attached_main().
 */
int open_self(void);
#define ATTACHED_NAME "lxc-attached"
noreturn void attached_main(char **argv);
