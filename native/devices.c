/*
 * Device rules on cgroup v2: a BPF program per container, made by the brain (src/cgroup/device-program.ts). The runner
 * attaches it; the monitor puts rules that a client adds later (`lxc-cgroup devices.allow`) in front of the others.
 */
#include "command.h"

#include <linux/bpf.h>
#include <sys/syscall.h>

static int bpf(int command, union bpf_attr *attr)
{
	return CHECK((int)syscall(SYS_bpf, command, attr, sizeof(*attr)));
}

static int load(const void *code, size_t size)
{
	static const char license[] = "Apache-2.0";
	char log[2048] = "";
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE,
		.insns = (uintptr_t)code,
		.insn_cnt = size / sizeof(struct bpf_insn),
		.license = (uintptr_t)license,
	};
	int program = bpf(BPF_PROG_LOAD, &attr);
	if (program >= 0)
		return program;
	attr.log_level = 1; /* once more, for the verifier's words */
	attr.log_buf = (uintptr_t)log;
	attr.log_size = sizeof(log);
	int again = bpf(BPF_PROG_LOAD, &attr);
	close_fd(&again);
	if (*log)
		detail(log, NULL);
	return program;
}

/* The one program that is attached; -1 where there is none, or several. */
static int attached(int cgroup)
{
	uint32_t ids[2];
	union bpf_attr query = { .query = {
		.target_fd = cgroup,
		.attach_type = BPF_CGROUP_DEVICE,
		.prog_ids = (uintptr_t)ids,
		.prog_cnt = countof(ids),
	} };
	if (bpf(BPF_PROG_QUERY, &query) < 0 || query.query.prog_cnt != 1)
		return -1;
	union bpf_attr get = { .prog_id = ids[0] };
	return bpf(BPF_PROG_GET_FD_BY_ID, &get);
}

static int attach(const char *dir, const void *code, size_t size, bool replace)
{
	_fd_ int cgroup = CHECK(open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	if (cgroup < 0)
		return cgroup;
	_fd_ int program = load(code, size);
	if (program < 0)
		return program;
	_fd_ int before = replace ? attached(cgroup) : -1;
	union bpf_attr attr = {
		.target_fd = cgroup,
		.attach_bpf_fd = program,
		.attach_type = BPF_CGROUP_DEVICE,
		.attach_flags = BPF_F_ALLOW_MULTI | (before >= 0 ? BPF_F_REPLACE : 0),
		.replace_bpf_fd = before >= 0 ? before : 0,
	};
	return bpf(BPF_PROG_ATTACH, &attr);
}

int op_bpf_devices(struct run *run, const struct op *op)
{
	(void)run;
	return attach(STR(op, BPF_DEVICES_CGROUP), STR(op, BPF_DEVICES_PROGRAM), LEN(op, BPF_DEVICES_PROGRAM), false);
}

/* ---- rules added while the container runs ---- */

/* As liblxc sends one; a list head of its own follows. */
struct device_rule {
	char type;
	int32_t major, minor; /* -1 any */
	char access[4];
	int32_t allow;
};

/* Registers and first instructions are those of the brain's programs: rules stand behind the latter. */
enum { ANSWER = 0, CONTEXT = 1, TYPE = 2, ACCESS = 3, MAJOR = 4, MINOR = 5, SCRATCH = 6 };
enum { PROLOGUE = 6, MOST_OF_A_RULE = 8 };

#define LOAD(to, at) { .code = BPF_LDX | BPF_MEM | BPF_W, .dst_reg = to, .src_reg = CONTEXT, .off = at }
#define SET(to, value) { .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = to, .imm = value }
#define COPY(to, from) { .code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = to, .src_reg = from }
#define AND(to, value) { .code = BPF_ALU | BPF_AND | BPF_K, .dst_reg = to, .imm = value }
#define SHIFT(to, value) { .code = BPF_ALU | BPF_RSH | BPF_K, .dst_reg = to, .imm = value }
#define UNLESS(reg, value, skip) { .code = BPF_JMP32 | BPF_JNE | BPF_K, .dst_reg = reg, .imm = value, .off = skip }
#define WHEN(reg, value, skip) { .code = BPF_JMP32 | BPF_JEQ | BPF_K, .dst_reg = reg, .imm = value, .off = skip }
#define EXIT { .code = BPF_JMP | BPF_EXIT }

static const struct bpf_insn prologue[PROLOGUE] = {
	LOAD(TYPE, 0), COPY(ACCESS, TYPE), AND(TYPE, 0xffff), SHIFT(ACCESS, 16), LOAD(MAJOR, 4), LOAD(MINOR, 8),
};

/* What is in force; empty until a rule is added. */
static struct buffer current;

static void put_code(struct buffer *out, const struct bpf_insn *code, size_t count)
{
	put_bytes(out, code, count * sizeof(*code));
}

static int access_bits(const char access[4])
{
	int bits = 0;
	for (int i = 0; i < 4 && access[i]; i++)
		bits |= access[i] == 'm' ? 1 : access[i] == 'r' ? 2 : access[i] == 'w' ? 4 : 8;
	return bits;
}

/* Per kind of access: what an allowing rule leaves open is asked of the rules behind it. */
static void put_rule(struct buffer *out, const struct device_rule *rule)
{
	int bits = access_bits(rule->access);
	const struct bpf_insn allow[] = { AND(ACCESS, ~bits & 7), UNLESS(ACCESS, 0, 2), SET(ANSWER, 1), EXIT };
	const struct bpf_insn deny[] = { COPY(SCRATCH, ACCESS), AND(SCRATCH, bits), WHEN(SCRATCH, 0, 2), SET(ANSWER, 0), EXIT };
	struct bpf_insn tests[3] = { UNLESS(TYPE, rule->type == 'b' ? 1 : 2, 0) };
	int count = 1, verdict = rule->allow ? countof(allow) : countof(deny);
	if (rule->major >= 0)
		tests[count++] = (struct bpf_insn)UNLESS(MAJOR, rule->major, 0);
	if (rule->minor >= 0)
		tests[count++] = (struct bpf_insn)UNLESS(MINOR, rule->minor, 0);
	for (int i = 0; i < count; i++)
		tests[i].off = verdict + count - i - 1;
	put_code(out, tests, count);
	put_code(out, rule->allow ? allow : deny, verdict);
}

static void start_from_plan(struct run *run)
{
	const struct op *op = setting(run, OP_SET_DEVICES, 0);
	const struct bpf_insn allow_all[] = { SET(ANSWER, 1), EXIT };
	if (op)
		return put_bytes(&current, STR(op, SET_DEVICES_PROGRAM), LEN(op, SET_DEVICES_PROGRAM));
	put_code(&current, prologue, PROLOGUE);
	put_code(&current, allow_all, countof(allow_all));
}

/* A rule for all devices takes the place of those before it. */
static void put_program(struct buffer *out, const struct device_rule *rule)
{
	const struct bpf_insn all[] = { SET(ANSWER, !!rule->allow), EXIT };
	put_code(out, prologue, PROLOGUE);
	if (rule->type == 'a')
		return put_code(out, all, countof(all));
	put_rule(out, rule);
	put_bytes(out, current.at + sizeof(prologue), current.len - sizeof(prologue));
}

int add_device_rule(struct run *run, const char *dir, const void *request, size_t size)
{
	struct device_rule rule;
	_buffer_ struct buffer next = { 0 };
	if (size < sizeof(rule))
		return -EINVAL;
	memcpy(&rule, request, sizeof(rule));
	bool known = rule.type == 'a' || rule.type == 'b' || rule.type == 'c';
	if (!known || (rule.type != 'a' && (access_bits(rule.access) & 8 || !access_bits(rule.access))))
		return -EINVAL;
	if (!current.len)
		start_from_plan(run);
	/* A program of another build's brain may begin otherwise. */
	if (current.len < sizeof(prologue) || memcmp(current.at, prologue, sizeof(prologue)) != 0)
		return -EOPNOTSUPP;
	put_program(&next, &rule);
	int err = attach(dir, next.at, next.len, true);
	if (err < 0)
		return err;
	struct buffer before = current;
	current = next;
	next = before;
	return 0;
}

/* After a reboot the plan's rules are in force again. */
void forget_device_rules(void)
{
	buffer_free(&current);
}
