/*
 * Where the time of a start goes, for `--trace`: a few moments of the client and its runner, and the begin and end of
 * each op, in memory that client, detached runner and child share. The brain turns it into words.
 */
#include "lxc-ts.h"

#include <sys/mman.h>
#include <time.h>

struct op_time {
	uint64_t from, to;
};

static uint64_t moments[TRACE_MOMENTS];
static struct op_time *times; /* of the parent list, then of the child list */
static size_t split, count;

static uint64_t clock_now(clockid_t clock)
{
	struct timespec now;
	clock_gettime(clock, &now);
	return now.tv_sec * 1000000000ull + now.tv_nsec;
}

void trace_moment(uint32_t which)
{
	moments[which] = clock_now(which == TRACE_EXEC_COST ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC);
}

void trace_ops(const struct program *program)
{
	if (!(program->flags & RUN_TRACE))
		return;
	split = program->list[LIST_PARENT].count;
	count = split + program->list[LIST_CHILD].count;
	void *at = mmap(NULL, count * sizeof(*times), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	times = at == MAP_FAILED ? NULL : at;
}

static struct op_time *time_of(uint32_t list, uint32_t index)
{
	return &times[list == LIST_CHILD ? split + index : index];
}

void trace_begin(uint32_t list, uint32_t index)
{
	if (times)
		time_of(list, index)->from = clock_now(CLOCK_MONOTONIC);
}

void trace_end(uint32_t list, uint32_t index)
{
	if (times)
		time_of(list, index)->to = clock_now(CLOCK_MONOTONIC);
}

void trace_send(int brain)
{
	_buffer_ struct buffer out = { 0 };
	if (!times)
		return;
	trace_moment(TRACE_DONE);
	put_u32(&out, split);
	put_u32(&out, count - split);
	put_bytes(&out, moments, sizeof(moments));
	put_bytes(&out, times, count * sizeof(*times));
	frame_send(brain, FRAME_TRACE, out.at, out.len);
	munmap(times, count * sizeof(*times));
	times = NULL;
}
