/*
 * One request: checked, written down, done. What is written down before it is done cannot be lost when this process is
 * killed in between: a line without its interface is forgotten by the next one, an interface without its line never would.
 */
#include "user-nic.h"

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/syscall.h>

#define DEFAULT_INSIDE "eth%d" /* the kernel puts in the first number that is free */

static int host_socket = -1;

static bool is_there(const char *name)
{
	struct link link;
	return is_link_name(name) && link_named(host_socket, name, &link) == 0;
}

/* vethUID_XXXX tells whose it is; longer ids leave no room for that. */
static void draw_name(uid_t uid, char out[static LINK_NAME])
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
	unsigned char random[6];
	char number[24], tail[7] = { 0 };
	bool is_short = format_number(number, uid) <= 5;
	if (getrandom(random, sizeof(random), 0) != sizeof(random))
		die(1, "Failed to draw a name");
	for (size_t i = 0; i < (is_short ? 4 : 6); i++)
		tail[i] = letters[random[i] % (sizeof(letters) - 1)];
	join(out, LINK_NAME, LINK_TYPE, is_short ? number : "", is_short ? "_" : "", tail, NULL);
}

static int find_bridge(const char *name, struct link *bridge)
{
	int err = link_named(host_socket, name, bridge);
	if (err == -ENODEV)
		return REFUSE("there is no bridge ", name);
	if (err < 0)
		return detail(name, NULL), err;
	return bridge->is_bridge ? 0 : REFUSE(name, " is not a bridge of the kernel");
}

/* The kernel says EEXIST for either end. */
static int make_named(struct nics *nics, const struct caller *caller, const char *owner, const struct link *bridge, const char *inside, int netns, char host[static LINK_NAME])
{
	for (int tries = 0; tries < 8; tries++) {
		draw_name(caller->uid, host);
		if (is_there(host))
			continue;
		int err = nics_add(nics, owner, bridge->name, host);
		if (err < 0)
			return err;
		err = make_pair(host_socket, bridge, host, inside, netns);
		if (err == 0)
			return 0;
		char *line = nics_find(nics, caller, bridge->name, host);
		if (line)
			nics_drop(nics, line);
		if (err != -EEXIST)
			return err;
		if (!is_there(host))
			return REFUSE("the container has an interface ", inside, " already");
	}
	return REFUSE("no name is left for an interface of ", caller->name);
}

/* NAME:INDEX of the container's end, and of the host's. */
static int tell(const char *host, char *out, size_t size)
{
	struct link here, inside;
	char index[24], peer[24];
	int err = link_named(host_socket, host, &here);
	if (err == 0)
		err = link_elsewhere(host_socket, here.peer_netns, here.peer, &inside);
	if (err < 0)
		return err;
	format_number(index, here.index);
	format_number(peer, inside.index);
	return join(out, size, inside.name, ":", peer, ":", host, ":", index, "\n", NULL);
}

static int create(const struct caller *caller, const char *name, const char *inside, int pidfd, char *out, size_t size)
{
	struct nics nics;
	struct link bridge;
	char owner[128], host[LINK_NAME];
	_fd_ int netns = netns_of(pidfd);
	int err = netns < 0 ? netns : must_own(caller, netns);
	if (err == 0)
		err = find_bridge(name, &bridge);
	if (err == 0)
		err = nics_open(&nics);
	if (err < 0)
		return err;
	err = find_room(&nics, caller, name, is_there, owner, sizeof(owner));
	if (err == 0)
		err = make_named(&nics, caller, owner, &bridge, inside, netns, host);
	nics_close(&nics);
	if (err < 0)
		return err;
	err = tell(host, out, size);
	if (err < 0)
		delete_link(host_socket, host);
	return err;
}

/* The other end is in `netns`, which the caller owns. */
static int must_lead_to(const char *name, int netns)
{
	struct link here;
	int err = link_named(host_socket, name, &here);
	if (err < 0)
		return err == -ENODEV ? REFUSE("there is no interface ", name) : err;
	int number = netns_number(host_socket, netns);
	return number >= 0 && number == here.peer_netns ? 0 : REFUSE("the other end of ", name, " is not in that network namespace");
}

static int delete(const struct caller *caller, const char *bridge, const char *name, int netns)
{
	struct nics nics;
	int err = must_be_netns(netns);
	if (err == 0)
		err = must_own(caller, netns);
	if (err == 0)
		err = must_lead_to(name, netns);
	if (err == 0)
		err = nics_open(&nics);
	if (err < 0)
		return err;
	char *line = nics_find(&nics, caller, bridge, name);
	err = line ? delete_link(host_socket, name) : REFUSE(NICS, " has no interface ", name, " of ", caller->name, " on ", bridge);
	if (err == 0)
		err = nics_drop(&nics, line);
	nics_close(&nics);
	return err;
}

int perform(const struct caller *caller, const struct request *request, char *out, size_t size)
{
	char **words = request->words;
	bool creates = words[0] && !strcmp(words[0], "create");
	if (!words[0] || !words[1] || !words[2] || !words[3] || words[4] || (!creates && strcmp(words[0], "delete")))
		return REFUSE("the request is not one of lxc-user-nic");
	const char *type = words[1], *bridge = words[2], *name = words[3];
	if (strcmp(type, LINK_TYPE))
		return REFUSE("interfaces of type ", is_link_name(type) ? type : "?", " are not made for users");
	if (!is_link_name(bridge))
		return REFUSE("that is not a name of a bridge");
	if (!is_link_name(name) && !(creates && !strcmp(name, DEFAULT_INSIDE)))
		return REFUSE("that is not a name of an interface: 1 to 15 letters, digits and signs");
	host_socket = netlink_open();
	if (host_socket < 0)
		return host_socket;
	*out = 0;
	int err = creates ? create(caller, bridge, name, request->fd, out, size) : delete(caller, bridge, name, request->fd);
	close_fd(&host_socket);
	return err;
}

void word_failure(int err, char *out, size_t size)
{
	const char *said = detail_take();
	int fits = err == -ESAID ? join(out, size, said, "\n", NULL) :
				   join(out, size, *said ? said : "the kernel", ": ", strerror(-err), "\n", NULL);
	if (fits < 0)
		join(out, size, "it was refused\n", NULL);
}

/* Interfaces of other namespaces, and looking at their processes. Root owns the files. */
int keep_few_rights(void)
{
	const uint64_t kept = 1ull << CAP_NET_ADMIN | 1ull << CAP_SYS_PTRACE;
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { { .effective = kept, .permitted = kept } };
	for (int cap = 0; cap < 64 && prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
		if (!(kept >> cap & 1))
			prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	return CHECK((int)syscall(SYS_capset, &head, data));
}
