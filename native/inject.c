/*
 * Files of the proc view in a container that runs already: `lxc-ts --inject PID MODE SOURCE TARGET ...` clones each SOURCE of
 * this mount namespace, enters that of PID, and puts it on TARGET there. No path of the host has to be visible inside. Run
 * by `lxcfs inject`, `eject` and `reattach`. What is inside is hostile: a target is reached without following a link.
 */
#include "lxc-ts.h"

#include <sched.h>
#include <sys/mount.h>
#include <sys/syscall.h>

enum { MOST = 512 };

struct how {
	uint64_t flags, mode, resolve;
};

static int open_target(const char *path)
{
	struct how how = { .flags = O_PATH | O_NOFOLLOW | O_CLOEXEC, .resolve = 0x04 /* RESOLVE_NO_SYMLINKS */ };
	int fd = CHECK((int)syscall(437 /* openat2 */, AT_FDCWD, path, &how, sizeof(how)));
	return fd == -ENOSYS ? CHECK(open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC)) : fd;
}

static int put(int source, const char *path)
{
	_fd_ int target = open_target(path);
	if (target < 0)
		return target;
	/* From and to an empty path. */
	return CHECK((int)syscall(429 /* move_mount */, source, "", target, "", 0x04 | 0x40));
}

/* `remove` takes the uppermost mount away; it may be dead, and is not looked at. */
static int act(const char *mode, int source, const char *target)
{
	if (!strcmp(mode, "remove"))
		return CHECK(umount2(target, MNT_DETACH | UMOUNT_NOFOLLOW));
	return put(source, target);
}

static void tell(const char *act, const char *path, int err)
{
	complain("Failed to ", act, " ", path, ": ", strerror(-err), NULL);
}

int inject_main(int argc, char **argv)
{
	char path[64];
	int sources[MOST], failed = 0;
	if (argc > MOST || argc % 3 != 0)
		die(2, "Failed to inject: too many files");
	int err = JOIN(path, "/proc/", argv[2], "/ns/mnt");
	_fd_ int space = err < 0 ? err : CHECK(open(path, O_RDONLY | O_CLOEXEC));
	for (int i = 3; i < argc; i += 3) {
		bool needed = strcmp(argv[i], "bind") == 0;
		sources[i] = needed ? CHECK((int)syscall(428 /* open_tree */, AT_FDCWD, argv[i + 1], 1 /* CLONE */ | O_CLOEXEC)) : -1;
		if (needed && sources[i] < 0)
			tell("find", argv[i + 1], sources[i]), failed = 1;
	}
	err = space < 0 ? space : CHECK(setns(space, CLONE_NEWNS));
	if (err < 0) {
		tell("enter the mount namespace of", argv[2], err);
		return 1;
	}
	for (int i = 3; i < argc; i += 3) {
		if (sources[i] < 0 && strcmp(argv[i], "bind") == 0)
			continue;
		err = act(argv[i], sources[i], argv[i + 2]);
		if (err < 0)
			tell(argv[i], argv[i + 2], err), failed = 1;
	}
	return failed;
}
