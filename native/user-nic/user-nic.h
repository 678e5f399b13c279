/*
 * What the parts of lxc-user-nic share: a small program of its own that makes network interfaces for ordinary users. It
 * is root while it works, for people who are not, so it decides by itself: all that it is told is a claim until the
 * kernel, /etc/lxc/lxc-usernet or /run/lxc/nics has proved it. Besides these files it is base.c and netlink.c.
 *
 * A function gives 0, a count or a descriptor, or -errno; `detail()` adds the words. With -ESAID they say it all.
 */
#pragma once

#include "../lxc-ts.h"

#define USERNET "/etc/lxc/lxc-usernet"
#define RUN_LXC "/run/lxc"
#define NICS RUN_LXC "/nics"
#define SERVICE RUN_LXC "/user-nic"
#define LINK_TYPE "veth"
#define LINK_NAME 16 /* IFNAMSIZ */
/* Nobody is there who could answer: another lxc-user-nic may (EX_TEMPFAIL). */
#define UNREACHED 75

/* A refusal that says it all. */
#define REFUSE(...) (detail(__VA_ARGS__, NULL), -ESAID)

/* ---- who asks, as the kernel tells it ---- */

struct caller {
	uid_t uid;
	const char *name;   /* in /etc/passwd, else the number */
	const gid_t *groups;
	size_t count;
};

/* ---- policy.c: what root allows, and what is in use ---- */

/* Letters that the kernel takes, 1 to 15 of them, and none of those that mean something in a file or a request. */
bool is_link_name(const char *);

/* The name of `uid`, or its digits. False where /etc/passwd has none. */
bool user_name(uid_t uid, char *out, size_t size);

/* The file of interfaces in use, locked until it is closed. Lines `OWNER TYPE BRIDGE NAME`; OWNER is a user or @GROUP. */
struct nics {
	int fd;
	struct buffer text; /* NUL behind it */
};
int nics_open(struct nics *);
void nics_close(struct nics *);
/* Drop `line`, which is in the text, or add one. */
int nics_drop(struct nics *, const char *line);
int nics_add(struct nics *, const char *owner, const char *bridge, const char *name);
/* The line of the interface, if its owner is the caller or a group that he is in; NULL. */
char *nics_find(struct nics *, const struct caller *, const char *bridge, const char *name);

/*
 * The first line of /etc/lxc/lxc-usernet that is for the caller and not used up; `is_there` tells of an interface whether
 * it still is, and lines of those that are not are dropped.
 */
int find_room(struct nics *, const struct caller *, const char *bridge, bool (*is_there)(const char *), char *owner, size_t size);

/* ---- proof.c: whose a network namespace is ---- */

/* That of the process behind a pidfd. */
int netns_of(int pidfd);
/* `fd` is one. */
int must_be_netns(int fd);
/* It belongs to a user namespace that the caller made, or to one below such a one. */
int must_own(const struct caller *, int netns);

/* ---- pair.c: the interfaces ---- */

struct link {
	int index, peer, peer_netns; /* -1: unknown */
	uint32_t mtu;
	bool is_bridge;
	char name[LINK_NAME];
};
int link_named(int socket, const char *name, struct link *);
/* By its index in the namespace that `socket`'s knows under the number `netns`. */
int link_elsewhere(int socket, int netns, int index, struct link *);
/* A pair: `host` on the bridge and up, `inside` born in `netns` under its final name. */
int make_pair(int socket, const struct link *bridge, const char *host, const char *inside, int netns);
int delete_link(int socket, const char *name);
/* The number under which the namespace of `socket` knows another; -1. */
int netns_number(int socket, int netns);

/* ---- work.c: one request ---- */

struct request {
	char **words; /* create TYPE BRIDGE NAME, or delete TYPE BRIDGE NAME; NULL ends */
	int fd;       /* create: a pidfd; delete: the network namespace of the other end */
};
/* 0 with what is printed in `out`, or -errno with the detail. */
int perform(const struct caller *, const struct request *, char *out, size_t size);
/* What is told of a failure, NUL-terminated. */
void word_failure(int err, char *out, size_t size);
/* Give up all rights but those that this work takes. */
int keep_few_rights(void);

/* ---- service.c, client.c ---- */
noreturn void service_main(void);
int ask_service(char *const *words, int fd);

/* One packet each way: words, each with its NUL, and a descriptor; how it went, and text. */
#define PACKET 1024
enum { ANSWER_DONE, ANSWER_REFUSED, ANSWER_BUSY };
