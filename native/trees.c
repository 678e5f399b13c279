/*
 * Mounts with mapped ids (Linux 5.12). The runner copies a mount of the host, where alone its ids may be mapped, and
 * sends it to the child, who mounts it. They come in the order in which the child takes them, among the sync points.
 */
#include "lxc-ts.h"

#include <sys/syscall.h>

/* <linux/mount.h>, which does not go with <sys/mount.h> of every C library. */
#define OPEN_TREE_CLONE 1
#define RECURSIVE 0x8000
#define ATTR_ATIME 0x70
#define ATTR_IDMAP 0x100000

struct mount_change {
	uint64_t set, clear, propagation, userns;
};

static int open_userns(struct run *run, const char *path)
{
	char own[64], number[24];
	format_number(number, run->init);
	JOIN(own, "/proc/", number, "/ns/user");
	int fd = CHECK(open(*path ? path : own, O_RDONLY | O_CLOEXEC));
	if (fd < 0)
		detail(*path ? path : own, NULL);
	return fd;
}

static int open_mapped(struct run *run, const struct op *op)
{
	const char *source = STR(op, CLONE_TREE_SOURCE);
	int recursive = NUM(op, CLONE_TREE_RECURSIVE) ? RECURSIVE : 0;
	_fd_ int userns = open_userns(run, STR(op, CLONE_TREE_USERNS));
	_fd_ int tree = CHECK((int)syscall(SYS_open_tree, AT_FDCWD, source, OPEN_TREE_CLONE | O_CLOEXEC | recursive));
	struct mount_change change = { .set = ATTR_IDMAP | mount_attributes(NUM(op, CLONE_TREE_FLAGS)), .userns = userns };
	if (userns < 0 || tree < 0)
		return userns < 0 ? userns : tree;
	if (change.set & ATTR_ATIME)
		change.clear = ATTR_ATIME;
	if (syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH | recursive, &change, sizeof(change)) < 0)
		return -errno;
	int taken = tree;
	tree = -1;
	return taken;
}

int op_clone_tree(struct run *run, const struct op *op)
{
	_fd_ int tree = open_mapped(run, op);
	/* Where it may be absent the child, who waits for it, is told so. */
	if (tree < 0 && !(op->flags & OP_FLAG_OPTIONAL))
		return tree;
	int err = send_message(run, MSG_TREE, 0, tree < 0 ? -tree : 0, "", tree);
	return tree < 0 ? tree : err;
}

/* ---- in the child ---- */

/* Descriptors that came before they were wanted, or -errno in place of one. */
static int trees[64] SELDOM;
static unsigned first, last;

void hear_parent(struct run *run)
{
	struct message_head head;
	int tree;
	/* End of file: the parent is gone, and with it the reason to go on. */
	if (recv_fd(run->sync, &head, sizeof(head), &tree) < (int)sizeof(head))
		_exit(1);
	if (head.kind == MSG_POINT)
		run->seen |= 1u << (head.index & 31);
	else if (head.kind == MSG_TREE && last - first < countof(trees))
		trees[last++ % countof(trees)] = tree >= 0 ? tree : -head.value;
}

int op_take_tree(struct run *run, const struct op *op)
{
	(void)op;
	close_fd(&run->tree);
	while (first == last)
		hear_parent(run);
	int tree = trees[first++ % countof(trees)];
	run->tree = tree < 0 ? -1 : tree;
	return tree < 0 ? tree : 0;
}
