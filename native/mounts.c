/*
 * Mounts of the container, and the move into its root. Run by the child in its own mount namespace; targets below
 * the root are reached through descriptors (see paths.c), so nothing can be mounted outside it.
 */
#include "lxc-ts.h"

#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>

#define PROPAGATION (MS_SHARED | MS_PRIVATE | MS_SLAVE | MS_UNBINDABLE)

struct place {
	int fd;
	char link[40];
	const char *path;
};

static void place_close(struct place *place)
{
	close_fd(&place->fd);
}

/* A path for mount(2): as it is, or /proc/self/fd/N of what was found below the root. */
static int place_open(struct run *run, struct place *place, int64_t where, const char *path)
{
	char number[24];
	place_close(place);
	place->path = path;
	if (where != WHERE_ROOTFS)
		return 0;
	place->fd = open_beneath(run->root, path, O_PATH, 0);
	if (place->fd < 0)
		return place->fd;
	format_number(number, place->fd);
	JOIN(place->link, "/proc/self/fd/", number);
	place->path = place->link;
	return 0;
}

static unsigned long flags_in_force(const char *path)
{
	static const struct {
		unsigned long seen, flag;
	} rows[] = {
		{ 1 /* ST_RDONLY */, MS_RDONLY }, { 2 /* ST_NOSUID */, MS_NOSUID }, { 4 /* ST_NODEV */, MS_NODEV },
		{ 8 /* ST_NOEXEC */, MS_NOEXEC }, { 1024 /* ST_NOATIME */, MS_NOATIME },
		{ 2048 /* ST_NODIRATIME */, MS_NODIRATIME }, { 4096 /* ST_RELATIME */, MS_RELATIME },
	};
	struct statfs st;
	unsigned long flags = 0;
	if (statfs(path, &st) < 0)
		return 0;
	for (size_t i = 0; i < countof(rows); i++)
		if (st.f_flags & rows[i].seen)
			flags |= rows[i].flag;
	return flags;
}

/* A bind takes no flags of its own; they come by a remount, which must repeat what the source's mount has locked. */
static int mount_once(struct run *run, const struct op *op, struct place *source, struct place *target)
{
	unsigned long flags = NUM(op, MOUNT_FLAGS), extra = flags & ~(MS_BIND | MS_REC | MS_SILENT | PROPAGATION);
	const char *data = *STR(op, MOUNT_DATA) ? STR(op, MOUNT_DATA) : NULL;
	bool bind = flags & MS_BIND && !(flags & MS_REMOUNT);
	if (mount(source->path, target->path, STR(op, MOUNT_FSTYPE), bind ? flags & (MS_BIND | MS_REC) : flags, data) < 0)
		return -errno;
	if (!bind || !extra)
		return 0;
	/* Looked up again: the descriptor still names what is now covered. */
	int err = place_open(run, target, NUM(op, MOUNT_TARGET_WHERE), STR(op, MOUNT_TARGET));
	if (err < 0)
		return err;
	unsigned long locked = flags_in_force(target->path);
	if (extra & (MS_NOATIME | MS_STRICTATIME | MS_RELATIME))
		locked &= ~(MS_NOATIME | MS_RELATIME);
	return CHECK(mount(NULL, target->path, NULL, MS_REMOUNT | MS_BIND | extra | locked, NULL));
}

int op_mount(struct run *run, const struct op *op)
{
	cleanup(place_close) struct place source = { .fd = -1 };
	cleanup(place_close) struct place target = { .fd = -1 };
	unsigned long propagation = NUM(op, MOUNT_PROPAGATION);
	int err = place_open(run, &source, NUM(op, MOUNT_SOURCE_WHERE), STR(op, MOUNT_SOURCE));
	if (err == 0)
		err = place_open(run, &target, NUM(op, MOUNT_TARGET_WHERE), STR(op, MOUNT_TARGET));
	if (err < 0)
		return err;
	if (NUM(op, MOUNT_FLAGS) || *STR(op, MOUNT_SOURCE) || *STR(op, MOUNT_FSTYPE)) {
		err = mount_once(run, op, &source, &target);
		if (err == 0 && propagation)
			err = place_open(run, &target, NUM(op, MOUNT_TARGET_WHERE), STR(op, MOUNT_TARGET));
	}
	if (err < 0 || !propagation)
		return err;
	return CHECK(mount(NULL, target.path, NULL, propagation, NULL));
}

/* <linux/mount.h>, which does not go with <sys/mount.h> of every C library. */
#define MOVE_MOUNT_F_EMPTY_PATH 0x04
#define MOVE_MOUNT_T_SYMLINKS 0x10

int op_place_mount(struct run *run, const struct op *op)
{
	cleanup(place_close) struct place target = { .fd = -1 };
	unsigned long propagation = NUM(op, PLACE_MOUNT_PROPAGATION);
	int64_t where = NUM(op, PLACE_MOUNT_WHERE);
	int flags = MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_SYMLINKS;
	int err = place_open(run, &target, where, STR(op, PLACE_MOUNT_TARGET));
	if (err == 0)
		err = CHECK((int)syscall(SYS_move_mount, run->tree, "", AT_FDCWD, target.path, flags));
	close_fd(&run->tree);
	run->tree = run->next_tree;
	run->next_tree = -1;
	if (err == 0 && propagation)
		err = place_open(run, &target, where, STR(op, PLACE_MOUNT_TARGET));
	return err < 0 || !propagation ? err : CHECK(mount(NULL, target.path, NULL, propagation, NULL));
}

int op_open_root(struct run *run, const struct op *op)
{
	close_fd(&run->root);
	run->root = CHECK(open(STR(op, OPEN_ROOT_PATH), O_PATH | O_DIRECTORY | O_CLOEXEC));
	return run->root < 0 ? run->root : 0;
}

/* The old root lands on top of the new one, becomes a slave so that its unmounting stays here, and is detached. */
int op_pivot_root(struct run *run, const struct op *op)
{
	(void)op;
	_fd_ int old = CHECK(open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
	if (old < 0)
		return old;
	if (fchdir(run->root) < 0 || syscall(SYS_pivot_root, ".", ".") < 0)
		return -errno;
	if (fchdir(old) < 0 || mount(NULL, ".", NULL, MS_SLAVE | MS_REC, NULL) < 0 || umount2(".", MNT_DETACH) < 0)
		return -errno;
	return CHECK(chdir("/"));
}

int op_boot_id(struct run *run, const struct op *op)
{
	static const char target[] = "/proc/sys/kernel/random/boot_id";
	const char *path = STR(op, BOOT_ID_PATH);
	char uuid[64];
	(void)run;
	ssize_t len = read_file("/proc/sys/kernel/random/uuid", uuid, sizeof(uuid));
	int err = len < 0 ? (int)len : write_file(path, O_CREAT | O_TRUNC | O_NOFOLLOW, 0444, uuid, len);
	if (err == 0)
		err = CHECK(mount(path, target, NULL, MS_BIND, NULL));
	if (err == 0)
		err = CHECK(mount(NULL, target, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NOEXEC | MS_NODEV, NULL));
	return err;
}
