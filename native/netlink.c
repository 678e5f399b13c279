/*
 * One rtnetlink request at a time, encoded in TypeScript; here only what is known late is filled in (init's pid, an
 * interface's index) and the kernel's answer is read. Run by the runner and monitor on the host side, by the
 * child inside the container's network namespace.
 */
#include "lxc-ts.h"

#include <linux/if.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>

#ifndef SOL_NETLINK
#define SOL_NETLINK 270
#endif

/* In the caller's network namespace of this moment: the socket stays with it. */
int netlink_open(void)
{
	int on = 1, fd = CHECK(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
	if (fd >= 0) {
		setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on)); /* 4.12: the kernel says why */
		setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	}
	return fd;
}

int netlink_index(int fd, const char *name)
{
	struct ifreq request = { 0 };
	strncpy(request.ifr_name, name, IFNAMSIZ - 1);
	if (ioctl(fd, SIOCGIFINDEX, &request) == 0)
		return request.ifr_ifindex;
	int err = -errno;
	detail("interface ", request.ifr_name, NULL);
	return err;
}

/* The text behind an error: attributes follow the (capped) copy of our header. */
static void kernel_words(const struct nlmsghdr *head)
{
	const struct nlmsgerr *answer = NLMSG_DATA(head);
	const char *end = (const char *)head + head->nlmsg_len;
	const char *at = (const char *)(answer + 1);
	if (!(head->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	if (!(head->nlmsg_flags & NLM_F_CAPPED))
		at += NLMSG_ALIGN(answer->msg.nlmsg_len - sizeof(answer->msg));
	while (at + sizeof(struct nlattr) <= end) {
		const struct nlattr *attribute = (const void *)at;
		if (attribute->nla_len < sizeof(*attribute) || at + attribute->nla_len > end)
			return;
		if (attribute->nla_type == NLMSGERR_ATTR_MSG)
			detail((const char *)(attribute + 1), NULL);
		at += NLA_ALIGN(attribute->nla_len);
	}
}

int netlink_send(int fd, struct nlmsghdr *request)
{
	_Alignas(struct nlmsghdr) char answer[4096];
	static uint32_t sequence;
	request->nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
	request->nlmsg_seq = ++sequence;
	request->nlmsg_pid = 0;
	ssize_t n = CHECK(send(fd, request, request->nlmsg_len, 0));
	while (n >= 0) {
		n = CHECK(recv(fd, answer, sizeof(answer), 0));
		for (struct nlmsghdr *head = (void *)answer; n > 0 && NLMSG_OK(head, (size_t)n); head = NLMSG_NEXT(head, n)) {
			if (head->nlmsg_seq != request->nlmsg_seq || head->nlmsg_type != NLMSG_ERROR)
				continue;
			int err = ((struct nlmsgerr *)NLMSG_DATA(head))->error;
			if (err < 0)
				kernel_words(head);
			return err;
		}
	}
	return n;
}

struct patch {
	uint32_t offset, kind;
	char name[16];
};

int op_netlink(struct run *run, const struct op *op)
{
	uint32_t len = LEN(op, NETLINK_REQUEST);
	char *request = (char *)STR(op, NETLINK_REQUEST); /* our own writable copy of the frame */
	struct patch patch;
	_fd_ int fd = netlink_open();
	if (fd < 0)
		return fd;
	if (len < sizeof(struct nlmsghdr) || ((struct nlmsghdr *)request)->nlmsg_len > len)
		return -EBADMSG;
	for (uint32_t at = 0; at + sizeof(patch) <= LEN(op, NETLINK_PATCHES); at += sizeof(patch)) {
		memcpy(&patch, STR(op, NETLINK_PATCHES) + at, sizeof(patch));
		patch.name[sizeof(patch.name) - 1] = 0;
		int32_t value = patch.kind == PATCH_INIT_PID ? run->init : netlink_index(fd, patch.name);
		if (value == -ENODEV && NUM(op, NETLINK_IGNORE))
			return detail_take(), 0;
		if (value < 0 || patch.offset > len - sizeof(value))
			return value < 0 ? value : -EBADMSG;
		memcpy(request + patch.offset, &value, sizeof(value));
	}
	int err = netlink_send(fd, (struct nlmsghdr *)request);
	for (int waits = 0; err < 0 && -err == NUM(op, NETLINK_RETRY) && waits < 200; waits++) {
		nanosleep(&(struct timespec){ .tv_nsec = 5000000 }, NULL);
		err = netlink_send(fd, (struct nlmsghdr *)request);
	}
	return err < 0 && -err == NUM(op, NETLINK_IGNORE) ? (detail_take(), 0) : err;
}
