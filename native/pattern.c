/*
 * One answer for many names. Where a brain gave the same answer twice but for words that stand for themselves alone, such
 * as a container's name, it left behind what the two have in common (src/run/pattern.ts). Whoever says the same with
 * words of his own puts them in, looks at the grounds that this gives, and has an answer that was never kept.
 */
#include "lxc-ts.h"

#define MOST_WORDS 4

struct word {
	const char *text;
	uint32_t len;
};

struct pattern {
	struct word words[MOST_WORDS];
	uint32_t count;
	struct reader hello, grounds, program;
};

static struct reader get_reader(struct reader *r)
{
	uint32_t len;
	const char *at = get_blob(r, &len);
	return (struct reader){ .at = at, .end = at + len };
}

/* ---- which pattern ---- */

/* The arguments of what we say, as they are in its HELLO. */
static struct reader arguments(const struct introduction *intro)
{
	struct reader r = { .at = intro->hello.at + HELLO_HEAD_BYTES, .end = intro->hello.at + intro->hello.len };
	get_reader(&r); /* the directory */
	return get_reader(&r);
}

/* Named after what cannot be a word of its own: the command and its options. */
static uint64_t key_of(const struct introduction *intro)
{
	struct reader argv = arguments(intro);
	uint64_t hash = FNV_START;
	for (const char *at = argv.at; at < argv.end; at += strlen(at) + 1)
		hash = at == argv.at || *at == '-' ? fnv(hash, at, strlen(at) + 1) : fnv(hash, "", 1);
	return fnv(hash, intro->namespaces, sizeof(intro->namespaces));
}

static bool is_alphanumeric(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Nothing in it means anything to anybody, whatever it is put into. */
static bool is_plain(const char *text, bool is_path)
{
	bool begins = true;
	if ((*text == '/') != is_path)
		return false;
	for (const char *at = text; *at; at++) {
		bool slash = is_path && *at == '/';
		if (begins ? !(is_alphanumeric(*at) || (slash && at == text)) : !(is_alphanumeric(*at) || slash || strchr("._-", *at)))
			return false;
		begins = slash;
	}
	return !begins;
}

static bool find_word(const struct introduction *intro, uint32_t place, struct word *word)
{
	struct reader argv = arguments(intro);
	word->text = argv.at;
	while (place-- > 0 && word->text < argv.end)
		word->text += strlen(word->text) + 1;
	word->len = word->text < argv.end ? strlen(word->text) : 0;
	return word->text < argv.end;
}

static bool take_words(struct pattern *p, const struct introduction *intro, struct reader *places, struct reader *most)
{
	p->count = get_u32(places);
	if (p->count > MOST_WORDS)
		return false;
	for (uint32_t i = 0; i < p->count; i++) {
		struct word *word = &p->words[i];
		uint32_t place = get_u32(places), kind = get_u32(places);
		if (!find_word(intro, place, word) || word->len > get_u32(most) || !is_plain(word->text, kind == 1))
			return false;
	}
	return !places->bad && !most->bad;
}

/* ---- words put in ---- */

static void fill_blob(const struct pattern *p, struct reader *r, struct buffer *out)
{
	size_t at = out->len;
	struct reader part;
	uint32_t gaps = get_u32(r);
	put_u32(out, 0);
	for (part = get_reader(r); put_bytes(out, part.at, part.end - part.at), gaps > 0 && !r->bad; gaps--) {
		uint32_t which = get_u32(r);
		if (which >= p->count)
			r->bad = true;
		else
			put_bytes(out, p->words[which].text, p->words[which].len);
		part = get_reader(r);
	}
	uint32_t len = out->len - at - sizeof(len);
	memcpy(out->at + at, &len, sizeof(len));
	put_bytes(out, "\0\0\0", 4 - len % 4);
}

/* What src/wire/stencil.ts says, whole. */
static bool fill(const struct pattern *p, struct reader *stencil, struct buffer *out)
{
	struct reader raw;
	out->len = 0;
	for (uint32_t count = get_u32(stencil); !stencil->bad; count--) {
		raw = get_reader(stencil);
		put_bytes(out, raw.at, raw.end - raw.at);
		if (count == 0)
			return true;
		fill_blob(p, stencil, out);
	}
	return false;
}

static bool says(const struct pattern *p, struct reader *hello, const struct introduction *intro, struct buffer *room)
{
	return fill(p, hello, room) && room->len == intro->hello.len && !memcmp(room->at, intro->hello.at, room->len);
}

/* ---- the answer ---- */

static bool read_pattern(struct reader *r, const struct introduction *intro, struct frame *out)
{
	struct pattern p;
	_buffer_ struct buffer room = { 0 };
	uint32_t len;
	const char *from = get_blob(r, &len);
	struct reader most = get_reader(r), text = get_reader(r);
	if (r->bad || strcmp(from, intro->namespaces) || !take_words(&p, intro, &text, &most))
		return false;
	p.hello = get_reader(&text);
	p.grounds = get_reader(&text);
	p.program = get_reader(&text);
	return !text.bad && says(&p, &p.hello, intro, &room) && fill(&p, &p.grounds, &room)
	       && grounds_hold(&(struct reader){ .at = room.at, .end = room.at + room.len }) && fill(&p, &p.program, &room)
	       && program_frame(out, room.at, room.len);
}

bool pattern_open(const struct introduction *intro, struct frame *out)
{
	struct reader r;
	_buffer_ struct buffer bytes = { 0 };
	bool found = false;
	if (!kept_file(intro, "/patterns/", key_of(intro), PATTERN_MAGIC, &bytes))
		return false;
	r = (struct reader){ .at = bytes.at + strlen(PATTERN_MAGIC), .end = bytes.at + bytes.len };
	for (uint32_t count = get_u32(&r); count > 0 && !r.bad && !found; count--)
		found = read_pattern(&r, intro, out);
	return found;
}
