/* Cgroup directories and the removal of trees. Run by the runner, and by the monitor when the container ends. */
#include "lxc-ts.h"

#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>

int op_mkdir_cgroup(struct run *run, const struct op *op)
{
	(void)run;
	int err = CHECK(mkdir(STR(op, MKDIR_CGROUP_PATH), 0755));
	return err == -EEXIST && NUM(op, MKDIR_CGROUP_SHARED) ? 0 : err;
}

/* The writer moves itself: for a single thread that takes no global lock on v1, unlike a pid in cgroup.procs. */
int op_join_cgroup(struct run *run, const struct op *op)
{
	(void)run;
	return write_file(STR(op, JOIN_CGROUP_FILE), 0, 0, "0", 1);
}

/* The kernel takes its time to stop tasks, and v1 looks at those that have forked meanwhile only when it is told again. */
int op_settle(struct run *run, const struct op *op)
{
	char text[4096];
	int64_t left = NUM(op, SETTLE_MILLISECONDS) * 1000000;
	for (long wait = 250000;; left -= wait, wait = wait < 20000000 ? wait * 2 : wait) {
		const char *word = STR(op, SETTLE_TEXT);
		int err = write_file(STR(op, SETTLE_FILE), 0, 0, word, strlen(word));
		ssize_t n = err < 0 ? err : read_file(STR(op, SETTLE_SEEN), text, sizeof(text));
		if (n >= 0 && strstr(text, STR(op, SETTLE_SIGN)))
			return 0;
		if (n >= 0)
			n = left <= 0 ? -ETIME : told_to_end(run);
		if (n < 0)
			return n;
		nanosleep(&(struct timespec){ .tv_nsec = wait }, NULL);
	}
}

struct entry { /* struct linux_dirent64 */
	uint64_t ino;
	int64_t off;
	uint16_t reclen;
	uint8_t type;
	char name[];
};

/* Call `each` for every entry but . and .. of an open directory; stops at its first failure. */
static int walk(int dir, int (*each)(int dir, const struct entry *, const void *), const void *with)
{
	_Alignas(struct entry) char bytes[2048];
	for (;;) {
		long n = CHECK(syscall(SYS_getdents64, dir, bytes, sizeof(bytes)));
		if (n <= 0)
			return n;
		for (long at = 0; at < n;) {
			const struct entry *entry = (void *)(bytes + at);
			at += entry->reclen;
			if (!strcmp(entry->name, ".") || !strcmp(entry->name, ".."))
				continue;
			int err = each(dir, entry, with);
			if (err < 0)
				return err;
		}
	}
}

static int open_dir(int at, const char *name)
{
	return CHECK(openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

/* Only directories can be removed from a cgroup; the files go with it. */
static int remove_cgroup_entry(int dir, const struct entry *entry, const void *with)
{
	if (entry->type != 4 /* DT_DIR */)
		return 0;
	_fd_ int sub = open_dir(dir, entry->name);
	if (sub >= 0)
		walk(sub, remove_cgroup_entry, with);
	return unlinkat(dir, entry->name, AT_REMOVEDIR) < 0 && errno != ENOENT ? -errno : 0;
}

/* Tasks leave a cgroup a moment after their parent has heard of their death: patience of about 200 ms. */
int op_rmdir_cgroup(struct run *run, const struct op *op)
{
	const char *path = STR(op, RMDIR_CGROUP_PATH);
	(void)run;
	for (long wait = 100000;; wait *= 2) {
		int err = CHECK(rmdir(path));
		if (err == 0 || err == -ENOENT)
			return 0;
		if (err == -EBUSY && NUM(op, RMDIR_CGROUP_SHARED))
			return 0;
		_fd_ int dir = open_dir(AT_FDCWD, path);
		if (dir >= 0)
			walk(dir, remove_cgroup_entry, NULL);
		if (rmdir(path) == 0)
			return 0;
		if (err != -EBUSY || wait > 102400000)
			return err;
		nanosleep(&(struct timespec){ .tv_nsec = wait }, NULL);
	}
}

static int remove_entry(int dir, const struct entry *entry, const void *with)
{
	const dev_t *device = with;
	struct stat st;
	if (fstatat(dir, entry->name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (S_ISDIR(st.st_mode)) {
		if (st.st_dev != *device) {
			detail(entry->name, " is on another file system", NULL);
			return -EXDEV;
		}
		_fd_ int sub = open_dir(dir, entry->name);
		int err = sub < 0 ? sub : walk(sub, remove_entry, device);
		if (err < 0)
			return err;
	}
	if (unlinkat(dir, entry->name, S_ISDIR(st.st_mode) ? AT_REMOVEDIR : 0) == 0 || errno == ENOENT)
		return 0;
	int err = -errno;
	detail(entry->name, NULL);
	return err;
}

/* What a container left behind is hostile: descriptors all the way down, no link is followed. */
int remove_tree(const char *path)
{
	struct stat st;
	_fd_ int dir = open_dir(AT_FDCWD, path);
	if (dir == -ENOENT)
		return 0;
	if (dir == -ENOTDIR || dir == -ELOOP)
		return CHECK(unlink(path));
	if (dir < 0 || fstat(dir, &st) < 0)
		return dir < 0 ? dir : -errno;
	int err = walk(dir, remove_entry, &st.st_dev);
	return err < 0 ? err : CHECK(rmdir(path));
}

int op_remove_tree(struct run *run, const struct op *op)
{
	(void)run;
	return remove_tree(STR(op, REMOVE_TREE_PATH));
}
