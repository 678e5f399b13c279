/*
 * Whose a network namespace is. Only the kernel is asked, about the namespace itself and not about the process by which
 * it was found, so that no process can put itself into the place of another in between.
 */
#include "user-nic.h"

#include <linux/magic.h>
#include <linux/nsfs.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/vfs.h>

#ifndef NSFS_MAGIC
#define NSFS_MAGIC 0x6e736673
#endif

/* The number of the process in our own pid namespace; 0 where it is in another one, -1 where it has ended. */
static int64_t pid_of(int pidfd)
{
	char path[64], text[1024], number[24];
	format_number(number, pidfd);
	JOIN(path, "/proc/self/fdinfo/", number);
	if (read_file(path, text, sizeof(text)) < 0)
		return -1;
	const char *at = strstr(text, "\nPid:\t");
	if (!at || at[6] < '1' || at[6] > '9')
		return -1;
	at += 6;
	return parse_number(&at);
}

int netns_of(int pidfd)
{
	char path[64], number[24];
	struct pollfd process = { .fd = pidfd, .events = POLLIN };
	int64_t pid = pid_of(pidfd);
	if (pid <= 0)
		return REFUSE("there is no such process");
	format_number(number, pid);
	JOIN(path, "/proc/", number, "/ns/net");
	int fd = CHECK(open(path, O_RDONLY | O_CLOEXEC));
	if (fd < 0)
		return detail("the network namespace of process ", number, NULL), fd;
	/* It lives, so nobody else has got its number yet. */
	if (poll(&process, 1, 0) == 0)
		return fd;
	close(fd);
	return REFUSE("process ", number, " has ended");
}

int must_be_netns(int fd)
{
	/* The file system first: what another file makes of an ioctl is its own affair. */
	struct statfs fs;
	if (fstatfs(fd, &fs) == 0 && fs.f_type == NSFS_MAGIC && ioctl(fd, NS_GET_NSTYPE) == CLONE_NEWNET)
		return 0;
	return REFUSE("it is not a network namespace");
}

int must_own(const struct caller *caller, int netns)
{
	if (caller->uid == 0)
		return 0;
	_fd_ int space = CHECK(ioctl(netns, NS_GET_USERNS));
	while (space >= 0) {
		uid_t owner;
		if (ioctl(space, NS_GET_OWNER_UID, &owner) < 0)
			break;
		if (owner == caller->uid)
			return 0;
		int above = CHECK(ioctl(space, NS_GET_PARENT)); /* EPERM: ours was the last */
		close_fd(&space);
		space = above;
	}
	return REFUSE("the network namespace is not that of ", caller->name);
}
