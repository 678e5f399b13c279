/* Directories, files, device nodes and links of the container's tree. Run by the child, chown also by the parent. */
#include "lxc-ts.h"

#include <sys/mount.h>
#include <sys/stat.h>

/* Modes are meant as they are written, whatever umask the caller has. */
static void restore_umask(mode_t *mask)
{
	umask(*mask);
}
#define EXACT_MODES __attribute__((unused)) cleanup(restore_umask) mode_t mask = umask(0)

int op_mkdir(struct run *run, const struct op *op)
{
	const char *name, *path = STR(op, MKDIR_PATH);
	struct stat st;
	EXACT_MODES;
	_fd_ int dir = open_parent(run, NUM(op, MKDIR_WHERE), path, &name);
	if (dir < 0)
		return dir;
	if (mkdirat(dir, name, NUM(op, MKDIR_MODE)) == 0)
		return 0;
	int err = -errno;
	int follow = NUM(op, MKDIR_WHERE) == WHERE_ROOTFS ? AT_SYMLINK_NOFOLLOW : 0;
	return err == -EEXIST && fstatat(dir, name, &st, follow) == 0 && S_ISDIR(st.st_mode) ? 0 : err;
}

/* mknod instead of open: an entry that is there, be it a fifo, is not touched. */
static int make_file(int dir, const char *name, int mode)
{
	int err = CHECK(mknodat(dir, name, S_IFREG | mode, 0));
	return err == -EEXIST ? 0 : err;
}

int op_mkfile(struct run *run, const struct op *op)
{
	const char *name;
	EXACT_MODES;
	_fd_ int dir = open_parent(run, NUM(op, MKFILE_WHERE), STR(op, MKFILE_PATH), &name);
	return dir < 0 ? dir : make_file(dir, name, NUM(op, MKFILE_MODE));
}

/* Opened a second time by its descriptor: only then is it known to be a file that opening does nothing to. */
int op_overwrite_file(struct run *run, const struct op *op)
{
	struct stat st;
	char link[64], number[24];
	_fd_ int file = open_beneath(run->root, STR(op, OVERWRITE_FILE_PATH), O_PATH, 0);
	if (file < 0 || fstat(file, &st) < 0)
		return file < 0 ? file : -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	format_number(number, file);
	JOIN(link, "/proc/self/fd/", number);
	return write_file(link, O_TRUNC, 0, STR(op, OVERWRITE_FILE_TEXT), LEN(op, OVERWRITE_FILE_TEXT));
}

int op_mknod(struct run *run, const struct op *op)
{
	const char *name, *path = STR(op, MKNOD_PATH), *fallback = STR(op, MKNOD_FALLBACK);
	char target[64], number[24];
	EXACT_MODES;
	_fd_ int dir = open_parent(run, NUM(op, MKNOD_WHERE), path, &name);
	if (dir < 0)
		return dir;
	int err = CHECK(mknodat(dir, name, NUM(op, MKNOD_MODE), NUM(op, MKNOD_DEVICE)));
	if (err == 0 || err == -EEXIST)
		return 0;
	if (err != -EPERM || !*fallback)
		return err;
	/* In a user namespace nobody makes devices: borrow the host's. */
	err = make_file(dir, name, 0);
	_fd_ int file = err < 0 ? err : open_where(run, NUM(op, MKNOD_WHERE), path, O_PATH | O_NOFOLLOW);
	if (file < 0)
		return file;
	format_number(number, file);
	JOIN(target, "/proc/self/fd/", number);
	return CHECK(mount(fallback, target, NULL, MS_BIND, NULL));
}

int op_symlink(struct run *run, const struct op *op)
{
	const char *name;
	_fd_ int dir = open_parent(run, NUM(op, SYMLINK_WHERE), STR(op, SYMLINK_PATH), &name);
	if (dir < 0)
		return dir;
	int err = CHECK(symlinkat(STR(op, SYMLINK_TARGET), dir, name));
	if (err == -EEXIST)
		err = CHECK(unlinkat(dir, name, 0));
	else
		return err;
	return err < 0 ? err : CHECK(symlinkat(STR(op, SYMLINK_TARGET), dir, name));
}

int op_must_exist(struct run *run, const struct op *op)
{
	_fd_ int fd = open_where(run, NUM(op, MUST_EXIST_WHERE), STR(op, MUST_EXIST_PATH), O_PATH);
	return fd < 0 ? fd : 0;
}

int op_chown(struct run *run, const struct op *op)
{
	_fd_ int fd = open_where(run, NUM(op, CHOWN_WHERE), STR(op, CHOWN_PATH), O_PATH | O_NOFOLLOW);
	return fd < 0 ? fd : CHECK(fchownat(fd, "", NUM(op, CHOWN_UID), NUM(op, CHOWN_GID), AT_EMPTY_PATH));
}

int op_share_with(struct run *run, const struct op *op)
{
	const char *path = STR(op, SHARE_WITH_PATH);
	struct stat st;
	(void)run;
	int err = CHECK(fchownat(AT_FDCWD, path, -1, NUM(op, SHARE_WITH_GID), AT_SYMLINK_NOFOLLOW));
	if (err == 0)
		err = CHECK(fstatat(AT_FDCWD, path, &st, AT_SYMLINK_NOFOLLOW));
	return err < 0 ? err : CHECK(fchmodat(AT_FDCWD, path, (st.st_mode & 07777) | (st.st_mode & 0700) >> 3, 0));
}

int op_chdir(struct run *run, const struct op *op)
{
	const char *path = STR(op, CHDIR_PATH);
	int err = NUM(op, CHDIR_CREATE) ? make_dirs(run, WHERE_HOST, path) : 0;
	return err < 0 ? err : CHECK(chdir(path));
}
