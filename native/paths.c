/*
 * Paths below the container's root. Its content is hostile: no symbolic link and no `..` is followed (CVE-2015-1335),
 * by openat2 where the kernel has it (5.6), else component by component. Run by the child before pivot_root.
 */
#include "lxc-ts.h"

#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>

static void name_culprit(const char *path, const char *end, const char *what)
{
	char text[1024];
	size_t len = end - path < (long)sizeof(text) ? (size_t)(end - path) : sizeof(text) - 1;
	memcpy(text, path, len);
	text[len] = 0;
	detail("/", text, what, NULL);
}

/* One component; `flags` of a directory on the way are O_PATH|O_DIRECTORY. A link has its own words. */
static int open_component(int dir, const char *name, int flags, int mode, const char **what)
{
	struct stat st;
	int fd = strcmp(name, "..") ? CHECK(openat(dir, name, flags | O_NOFOLLOW | O_CLOEXEC, mode)) : -EXDEV;
	*what = "";
	if (fd == -EXDEV)
		*what = " leaves the container's root";
	if (fd >= 0 && !(flags & O_PATH))
		return fd; /* O_NOFOLLOW has refused a link; with O_PATH it opens the link itself */
	if (fd >= 0 ? fstat(fd, &st) == 0 && S_ISLNK(st.st_mode) : !fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) && S_ISLNK(st.st_mode)) {
		*what = " is a symbolic link";
		close_fd(&fd);
		return -ELOOP;
	}
	return fd;
}

/* Walk to `path` below `root`; `make` is the mode of directories to make on the way, 0 for none. */
static int walk_beneath(int root, const char *path, int flags, int mode, int make)
{
	_fd_ int dir = CHECK(fcntl(root, F_DUPFD_CLOEXEC, 3));
	const char *at = path, *what;
	while (dir >= 0) {
		char name[256];
		size_t len = strcspn(at, "/");
		const char *rest = at + len + strspn(at + len, "/");
		if (len >= sizeof(name))
			return -ENAMETOOLONG;
		memcpy(name, at, len);
		name[len] = 0;
		bool last = !*rest;
		int fd = open_component(dir, *name ? name : ".", last ? flags : O_PATH | O_DIRECTORY, mode, &what);
		if (fd == -ENOENT && make && (mkdirat(dir, name, make) == 0 || errno == EEXIST))
			fd = open_component(dir, name, last ? flags : O_PATH | O_DIRECTORY, mode, &what);
		if (fd < 0)
			name_culprit(path, at + len, what);
		if (fd < 0 || last)
			return fd;
		close(dir);
		dir = fd;
		at = rest;
	}
	return dir;
}

int open_beneath(int root, const char *path, int flags, int mode)
{
	struct open_how how = {
		.flags = flags | O_CLOEXEC,
		.mode = flags & O_CREAT ? mode : 0,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
	};
	path += strspn(path, "/");
	int fd = (int)syscall(SYS_openat2, root, *path ? path : ".", &how, sizeof(how));
	/* The walk is the fallback of an old kernel, and finds the component to blame where openat2 says no. */
	return fd >= 0 ? fd : walk_beneath(root, path, flags, mode, 0);
}

int open_where(struct run *run, int64_t where, const char *path, int flags)
{
	if (where == WHERE_ROOTFS)
		return open_beneath(run->root, path, flags, 0);
	return CHECK(open(path, flags | O_CLOEXEC));
}

/* mkdir -p as the process sees the path. */
static int make_dirs_host(const char *path)
{
	char part[4096];
	if (JOIN(part, path) < 0)
		return -ENAMETOOLONG;
	for (char *slash = part;;) {
		slash = strchr(slash + 1, '/');
		if (slash)
			*slash = 0;
		struct stat st;
		if (mkdir(part, 0755) < 0 && (errno != EEXIST || stat(part, &st) < 0 || !S_ISDIR(st.st_mode))) {
			int err = errno == EEXIST ? -ENOTDIR : -errno;
			detail(part, NULL);
			return err;
		}
		if (!slash)
			return 0;
		*slash = '/';
	}
}

int make_dirs(struct run *run, int64_t where, const char *path)
{
	struct stat st;
	if (where != WHERE_ROOTFS)
		return stat(path, &st) == 0 && S_ISDIR(st.st_mode) ? 0 : make_dirs_host(path);
	path += strspn(path, "/");
	_fd_ int fd = walk_beneath(run->root, path, O_PATH | O_DIRECTORY, 0, 0755);
	return fd < 0 ? fd : 0;
}

/* The directory that holds `path`, made with those above it where missing, and the last component. */
int open_parent(struct run *run, int64_t where, const char *path, const char **name)
{
	char parent[4096];
	size_t len = strlen(path);
	if (JOIN(parent, path) < 0)
		return -ENAMETOOLONG;
	while (len > 1 && parent[len - 1] == '/') /* a directory's name may end in a slash */
		parent[--len] = 0;
	char *slash = strrchr(parent, '/');
	*name = path + (slash ? slash + 1 - parent : 0);
	const char *last = slash ? slash + 1 : parent;
	if (!*last || !strcmp(last, ".") || !strcmp(last, ".."))
		return -EINVAL;
	parent[slash ? slash - parent : 0] = 0;
	if (where != WHERE_ROOTFS) {
		const char *dir = *parent ? parent : slash ? "/" : ".";
		int err = make_dirs(run, where, dir);
		return err < 0 ? err : CHECK(open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC));
	}
	const char *below = parent + strspn(parent, "/");
	return walk_beneath(run->root, below, O_PATH | O_DIRECTORY, 0, 0755);
}
