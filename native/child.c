/*
 * The child list: run by the newborn inside its namespaces, up to the exec that replaces it. It allocates nothing,
 * tells notes, terminals and its failure through `sync`, and its silence at exec (CLOEXEC) is the good news.
 */
#include "lxc-ts.h"

#include <poll.h>
#include <sched.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/stat.h>

int send_message(struct run *run, enum message kind, uint32_t index, int32_t value, const char *text, int pass)
{
	struct {
		struct message_head head;
		char text[3072];
	} message = { .head = { kind, index, value } };
	size_t len = strlen(text);
	if (len > sizeof(message.text))
		len = sizeof(message.text);
	memcpy(message.text, text, len);
	return send_fd(run->sync, &message, sizeof(message.head) + len, pass);
}

static int child_sync(struct run *run, const struct op *op)
{
	uint32_t point = NUM(op, SYNC_POINT) & 31;
	if (NUM(op, SYNC_MODE) == SYNC_POST)
		return send_message(run, MSG_POINT, point, 0, "", -1);
	while (!(run->seen & 1u << point))
		hear_parent(run);
	return 0;
}

static int child_set_hostname(struct run *run, const struct op *op)
{
	(void)run;
	return CHECK(sethostname(STR(op, SET_HOSTNAME_NAME), LEN(op, SET_HOSTNAME_NAME)));
}

static int child_setns(struct run *run, const struct op *op)
{
	(void)run;
	_fd_ int fd = CHECK(open(STR(op, SETNS_PATH), O_RDONLY | O_CLOEXEC));
	return fd < 0 ? fd : CHECK(setns(fd, NUM(op, SETNS_TYPE)));
}

int op_unshare(struct run *run, const struct op *op)
{
	(void)run;
	return CHECK(unshare(NUM(op, UNSHARE_FLAGS)));
}

static int child_personality(struct run *run, const struct op *op)
{
	(void)run;
	return CHECK(personality(NUM(op, PERSONALITY_PERSONA))) < 0 ? -errno : 0;
}

static int child_pdeathsig(struct run *run, const struct op *op)
{
	(void)run;
	return CHECK(prctl(PR_SET_PDEATHSIG, NUM(op, PDEATHSIG_SIGNAL), 0, 0, 0));
}

static int child_umask(struct run *run, const struct op *op)
{
	(void)run;
	umask(NUM(op, UMASK_MASK));
	return 0;
}

static op_fn *const child_ops[] = {
	[OP_SYNC] = child_sync,
	[OP_WRITE_FILE] = op_write_file,
	[OP_JOIN_CGROUP] = op_join_cgroup,
	[OP_NETLINK] = op_netlink,
	[OP_OPEN_ROOT] = op_open_root,
	[OP_MOUNT] = op_mount,
	[OP_PLACE_MOUNT] = op_place_mount,
	[OP_TAKE_TREE] = op_take_tree,
	[OP_MKDIR] = op_mkdir,
	[OP_MKFILE] = op_mkfile,
	[OP_OVERWRITE_FILE] = op_overwrite_file,
	[OP_MKNOD] = op_mknod,
	[OP_SYMLINK] = op_symlink,
	[OP_PIVOT_ROOT] = op_pivot_root,
	[OP_SET_HOSTNAME] = child_set_hostname,
	[OP_CHDIR] = op_chdir,
	[OP_SET_IDS] = op_set_ids,
	[OP_CAP_DROP] = op_cap_drop,
	[OP_DUMPABLE] = op_dumpable,
	[OP_NO_NEW_PRIVS] = op_no_new_privs,
	[OP_SECCOMP] = op_seccomp,
	[OP_LSM_LABEL] = op_lsm_label,
	[OP_OPEN_PTY] = op_open_pty,
	[OP_STDIO] = op_stdio,
	[OP_RUN_HOOK] = op_run_hook,
	[OP_SETNS] = child_setns,
	[OP_UNSHARE] = op_unshare,
	[OP_RLIMIT] = op_rlimit,
	[OP_PERSONALITY] = child_personality,
	[OP_KEYRING] = op_keyring,
	[OP_SCHED_CORE] = op_sched_core,
	[OP_PDEATHSIG] = child_pdeathsig,
	[OP_EXEC] = op_exec,
	[OP_EXEC_INIT] = op_exec_init,
	[OP_UMASK] = child_umask,
	[OP_MUST_EXIST] = op_must_exist,
	[OP_BOOT_ID] = op_boot_id,
	[OP_CHOWN] = op_chown,
	[OP_SHARE_WITH] = op_share_with,
	[OP_ENTER] = op_enter,
};

/* A parent killed between fork and prctl sends no death signal; its end of `sync` tells. */
static void end_with_parent(struct run *run)
{
	struct pollfd fd = { .fd = run->sync };
	if (poll(&fd, 1, 0) == 1 && fd.revents & POLLHUP)
		_exit(1);
}

void run_child(struct run *run)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	end_with_parent(run);
	reset_signals();
	detail_take();
	run->seen = 0;
	run->null = CHECK(open("/dev/null", O_RDWR | O_CLOEXEC));
	run_child_from(run, 0);
}

void run_child_from(struct run *run, uint32_t next)
{
	const struct op_list *list = &run->program.list[LIST_CHILD];
	for (uint32_t i = next; i < list->count; i++) {
		const struct op *op = &list->ops[i];
		run->child_at = i;
		trace_begin(LIST_CHILD, i);
		int err = fault(LIST_CHILD, i);
		if (err == 0)
			err = op->code < countof(child_ops) && child_ops[op->code] ? child_ops[op->code](run, op) : -ENOSYS;
		trace_end(LIST_CHILD, i);
		if (err >= 0)
			continue;
		bool optional = op->flags & OP_FLAG_OPTIONAL;
		send_message(run, optional ? MSG_NOTE : MSG_FAIL, i, -err, detail_take(), -1);
		if (!optional)
			_exit(1);
	}
	_exit(0);
}
