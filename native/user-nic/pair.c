/*
 * The interfaces themselves, by rtnetlink. A pair is made in one request that the kernel does as a whole: the host's end
 * is on its bridge, the other is born in the container under its final name, so that nothing is ever moved or renamed.
 */
#include "user-nic.h"

#include <linux/if_link.h>
#include <linux/net_namespace.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sys/random.h>
#include <sys/socket.h>

struct letter {
	struct nlmsghdr head;
	char body[1000];
};

static void *add(struct letter *letter, const void *bytes, size_t len)
{
	char *at = (char *)letter + NLMSG_ALIGN(letter->head.nlmsg_len);
	if (at + NLMSG_ALIGN(len) > letter->body + sizeof(letter->body))
		die(1, "a request grew too long");
	memcpy(at, bytes, len);
	letter->head.nlmsg_len = at + len - (char *)letter;
	return at;
}

static struct rtattr *attribute(struct letter *letter, int type, const void *bytes, size_t len)
{
	struct rtattr head = { .rta_type = type, .rta_len = RTA_LENGTH(len) };
	struct rtattr *at = add(letter, &head, sizeof(head));
	add(letter, bytes, len);
	return at;
}

static void text_attribute(struct letter *letter, int type, const char *text)
{
	attribute(letter, type, text, strlen(text) + 1);
}

static void number_attribute(struct letter *letter, int type, uint32_t number)
{
	attribute(letter, type, &number, sizeof(number));
}

static void end_nest(struct letter *letter, struct rtattr *nest)
{
	letter->head.nlmsg_len = NLMSG_ALIGN(letter->head.nlmsg_len);
	nest->rta_len = (char *)letter + letter->head.nlmsg_len - (char *)nest;
}

static struct letter begin(int type, int flags, const void *fixed, size_t len)
{
	struct letter letter = { .head = { .nlmsg_len = NLMSG_HDRLEN, .nlmsg_type = type, .nlmsg_flags = NLM_F_REQUEST | flags } };
	add(&letter, fixed, len);
	return letter;
}

static struct letter begin_link(int type, int flags, const struct ifinfomsg *link)
{
	return begin(type, flags, link, sizeof(*link));
}

/* ---- questions ---- */

/* The answer's first attribute, and their length; the fixed part is `fixed` bytes long. */
static int ask(int socket, struct letter *letter, size_t fixed, char *answer, size_t size, struct rtattr **first)
{
	static uint32_t sequence = 1u << 30; /* apart from those of netlink_send */
	struct nlmsghdr *head = (void *)answer;
	letter->head.nlmsg_seq = ++sequence;
	ssize_t n = CHECK(send(socket, letter, letter->head.nlmsg_len, 0));
	do
		n = n < 0 ? n : CHECK(recv(socket, answer, size, 0));
	while (n >= (ssize_t)sizeof(*head) && head->nlmsg_seq != sequence);
	if (n < 0)
		return n;
	if (!NLMSG_OK(head, (size_t)n))
		return -EBADMSG;
	if (head->nlmsg_type == NLMSG_ERROR) {
		int err = ((struct nlmsgerr *)NLMSG_DATA(head))->error;
		return err < 0 ? err : -EBADMSG;
	}
	if (head->nlmsg_len < NLMSG_LENGTH(fixed))
		return -EBADMSG;
	*first = (void *)((char *)NLMSG_DATA(head) + NLMSG_ALIGN(fixed));
	return head->nlmsg_len - NLMSG_LENGTH(NLMSG_ALIGN(fixed));
}

static void take_number(const struct rtattr *attribute, void *out)
{
	if (RTA_PAYLOAD(attribute) >= sizeof(uint32_t))
		memcpy(out, RTA_DATA(attribute), sizeof(uint32_t));
}

static bool has_kind(const struct rtattr *info, const char *kind)
{
	int len = RTA_PAYLOAD(info);
	for (const struct rtattr *at = RTA_DATA(info); RTA_OK(at, len); at = RTA_NEXT(at, len))
		if (at->rta_type == IFLA_INFO_KIND)
			return RTA_PAYLOAD(at) >= strlen(kind) + 1 && !memcmp(RTA_DATA(at), kind, strlen(kind) + 1);
	return false;
}

static void take_name(const struct rtattr *attribute, char out[static LINK_NAME])
{
	size_t len = RTA_PAYLOAD(attribute);
	if (len > LINK_NAME - 1)
		len = LINK_NAME - 1;
	memcpy(out, RTA_DATA(attribute), len);
	out[len] = 0;
}

static int ask_link(int socket, struct letter *letter, struct link *link)
{
	_Alignas(struct nlmsghdr) char answer[16384];
	struct rtattr *at;
	*link = (struct link){ .peer = -1, .peer_netns = -1 };
	int len = ask(socket, letter, sizeof(struct ifinfomsg), answer, sizeof(answer), &at);
	if (len < 0)
		return len;
	link->index = ((struct ifinfomsg *)NLMSG_DATA((struct nlmsghdr *)answer))->ifi_index;
	for (; RTA_OK(at, len); at = RTA_NEXT(at, len)) {
		int type = at->rta_type & NLA_TYPE_MASK;
		if (type == IFLA_IFNAME)
			take_name(at, link->name);
		else if (type == IFLA_MTU)
			take_number(at, &link->mtu);
		else if (type == IFLA_LINK)
			take_number(at, &link->peer);
		else if (type == IFLA_LINK_NETNSID)
			take_number(at, &link->peer_netns);
		else if (type == IFLA_LINKINFO)
			link->is_bridge = has_kind(at, "bridge");
	}
	return 0;
}

int link_named(int socket, const char *name, struct link *link)
{
	struct letter letter = begin_link(RTM_GETLINK, 0, &(struct ifinfomsg){ 0 });
	text_attribute(&letter, IFLA_IFNAME, name);
	return ask_link(socket, &letter, link);
}

int link_elsewhere(int socket, int netns, int index, struct link *link)
{
	struct letter letter = begin_link(RTM_GETLINK, 0, &(struct ifinfomsg){ .ifi_index = index });
	number_attribute(&letter, IFLA_TARGET_NETNSID, netns);
	return ask_link(socket, &letter, link);
}

int netns_number(int socket, int netns)
{
	_Alignas(struct nlmsghdr) char answer[1024];
	struct rtattr *at;
	int number = -1;
	struct letter letter = begin(RTM_GETNSID, 0, &(struct rtgenmsg){ 0 }, sizeof(struct rtgenmsg));
	number_attribute(&letter, NETNSA_FD, netns);
	int len = ask(socket, &letter, sizeof(struct rtgenmsg), answer, sizeof(answer), &at);
	for (; len > 0 && RTA_OK(at, len); at = RTA_NEXT(at, len))
		if (at->rta_type == NETNSA_NSID)
			take_number(at, &number);
	return number;
}

/* ---- changes ---- */

/* A bridge takes the lowest address of its ports as its own; fe never is, as in LXC. */
static void draw_address(unsigned char out[static 6])
{
	if (getrandom(out, 6, 0) != 6)
		die(1, "Failed to draw a hardware address");
	out[0] = 0xfe;
}

int make_pair(int socket, const struct link *bridge, const char *host, const char *inside, int netns)
{
	unsigned char address[6];
	const struct ifinfomsg up = { .ifi_flags = IFF_UP, .ifi_change = IFF_UP }, other = { 0 };
	struct letter letter = begin_link(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &up);
	draw_address(address);
	attribute(&letter, IFLA_ADDRESS, address, sizeof(address));
	number_attribute(&letter, IFLA_MTU, bridge->mtu);
	number_attribute(&letter, IFLA_MASTER, bridge->index);
	text_attribute(&letter, IFLA_IFNAME, host);
	struct rtattr *info = attribute(&letter, IFLA_LINKINFO, "", 0);
	text_attribute(&letter, IFLA_INFO_KIND, LINK_TYPE);
	struct rtattr *data = attribute(&letter, IFLA_INFO_DATA, "", 0);
	struct rtattr *peer = attribute(&letter, VETH_INFO_PEER, &other, sizeof(other));
	number_attribute(&letter, IFLA_MTU, bridge->mtu);
	number_attribute(&letter, IFLA_NET_NS_FD, netns);
	text_attribute(&letter, IFLA_IFNAME, inside);
	end_nest(&letter, peer);
	end_nest(&letter, data);
	end_nest(&letter, info);
	return netlink_send(socket, &letter.head);
}

int delete_link(int socket, const char *name)
{
	struct letter letter = begin_link(RTM_DELLINK, 0, &(struct ifinfomsg){ 0 });
	text_attribute(&letter, IFLA_IFNAME, name);
	return netlink_send(socket, &letter.head);
}
