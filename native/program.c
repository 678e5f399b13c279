/*
 * A RUN payload becomes op structs in two places: parent and child ops, which are forgotten once the container
 * runs, and undo ops with the settings, which the monitor keeps, behind the payload. Texts stay in the frame and are used in place.
 * The client decodes; what comes from a brain is still checked, so that a bad length can never be followed.
 */
#include "lxc-ts.h"

#include <sys/mman.h>

/* The letters of an op's arguments (OP_TABLE), NULL for a number this build does not know. */
static const char *op_kinds(uint32_t code)
{
	switch (code) {
#define KINDS(number, name, kinds) \
	case number:               \
		return kinds;
	OP_TABLE(KINDS)
#undef KINDS
	}
	return NULL;
}

struct arena {
	char *at;
	size_t used, size;
};

static void *arena_take(struct arena *arena, size_t size)
{
	size = (size + 7) & ~7ul;
	if (size > arena->size - arena->used)
		return NULL;
	arena->used += size;
	return arena->at + arena->used - size;
}

static int decode_texts(struct arena *arena, struct arg *arg, const char *at, uint32_t len)
{
	uint32_t count = 0;
	for (uint32_t i = 0; i < len; i++)
		count += at[i] == 0;
	if (len > 0 && at[len - 1] != 0)
		return -EBADMSG;
	char **texts = arena_take(arena, (count + 1) * sizeof(*texts));
	if (!texts)
		return -ENOMEM;
	for (uint32_t i = 0; i < count; i++, at += strlen(at) + 1)
		texts[i] = (char *)at;
	texts[count] = NULL;
	arg->v = texts;
	arg->len = count;
	return 0;
}

static int decode_arg(struct arena *arena, char kind, struct arg *arg, const char *at, uint32_t len)
{
	switch (kind) {
	case 'i':
		if (len != sizeof(int64_t))
			return -EBADMSG;
		memcpy(&arg->n, at, sizeof(int64_t));
		return 0;
	case 'v':
		return decode_texts(arena, arg, at, len);
	case 's':
		if (memchr(at, 0, len))
			return -EBADMSG;
		break;
	}
	arg->s = at;
	arg->len = len;
	return 0;
}

static int decode_op(struct arena *arena, struct reader *r, struct op *op)
{
	op->raw = r->at;
	op->code = get_u16(r);
	op->flags = get_u16(r);
	op->link = get_u16(r);
	op->argc = get_u16(r);
	const char *kinds = op_kinds(op->code);
	if (r->bad || !kinds)
		return -EBADMSG;
	size_t known = strlen(kinds);
	op->args = arena_take(arena, known * sizeof(*op->args));
	if (!op->args)
		return -ENOMEM;
	for (size_t i = 0; i < known || i < op->argc; i++) {
		uint32_t len = 0;
		/* An older brain sends fewer arguments: 0, "" and the empty list; a newer one more: ignored. */
		const char *at = i < op->argc ? get_blob(r, &len) : "\0\0\0\0\0\0\0";
		int err = i >= known ? 0 : decode_arg(arena, kinds[i], &op->args[i], at, i < op->argc ? len : kinds[i] == 'i' ? 8 : 0);
		if (r->bad || err < 0)
			return err < 0 ? err : -EBADMSG;
	}
	op->raw_len = r->at - op->raw;
	return 0;
}

/* Upper bound of what the ops of two lists, maybe none, need: a text list's pointers are fewer than its bytes. */
static size_t room_for(size_t ops, size_t bytes)
{
	return 8 + ops * (sizeof(struct op) + (MAX_OP_ARGS + 1) * (sizeof(struct arg) + 16)) + bytes * 8;
}

/* Where the ops go that a monitor keeps: it holds fewer pages if they share them with their texts, which end the frame. */
static size_t behind(size_t len)
{
	return (len + 8) & ~7ul;
}

static int open_arena(struct program *p)
{
	p->arena_size = room_for((size_t)p->list[LIST_PARENT].count + p->list[LIST_CHILD].count, p->frame.len);
	p->arena = map_pages(p->arena_size);
	return p->arena ? 0 : -ENOMEM;
}

/* One of program_frame() has room already. */
static int grow_frame(struct program *p, struct arena *kept)
{
	size_t begin = behind(p->frame.len), size = room_for((size_t)p->list[LIST_UNDO].count + p->list[LIST_SETTINGS].count, p->frame.len);
	if (p->frame.mapped < begin + size) {
		char *at = mremap(p->frame.data, p->frame.mapped, begin + size, MREMAP_MAYMOVE);
		if (at == MAP_FAILED)
			return -ENOMEM;
		p->frame.data = at;
		p->frame.mapped = begin + size;
	}
	*kept = (struct arena){ .at = p->frame.data + begin, .size = size };
	return 0;
}

static int decode_lists(struct program *p, int first, struct arena arena, struct reader *r)
{
	for (int i = first; i < first + 2; i++) {
		struct op_list *list = &p->list[i];
		list->ops = arena_take(&arena, list->count * sizeof(*list->ops));
		for (uint32_t at = 0; at < list->count; at++) {
			int err = decode_op(&arena, r, &list->ops[at]);
			if (err < 0)
				return err;
		}
	}
	return 0;
}

#define HEAD_SIZE (8 * sizeof(uint32_t))

bool program_frame(struct frame *out, const char *run, size_t len)
{
	uint32_t counts[2] = { 0 };
	if (len >= HEAD_SIZE)
		memcpy(counts, run + HEAD_SIZE - sizeof(counts), sizeof(counts));
	size_t size = behind(len) + room_for((size_t)counts[0] + counts[1], len);
	*out = (struct frame){ .type = FRAME_RUN, .len = len, .mapped = size, .data = map_pages(size) };
	if (out->data)
		memcpy(out->data, run, len);
	return out->data;
}

int program_decode(struct program *p, struct frame *frame)
{
	struct arena kept;
	struct reader r = { .at = frame->data, .end = frame->data + frame->len };
	*p = (struct program){ .frame = *frame };
	*frame = (struct frame){ 0 };
	uint32_t version = get_u32(&r);
	p->after = get_u32(&r);
	p->exit = get_u32(&r);
	p->flags = get_u32(&r);
	for (int i = 0; i < 4; i++)
		p->list[i].count = get_u32(&r);
	int err = r.bad || version != PROTOCOL_VERSION ? -EPROTO : 0;
	for (int i = 0; i < 4 && err == 0; i++)
		if (p->list[i].count > p->frame.len / 8) /* an op has at least 8 bytes */
			err = -EBADMSG;
	if (err == 0)
		err = open_arena(p);
	if (err == 0)
		err = grow_frame(p, &kept);
	r = (struct reader){ .at = p->frame.data + HEAD_SIZE, .end = p->frame.data + p->frame.len };
	if (err == 0)
		err = decode_lists(p, LIST_PARENT, (struct arena){ .at = p->arena, .size = p->arena_size }, &r);
	if (err == 0)
		err = decode_lists(p, LIST_UNDO, kept, &r);
	for (uint32_t i = 0; err == 0 && i < p->list[LIST_UNDO].count; i++)
		if (p->list[LIST_UNDO].ops[i].link >= p->list[LIST_PARENT].count)
			err = -EBADMSG;
	if (err < 0)
		program_free(p);
	return err;
}

/* Give back the ops that are done and the pages of the frame that hold only their texts. */
void program_trim(struct program *p)
{
	struct op_list *undo = &p->list[LIST_UNDO], *settings = &p->list[LIST_SETTINGS];
	const char *kept = undo->count ? undo->ops[0].raw : settings->count ? settings->ops[0].raw : p->frame.data + p->frame.len;
	size_t done = (kept - p->frame.data) & ~4095ul;
	if (done > 0)
		madvise(p->frame.data, done, MADV_DONTNEED);
	unmap_pages(p->arena, p->arena_size);
	p->arena = NULL;
	p->list[LIST_PARENT] = p->list[LIST_CHILD] = (struct op_list){ 0 };
}

void program_free(struct program *p)
{
	unmap_pages(p->arena, p->arena_size);
	frame_free(&p->frame);
	*p = (struct program){ 0 };
}
