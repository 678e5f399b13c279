/*
 * The write-ahead record, and the way back: inverses, our own cgroups. Run by the runner when a start fails and by
 * the monitor when the container ends; after a SIGKILL of either, the next command reads the record instead.
 */
#include "lxc-ts.h"

#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <sys/stat.h>

/* Every directory above `path` is made where it is missing, for its owner alone. */
static int make_parents(const char *path)
{
	char part[sizeof(((struct run *)0)->record_path)];
	if (JOIN(part, path) < 0)
		return -ENAMETOOLONG;
	for (char *slash = strchr(part + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = 0;
		if (mkdir(part, 0700) < 0 && errno != EEXIST) {
			int err = -errno;
			detail(part, NULL);
			return err;
		}
		*slash = '/';
	}
	return 0;
}

struct fresh {
	char path[sizeof(((struct run *)0)->record_path) + 8];
	bool named;
};

/* Without a name; where the file system knows no such files, with one that nobody looks for. */
static int create_record(const char *path, struct fresh *fresh)
{
	const int flags = O_WRONLY | O_APPEND | O_CLOEXEC;
	char number[24];
	JOIN(fresh->path, path);
	*strrchr(fresh->path, '/') = 0;
	int fd = CHECK(open(fresh->path, flags | O_TMPFILE, 0600));
	fresh->named = fd == -EOPNOTSUPP;
	if (fresh->named) {
		JOIN(fresh->path, path, ".new");
		return CHECK(open(fresh->path, flags | O_CREAT | O_TRUNC | O_NOFOLLOW, 0600));
	}
	if (fd >= 0) {
		format_number(number, fd);
		JOIN(fresh->path, "/proc/self/fd/", number);
	}
	return fd;
}

static int begin_record(struct run *run, const struct op *op)
{
	const char *head = STR(op, OPEN_RECORD_HEAD);
	uint32_t entry[2] = { LEN(op, OPEN_RECORD_HEAD), RECORD_HEAD };
	struct iovec parts[] = { { RECORD_MAGIC, 8 }, { entry, sizeof(entry) }, { (void *)head, entry[0] } };
	run->record_head = 8 + sizeof(entry) + entry[0];
	ssize_t n = CHECK(writev(run->record, parts, countof(parts)));
	return n < 0 ? n : n == run->record_head ? 0 : -ENOSPC;
}

/* It gets its name when its head is in it: who reads it at that moment, or after a kill, finds a whole one or none. */
int op_open_record(struct run *run, const struct op *op)
{
	struct fresh fresh;
	int err = JOIN(run->record_path, STR(op, OPEN_RECORD_PATH));
	if (err < 0)
		return err;
	if (run->again)
		unlink(run->record_path); /* what the last run could not undo is not worth a reboot */
	run->record = create_record(run->record_path, &fresh);
	if (run->record == -ENOENT && (err = make_parents(run->record_path)) == 0)
		run->record = create_record(run->record_path, &fresh);
	if (err < 0 || run->record < 0)
		return err < 0 ? err : run->record;
	err = begin_record(run, op);
	if (err == 0)
		err = CHECK(linkat(AT_FDCWD, fresh.path, AT_FDCWD, run->record_path, AT_SYMLINK_FOLLOW));
	if (fresh.named)
		unlink(fresh.path);
	if (err < 0)
		close_fd(&run->record);
	return err;
}

/* Inverses of ours may fail and are then written behind its head, so that is found. */
int op_take_record(struct run *run, const struct op *op)
{
	struct stat st;
	struct {
		char magic[8];
		uint32_t len, tag;
	} start;
	int err = JOIN(run->record_path, STR(op, TAKE_RECORD_PATH));
	if (err < 0)
		return err;
	_fd_ int fd = CHECK(open(run->record_path, O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW));
	if (fd < 0 || fstat(fd, &st) < 0)
		return fd < 0 ? fd : -errno;
	if ((int64_t)st.st_ino != NUM(op, TAKE_RECORD_INODE) || st.st_size != NUM(op, TAKE_RECORD_SIZE))
		return -ESTALE;
	ssize_t n = CHECK(pread(fd, &start, sizeof(start), 0));
	run->record_head = n == sizeof(start) && start.tag == RECORD_HEAD ? (off_t)sizeof(start) + start.len : 8;
	run->record = fd;
	run->taken = true;
	fd = -1;
	return 0;
}

int record_append(struct run *run, uint32_t tag, const void *payload, size_t len)
{
	uint32_t head[2] = { len, tag };
	struct iovec parts[2] = { { head, sizeof(head) }, { (void *)payload, len } };
	if (run->record < 0)
		return 0;
	ssize_t n = CHECK(writev(run->record, parts, 2));
	return n < 0 ? n : (size_t)n == sizeof(head) + len ? 0 : -ENOSPC;
}

struct process_entry {
	uint32_t pid, zero;
	uint64_t start;
};

int record_processes(struct run *run)
{
	if (run->record < 0)
		return 0;
	const struct process_entry self = { .pid = getpid(), .start = start_time(getpid()) };
	const struct process_entry init = { .pid = run->init, .start = start_time(run->init) };
	int err = record_append(run, RECORD_MONITOR, &self, sizeof(self));
	return err < 0 ? err : record_append(run, RECORD_INIT, &init, sizeof(init));
}

/* Its directory stays, with the records of others or none: another start may be about to make its own in it. */
void record_remove(struct run *run)
{
	if (run->record < 0)
		return;
	close_fd(&run->record);
	unlink(run->record_path);
}

/* Until the process that we came from is gone: only then are its cgroups empty. */
static void outlive(int pidfd)
{
	struct pollfd fd = { .fd = pidfd, .events = POLLIN };
	if (pidfd >= 0)
		RETRY(poll(&fd, 1, 1000));
}

void leave_cgroups(struct run *run, bool reboot)
{
	const struct op_list *settings = &run->program.list[LIST_SETTINGS];
	const struct op *pivot = NULL;
	for (uint32_t i = 0; i < settings->count; i++)
		if (settings->ops[i].code == OP_SET_PIVOT)
			pivot = &settings->ops[i];
	if (!pivot)
		return;
	for (char **tasks = VEC(pivot, SET_PIVOT_TASKS); *tasks; tasks++)
		write_file(*tasks, 0, 0, "0", 1);
	const char *cgroup2 = STR(pivot, SET_PIVOT_CGROUP2);
	if (!*cgroup2 || !run->detached)
		return;
	if (reboot) {
		/* Whoever knows the monitor by its pid keeps it; the wait does not show among what a reboot takes. */
		char procs[PATH_MAX];
		snprintf(procs, sizeof(procs), "%s/cgroup.procs", cgroup2);
		write_file(procs, 0, 0, "0", 1);
		return;
	}
	/* A write to cgroup.procs would wait for an RCU grace period; being born elsewhere does not. */
	_fd_ int before = pidfd_open_compat(getpid());
	pid_t pid = fork_into(cgroup2, 0, NULL);
	if (pid > 0)
		_exit(0);
	if (pid == 0)
		outlive(before);
}

#define FLAG_FAILED 0x8000 /* of an undo op in memory */

/* What could not be undone now may be later: the record stays with just that, for the next command on the name. */
static void record_rest(struct run *run, uint32_t count)
{
	const struct op_list *undo = &run->program.list[LIST_UNDO];
	if (run->record < 0 || ftruncate(run->record, run->record_head) < 0)
		return record_remove(run);
	for (uint32_t i = 0; i < count; i++)
		if (undo->ops[i].flags & FLAG_FAILED)
			record_append(run, RECORD_UNDO, undo->ops[i].raw, undo->ops[i].raw_len);
	close_fd(&run->record);
}

/* The namespace of an interface that did not come home is held until it does. */
static int undo_one(struct run *run, uint32_t index, bool *astray)
{
	uint16_t code = run->program.list[LIST_UNDO].ops[index].code;
	if (code == OP_RELEASE_NETNS && *astray)
		return -EBUSY;
	int err = run_parent_op(run, LIST_UNDO, index);
	*astray |= code == OP_BRING_HOME && err < 0;
	return err;
}

void run_undo(struct run *run)
{
	uint32_t count = run->armed, failures = 0;
	bool astray = false;
	if (run->taken && count == 0)
		return close_fd(&run->record);
	while (run->armed > 0) {
		uint32_t index = --run->armed;
		int err = undo_one(run, index, &astray);
		if (err >= 0)
			continue;
		add_note(run, LIST_UNDO, index, -err, detail_take());
		run->program.list[LIST_UNDO].ops[index].flags |= FLAG_FAILED;
		failures++;
	}
	if (failures > 0)
		record_rest(run, count);
	else
		record_remove(run);
}
