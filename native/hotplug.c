/*
 * Device nodes of a container that runs already (lxc-device). Its tree is hostile and may change meanwhile: paths are
 * resolved below the root of its init, following no link. Run by the parent after openInit.
 */
#include "lxc-ts.h"

#include <sched.h>
#include <sys/fsuid.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#ifndef SYS_open_tree
#define SYS_open_tree 428
#define SYS_move_mount 429
#endif
enum { CLONE_THE_TREE = 1, FROM_DESCRIPTOR = 4, TO_DESCRIPTOR = 0x40 };

/* Of the process that `openInit` reached: the pid in the path is its own as long as it lives. */
static int open_of_init(struct run *run, const char *file, int flags)
{
	char path[64], number[24];
	format_number(number, run->init);
	JOIN(path, "/proc/", number, file);
	_fd_ int fd = CHECK(open(path, flags | O_CLOEXEC));
	int err = fd < 0 ? fd : pidfd_kill(run->init_pidfd, run->init, 0);
	return err < 0 ? err : CHECK(fcntl(fd, F_DUPFD_CLOEXEC, 3));
}

static int take_root(struct run *run)
{
	if (run->root < 0)
		run->root = open_of_init(run, "/root", O_PATH | O_DIRECTORY);
	return run->root < 0 ? run->root : 0;
}

int op_remove_node(struct run *run, const struct op *op)
{
	const char *name, *path = STR(op, REMOVE_NODE_PATH);
	struct stat st;
	int err = take_root(run);
	_fd_ int node = err < 0 ? err : open_beneath(run->root, path, O_PATH | O_NOFOLLOW, 0);
	if (node == -ENOENT && NUM(op, REMOVE_NODE_ABSENT)) {
		detail_take();
		return 0;
	}
	if (node < 0)
		return node;
	if (fstat(node, &st) < 0)
		return -errno;
	if (!S_ISCHR(st.st_mode) && !S_ISBLK(st.st_mode)) {
		detail("it is no device node", NULL);
		return -ESAID;
	}
	/* One that is bound there goes with the name, because it is mounted in another namespace than ours. */
	_fd_ int dir = open_parent(run, WHERE_ROOTFS, path, &name);
	return dir < 0 ? dir : CHECK(unlinkat(dir, name, 0));
}

static int make_node(int dir, const char *name, const struct op *op)
{
	int mode = NUM(op, PLACE_NODE_MODE);
	int err = CHECK(mknodat(dir, name, mode, NUM(op, PLACE_NODE_DEVICE)));
	if (err == 0)
		err = CHECK(fchownat(dir, name, NUM(op, PLACE_NODE_UID), NUM(op, PLACE_NODE_GID), AT_SYMLINK_NOFOLLOW));
	return err;
}

/* A node on a file system of our own, as a mount that is nowhere yet. */
static int make_tree(const struct op *op)
{
	static const char place[] = "/dev";
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return -errno;
	if (mount("none", place, "tmpfs", MS_NOSUID | MS_NOEXEC, "size=4k,mode=755") < 0)
		return -errno;
	_fd_ int dir = CHECK(open(place, O_PATH | O_DIRECTORY | O_CLOEXEC));
	int err = dir < 0 ? dir : make_node(dir, "node", op);
	return err < 0 ? err : CHECK((int)syscall(SYS_open_tree, dir, "node", CLONE_THE_TREE | O_CLOEXEC));
}

/*
 * On a file system that belongs to a user namespace nodes do not open, and nothing may belong to users that it does not
 * know. So the node is bound there, onto a file that its root makes.
 */
static int bind_node(struct run *run, const struct op *op, int spaces)
{
	const char *name, *path = STR(op, PLACE_NODE_PATH);
	_fd_ int tree = make_tree(op);
	if (tree < 0)
		return tree;
	if (setns(spaces, CLONE_NEWNS) < 0)
		return -errno;
	setfsgid(NUM(op, PLACE_NODE_GID));
	setfsuid(NUM(op, PLACE_NODE_UID));
	_fd_ int dir = open_parent(run, WHERE_ROOTFS, path, &name);
	int err = dir < 0 ? dir : CHECK(mknodat(dir, name, S_IFREG, 0));
	if (err < 0)
		return err;
	_fd_ int target = CHECK(openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC));
	if (target < 0)
		return target;
	return CHECK((int)syscall(SYS_move_mount, tree, "", target, "", FROM_DESCRIPTOR | TO_DESCRIPTOR));
}

static int bind_in_fork(struct run *run, const struct op *op)
{
	int status;
	_fd_ int spaces = open_of_init(run, "/ns/mnt", O_RDONLY);
	if (spaces < 0)
		return spaces;
	pid_t pid = fork();
	if (pid == 0)
		_exit(-bind_node(run, op, spaces));
	if (pid < 0 || RETRY(waitpid(pid, &status, 0)) < 0)
		return -errno;
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -EIO;
}

int op_place_node(struct run *run, const struct op *op)
{
	const char *name;
	mode_t mask = umask(0);
	int err = take_root(run);
	if (err == 0 && NUM(op, PLACE_NODE_BIND)) {
		err = bind_in_fork(run, op);
	} else if (err == 0) {
		_fd_ int dir = open_parent(run, WHERE_ROOTFS, STR(op, PLACE_NODE_PATH), &name);
		err = dir < 0 ? dir : make_node(dir, name, op);
	}
	umask(mask);
	return err;
}
