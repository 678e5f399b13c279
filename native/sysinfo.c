/*
 * sysinfo(2) of a container's processes, answered with what the proc view shows. The filter that they run under tells
 * us of the call; a fork of ours, which lives as long as there are calls, reads the answer and puts it into the
 * caller's memory. Reading is what may block, and so the monitor itself never does it: when the fork is not done in
 * time the kernel goes on with the call, and the caller sees the host. What nobody answers would wait for ever, so
 * the fork works in a page that we share and whatever it leaves there at its death is answered.
 */
#include "monitor.h"

#include <linux/audit.h>
#include <linux/close_range.h>
#include <linux/seccomp.h>
#include <linux/sysinfo.h>
#include <stdatomic.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>

enum {
	ANSWER_MS = 20,         /* as long as a caller waits for the view */
	WRITE_MS = 1000,        /* for its memory, which may have to come from a disk */
	LINGER_MS = 20,         /* a program that calls once often calls again */
	IDLE_MS = LINGER_MS + ANSWER_MS, /* a fork that is not heard of for so long was stopped */
	REST_MS = 50,           /* before another try to fork */
	MOST_CALLS = 256,       /* of one fork: it does not know of listeners that came later */
	MOST_LISTENERS = 512,
};

/* What a fork does for a call. LATE: the caller was told to go on without us. */
enum phase { RECEIVING, READING, LATE, WRITING };

/* Kernels may write longer records than our headers know. */
struct call {
	int listener;
	_Atomic int phase;
	union {
		struct seccomp_notif notice;
		char room[512];
	};
	union {
		struct seccomp_notif_resp reply;
		char more[512];
	};
};

struct worker {
	pid_t pid;              /* 0 none */
	struct call *call;
};

/* The one at work, and one that did not come back from the view: until it does, callers see the host at once. */
static struct worker active, stuck;
static int listeners[MOST_LISTENERS] SELDOM;
static int count;
static int timer = -1;
static bool resting;

/* ---- a call ---- */

static void set_timer(int ms)
{
	struct itimerspec when = { .it_value = { ms / 1000, ms % 1000 * 1000000L } };
	timerfd_settime(timer, 0, &when, NULL);
}

static void reply(struct call *call, uint32_t flags)
{
	memset(call->more, 0, sizeof(call->more));
	call->reply.id = call->notice.id;
	call->reply.flags = flags;
	ioctl(call->listener, SECCOMP_IOCTL_NOTIF_SEND, &call->reply);
}

/* As if there were no filter: the numbers of the host. */
static void let_pass(struct call *call)
{
	reply(call, SECCOMP_USER_NOTIF_FLAG_CONTINUE);
}

/* By the number that the first kernels gave it; later ones know that as well. */
static bool still_waits(const struct call *call)
{
	uint64_t id = call->notice.id;
	return ioctl(call->listener, _IOR(SECCOMP_IOC_MAGIC, 2, uint64_t), &id) == 0;
}

/* ---- the numbers ---- */

/* As 32-bit programs have it. */
struct compat_sysinfo {
	int32_t uptime;
	uint32_t loads[3], totalram, freeram, sharedram, bufferram, totalswap, freeswap;
	uint16_t procs, pad;
	uint32_t totalhigh, freehigh, mem_unit;
	char _f[8];
};

/* Lines `name value`, in the order of src/lxcfs/sysinfo.ts. */
static bool read_numbers(const char *file, struct sysinfo *out)
{
	char text[1024];
	uint64_t values[11];
	_fd_ int fd = open(file, O_RDONLY | O_CLOEXEC);
	ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (length <= 0)
		return false;
	text[length] = 0;
	const char *at = text;
	for (size_t i = 0; i < countof(values); i++) {
		at = strchr(at, ' ');
		if (!at++)
			return false;
		values[i] = parse_number(&at);
	}
	*out = (struct sysinfo){
		.uptime = values[0], .loads = { values[1], values[2], values[3] }, .totalram = values[4],
		.freeram = values[5], .sharedram = values[6], .bufferram = values[7], .totalswap = values[8],
		.freeswap = values[9], .procs = values[10], .mem_unit = 1,
	};
	return true;
}

/* Sizes that do not fit are told in pages, as the kernel does it. */
static struct compat_sysinfo compat_of(const struct sysinfo *in)
{
	int shift = (in->totalram | in->totalswap) > UINT32_MAX ? 12 : 0;
	return (struct compat_sysinfo){
		.uptime = in->uptime, .loads = { in->loads[0], in->loads[1], in->loads[2] },
		.totalram = in->totalram >> shift, .freeram = in->freeram >> shift, .sharedram = in->sharedram >> shift,
		.bufferram = in->bufferram >> shift, .totalswap = in->totalswap >> shift,
		.freeswap = in->freeswap >> shift, .procs = in->procs, .mem_unit = 1U << shift,
	};
}

/*
 * Into the memory that the descriptor of /proc/TID/mem holds: once the caller is known to have waited after it was
 * opened, it is the caller's, whatever becomes of the number. What its own protection forbids is the kernel's to
 * refuse: there the write fails, or changes a page of the caller's alone.
 */
static bool write_numbers(struct call *call, const struct sysinfo *numbers)
{
	char path[64], tid[24];
	format_number(tid, call->notice.pid);
	JOIN(path, "/proc/", tid, "/mem");
	_fd_ int memory = open(path, O_WRONLY | O_CLOEXEC);
	if (memory < 0 || !still_waits(call))
		return false;
	bool compat = call->notice.data.arch == AUDIT_ARCH_I386 || call->notice.data.arch == AUDIT_ARCH_ARM;
	struct compat_sysinfo narrow = compat_of(numbers);
	const void *from = compat ? (const void *)&narrow : numbers;
	ssize_t size = compat ? sizeof(narrow) : sizeof(*numbers);
	uint64_t to = compat ? (uint32_t)call->notice.data.args[0] : call->notice.data.args[0];
	return pwrite(memory, from, size, to) == size;
}

/* ---- in the fork ---- */

static void handle(struct call *call, const char *file)
{
	struct sysinfo numbers;
	int reading = READING;
	atomic_store(&call->phase, READING);
	bool known = *file && call->notice.pid && read_numbers(file, &numbers);
	/* The monitor told it to go on: its memory is its own again. */
	if (!atomic_compare_exchange_strong(&call->phase, &reading, WRITING))
		return;
	if (known && write_numbers(call, &numbers))
		reply(call, 0);
	else
		let_pass(call);
}

static void receive(struct call *call, int listener, const char *file)
{
	memset(call->room, 0, sizeof(call->room));
	atomic_store(&call->phase, RECEIVING);
	call->listener = listener;
	/* The caller may be gone by now, and we would wait here for the next one. */
	set_timer(ANSWER_MS);
	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &call->notice) == 0)
		handle(call, file);
	set_timer(IDLE_MS);
	atomic_store(&call->phase, RECEIVING);
	call->notice.id = 0;
}

/* Nothing else of the monitor's stays open: others wait for the ends of its sockets and terminals. */
static void keep_listeners(void)
{
	unsigned from = 0;
	for (;;) {
		unsigned next = (unsigned)timer >= from ? (unsigned)timer : UINT32_MAX;
		for (int i = 0; i < count; i++)
			if ((unsigned)listeners[i] >= from && (unsigned)listeners[i] < next)
				next = listeners[i];
		if (next > from)
			syscall(SYS_close_range, from, next - 1, 0);
		if (next == UINT32_MAX)
			return;
		from = next + 1;
	}
}

static noreturn void work(struct call *call, const char *file, pid_t monitor)
{
	struct pollfd polls[MOST_LISTENERS];
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (getppid() != monitor)
		_exit(1);
	keep_listeners();
	/* Time is short, and so are we; where it is not allowed we are as patient as the others. */
	setpriority(PRIO_PROCESS, 0, -20);
	/* Without the view: those who wait now. The next ones may have it back. */
	int most = *file ? MOST_CALLS : 1;
	for (int calls = 0; calls < most;) {
		for (int i = 0; i < count; i++)
			polls[i] = (struct pollfd){ .fd = listeners[i], .events = POLLIN };
		if (poll(polls, count, LINGER_MS) <= 0)
			break;
		int before = calls;
		for (int i = 0; i < count; i++)
			if (polls[i].revents & POLLIN) {
				receive(call, listeners[i], file);
				calls++;
			}
		if (calls == before) /* all that there is to tell is that a filter has no process left */
			break;
	}
	_exit(0);
}

/* ---- in the monitor ---- */

static const char *file_of(struct run *run)
{
	const struct op *op = setting(run, OP_SET_SYSINFO, 0);
	return op ? STR(op, SET_SYSINFO_FILE) : "";
}

static void rest(void)
{
	resting = true;
	set_timer(REST_MS);
}

static void start_worker(struct run *run)
{
	pid_t monitor = getpid();
	const char *file = stuck.pid ? "" : file_of(run);
	struct call *call = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (call == MAP_FAILED)
		return rest();
	set_timer(IDLE_MS);
	pid_t pid = fork();
	if (pid == 0)
		work(call, file, monitor);
	if (pid < 0) {
		munmap(call, 4096);
		return rest();
	}
	active = (struct worker){ pid, call };
}

/*
 * The time is over. One that still waits for the view is killed, but may only die when the view lets go of it; the next
 * one does without. One that writes holds the caller's memory, and gets more time.
 */
static void lose_patience(void)
{
	struct call *call = active.call;
	int phase = READING;
	if (!atomic_compare_exchange_strong(&call->phase, &phase, LATE) && phase == WRITING) {
		atomic_compare_exchange_strong(&call->phase, &phase, LATE);
		return set_timer(WRITE_MS);
	}
	kill(active.pid, SIGKILL);
	if (phase == RECEIVING)
		return;
	let_pass(call);
	if (stuck.pid)
		return;
	stuck = active;
	active = (struct worker){ 0 };
}

static void bury(struct worker *worker)
{
	if (worker->call->notice.id)
		let_pass(worker->call);
	munmap(worker->call, 4096);
	*worker = (struct worker){ 0 };
}

void sysinfo_reaped(pid_t pid)
{
	if (pid == active.pid)
		bury(&active);
	else if (pid == stuck.pid)
		bury(&stuck);
}

static void forget(int at)
{
	close(listeners[at]);
	listeners[at] = listeners[--count];
}

int sysinfo_listen(struct run *run, int listener)
{
	if (!*file_of(run))
		return -EINVAL;
	if (timer < 0)
		timer = CHECK(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
	if (timer < 0 || count == MOST_LISTENERS)
		return timer < 0 ? timer : -EMFILE;
	listeners[count++] = listener;
	return 0;
}

size_t sysinfo_most(void)
{
	return count ? count + 1 : 0;
}

size_t sysinfo_poll(struct pollfd *polls)
{
	bool busy = active.pid || resting;
	if (count == 0)
		return 0;
	polls[0] = (struct pollfd){ .fd = busy ? timer : -1, .events = POLLIN };
	for (int i = 0; i < count && !busy; i++)
		polls[1 + i] = (struct pollfd){ .fd = listeners[i], .events = POLLIN };
	return busy ? 1 : count + 1;
}

void sysinfo_run(struct run *run, const struct pollfd *polls, size_t polled)
{
	uint64_t times;
	bool called = false;
	if (polled == 0)
		return;
	if (polls[0].revents && read(timer, &times, sizeof(times)) == sizeof(times)) {
		if (active.pid)
			lose_patience();
		resting = false;
		return;
	}
	for (size_t i = polled - 1; i > 0; i--) {
		called |= polls[i].revents & POLLIN;
		if (polls[i].revents && !(polls[i].revents & POLLIN))
			forget(i - 1); /* no process has this filter any more */
	}
	if (called && !active.pid)
		start_worker(run);
}

/* Its cgroup is ours, and about to be removed. One that the view does not let go of is not waited for. */
static void end_worker(struct worker *worker)
{
	if (!worker->pid)
		return;
	kill(worker->pid, SIGKILL);
	for (int turn = 0; turn < 20 && waitpid(worker->pid, NULL, WNOHANG) == 0; turn++)
		poll(NULL, 0, 5);
	bury(worker);
}

void sysinfo_close(void)
{
	end_worker(&active);
	end_worker(&stuck);
	while (count > 0)
		forget(count - 1);
	close_fd(&timer);
	resting = false;
}
