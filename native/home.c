/*
 * Interfaces that were moved into a container come home. A network namespace that ends destroys virtual interfaces
 * and hands physical ones to the machine under any name, so it is held by a mount while something of the host's is
 * in it: a mount outlives the monitor. Run by the monitor, or by the next command where the monitor was killed.
 */
#include "lxc-ts.h"

#include <linux/if.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>

int op_hold_netns(struct run *run, const struct op *op)
{
	char source[64], number[24];
	const char *path = STR(op, HOLD_NETNS_PATH);
	format_number(number, run->init);
	JOIN(source, "/proc/", number, "/ns/net");
	_fd_ int fd = CHECK(open(path, O_RDONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
	if (fd < 0)
		return fd;
	int err = CHECK(mount(source, path, NULL, MS_BIND, NULL));
	if (err < 0)
		unlink(path);
	return err;
}

int op_release_netns(struct run *run, const struct op *op)
{
	const char *path = STR(op, RELEASE_NETNS_PATH);
	(void)run;
	int err = CHECK(umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW));
	if (err < 0 && err != -EINVAL && err != -ENOENT)
		return err;
	err = CHECK(unlink(path));
	return err == -ENOENT ? 0 : err;
}

struct request {
	struct nlmsghdr head;
	struct ifinfomsg info;
	char attributes[96];
};

static void add(struct request *request, uint16_t type, const void *value, size_t len)
{
	struct nlattr *at = (void *)((char *)request + request->head.nlmsg_len);
	*at = (struct nlattr){ NLA_HDRLEN + len, type };
	memcpy(at + 1, value, len);
	request->head.nlmsg_len += NLA_ALIGN(NLA_HDRLEN + len);
}

/* Name and properties as before; with `home` into that namespace first. The kernel takes it down on the way. */
static int restore(int fd, int index, const int *home, const struct op *op)
{
	uint32_t mtu = NUM(op, BRING_HOME_MTU), len = LEN(op, BRING_HOME_HWADDR);
	struct request request = {
		.head = { .nlmsg_len = offsetof(struct request, attributes), .nlmsg_type = RTM_NEWLINK },
		.info = { .ifi_index = index },
	};
	if (home)
		add(&request, IFLA_NET_NS_FD, home, sizeof(*home));
	if (mtu)
		add(&request, IFLA_MTU, &mtu, sizeof(mtu));
	if (len > 0 && len <= 32)
		add(&request, IFLA_ADDRESS, STR(op, BRING_HOME_HWADDR), len);
	if (LEN(op, BRING_HOME_NAME) < IFNAMSIZ)
		add(&request, IFLA_IFNAME, STR(op, BRING_HOME_NAME), LEN(op, BRING_HOME_NAME) + 1);
	return netlink_send(fd, &request.head);
}

static int take_down(int fd, int index)
{
	struct request request = {
		.head = { .nlmsg_len = offsetof(struct request, attributes), .nlmsg_type = RTM_NEWLINK },
		.info = { .ifi_index = index, .ifi_change = IFF_UP },
	};
	return netlink_send(fd, &request.head);
}

static bool name_of(int fd, int index, char name[static IFNAMSIZ])
{
	struct ifreq request = { .ifr_ifindex = index };
	if (index <= 1 || ioctl(fd, SIOCGIFNAME, &request) < 0)
		return false;
	memcpy(name, request.ifr_name, IFNAMSIZ);
	return true;
}

static bool is_home(int fd, const struct op *op)
{
	int index = netlink_index(fd, STR(op, BRING_HOME_NAME)), known = NUM(op, BRING_HOME_INDEX);
	detail_take();
	return index > 0 && (known == 0 || index == known);
}

/* A netlink socket of the namespace that is held; -ENODEV where none is (any more). */
static int open_inside(const char *path, int home)
{
	_fd_ int inside = CHECK(open(path, O_RDONLY | O_CLOEXEC));
	if (inside < 0)
		return inside == -ENOENT ? -ENODEV : inside;
	if (setns(inside, CLONE_NEWNET) < 0)
		return errno == EINVAL ? -ENODEV : -errno; /* the file without the mount */
	int fd = netlink_open();
	int err = CHECK(setns(home, CLONE_NEWNET));
	if (err < 0 && fd >= 0)
		close(fd);
	return err < 0 ? err : fd;
}

/* Whoever is root inside may have renamed it, so its index comes first; that is another one where it was taken. */
static int bring_out(int home, const struct op *op)
{
	char name[IFNAMSIZ];
	int index = NUM(op, BRING_HOME_INDEX);
	_fd_ int fd = open_inside(STR(op, BRING_HOME_NETNS), home);
	if (fd < 0)
		return fd;
	int err = name_of(fd, index, name) ? restore(fd, index, &home, op) : -ENODEV;
	if (err == 0)
		return 0;
	int named = netlink_index(fd, STR(op, BRING_HOME_LINK));
	if (named > 0 && named != index)
		return restore(fd, named, &home, op);
	return err == -EINVAL && named < 0 ? -ENODEV : err; /* EINVAL: one that the kernel makes in every namespace */
}

/* The kernel brought it, as it was called inside or, that name being taken, as devN. */
static int name_again(int fd, const struct op *op)
{
	char name[IFNAMSIZ];
	int index = NUM(op, BRING_HOME_INDEX);
	if (!name_of(fd, index, name) || (strcmp(name, STR(op, BRING_HOME_LINK)) != 0 && strncmp(name, "dev", 3) != 0))
		return 0; /* it is no more */
	int err = take_down(fd, index);
	return err < 0 ? err : restore(fd, index, NULL, op);
}

int op_bring_home(struct run *run, const struct op *op)
{
	(void)run;
	_fd_ int home = CHECK(open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC));
	_fd_ int fd = home < 0 ? home : netlink_open();
	if (fd < 0 || is_home(fd, op))
		return fd < 0 ? fd : 0;
	int err = bring_out(home, op);
	if (err != -ENODEV)
		return err;
	detail_take();
	return name_again(fd, op);
}

/* Before anybody is told of the end: down scripts find the interface at home. What fails is tried again later. */
void links_home(struct run *run)
{
	const struct op_list *undo = &run->program.list[LIST_UNDO];
	for (uint32_t i = run->armed; i-- > 0;)
		if (undo->ops[i].code == OP_BRING_HOME && run_parent_op(run, LIST_UNDO, i) < 0)
			detail_take();
}
