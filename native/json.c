/*
 * JSON as OCI engines write it: checked as a whole, then looked into, without a copy. Run by the OCI hook on the state
 * it is given and by the runtime in front of another on a bundle's config.json. What is not JSON to the letter, or says
 * a thing twice, is not read at all.
 */
#include "lxc-ts.h"

enum { DEEPEST = 64 };

struct text {
	const char *at, *end;
};

static void skip_blank(struct text *text)
{
	while (text->at < text->end && strchr(" \t\n\r", *text->at) && *text->at)
		text->at++;
}

static bool take(struct text *text, char wanted)
{
	if (text->at == text->end || *text->at != wanted)
		return false;
	text->at++;
	return true;
}

static bool take_word(struct text *text, const char *word)
{
	while (*word)
		if (!take(text, *word++))
			return false;
	return true;
}

static bool take_digits(struct text *text)
{
	const char *from = text->at;
	while (text->at < text->end && *text->at >= '0' && *text->at <= '9')
		text->at++;
	return text->at > from;
}

static bool skip_number(struct text *text)
{
	take(text, '-');
	if (!take(text, '0') && !take_digits(text))
		return false;
	if (take(text, '.') && !take_digits(text))
		return false;
	if (!take(text, 'e') && !take(text, 'E'))
		return true;
	if (!take(text, '+'))
		take(text, '-');
	return take_digits(text);
}

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool take_hex(struct text *text, uint32_t *code)
{
	*code = 0;
	for (int i = 0; i < 4; i++) {
		int digit = text->at < text->end ? hex(*text->at) : -1;
		if (digit < 0)
			return false;
		*code = *code << 4 | (uint32_t)digit;
		text->at++;
	}
	return true;
}

static bool is_half(uint32_t code, uint32_t first)
{
	return code >= first && code < first + 0x400;
}

/* What an escape stands for; a character beyond 16 bits is two of them. */
static bool take_escape(struct text *text, uint32_t *code)
{
	static const char names[] = "\"\"\\\\//b\bf\fn\nr\rt\t";
	if (take(text, 'u')) {
		uint32_t low;
		if (!take_hex(text, code) || is_half(*code, 0xdc00))
			return false;
		if (!is_half(*code, 0xd800))
			return true;
		if (!take(text, '\\') || !take(text, 'u') || !take_hex(text, &low) || !is_half(low, 0xdc00))
			return false;
		*code = 0x10000 + ((*code - 0xd800) << 10) + (low - 0xdc00);
		return true;
	}
	for (const char *name = names; *name; name += 2)
		if (take(text, *name)) {
			*code = (unsigned char)name[1];
			return true;
		}
	return false;
}

static size_t put_utf8(char out[static 4], uint32_t code)
{
	static const unsigned char heads[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
	size_t len = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
	for (size_t i = len; i-- > 1; code >>= 6)
		out[i] = (char)(0x80 | (code & 0x3f));
	out[0] = (char)(heads[len == 1 ? 0 : len] | code);
	return len;
}

/* Goes behind a string; what it says goes to `out` when there is one, NUL-terminated, cut off where `size` ends. */
static bool take_string(struct text *text, char *out, size_t size, bool *fits)
{
	size_t len = 0;
	*fits = true;
	if (!take(text, '"'))
		return false;
	while (!take(text, '"')) {
		char bytes[4];
		size_t n = 1;
		uint32_t code;
		if (text->at == text->end || (unsigned char)*text->at < 0x20)
			return false;
		if (take(text, '\\')) {
			if (!take_escape(text, &code))
				return false;
			n = put_utf8(bytes, code);
		} else {
			bytes[0] = *text->at++;
		}
		*fits = *fits && len + n < size && bytes[0];
		if (*fits)
			memcpy(out + len, bytes, n), len += n;
	}
	if (size > 0)
		out[len] = 0;
	return true;
}

static bool skip_string(struct text *text)
{
	bool fits;
	return take_string(text, NULL, 0, &fits);
}

static bool skip_value(struct text *text, int depth);

static bool skip_member(struct text *text, bool named, int depth)
{
	skip_blank(text);
	if (named) {
		if (!skip_string(text))
			return false;
		skip_blank(text);
		if (!take(text, ':'))
			return false;
	}
	return skip_value(text, depth);
}

static bool skip_list(struct text *text, bool named, int depth)
{
	char end = named ? '}' : ']';
	skip_blank(text);
	if (take(text, end))
		return true;
	do
		if (!skip_member(text, named, depth))
			return false;
	while (take(text, ','));
	return take(text, end);
}

/* With the blanks around it. */
static bool skip_value(struct text *text, int depth)
{
	bool good;
	skip_blank(text);
	if (text->at == text->end || depth > DEEPEST)
		return false;
	switch (*text->at) {
	case '{':
	case '[':
		good = *text->at++ == '{' ? skip_list(text, true, depth + 1) : skip_list(text, false, depth + 1);
		break;
	case '"':
		good = skip_string(text);
		break;
	case 't':
		good = take_word(text, "true");
		break;
	case 'f':
		good = take_word(text, "false");
		break;
	case 'n':
		good = take_word(text, "null");
		break;
	default:
		good = skip_number(text);
	}
	skip_blank(text);
	return good;
}

static struct json trimmed(const char *at, const char *end)
{
	struct text text = { at, end };
	skip_blank(&text);
	while (end > text.at && strchr(" \t\n\r", end[-1]))
		end--;
	return (struct json){ text.at, end };
}

int json_parse(const char *at, size_t len, struct json *value)
{
	struct text text = { at, at + len };
	if (!skip_value(&text, 0) || text.at != text.end)
		return -EBADMSG;
	*value = trimmed(at, at + len);
	return 0;
}

int json_find(struct json object, const char *key, struct json *value)
{
	struct text text = { object.at, object.end };
	int found = -ENOENT;
	if (!take(&text, '{'))
		return -EBADMSG;
	for (skip_blank(&text); text.at < text.end && *text.at == '"'; skip_blank(&text)) {
		char name[128];
		bool fits;
		take_string(&text, name, sizeof(name), &fits);
		skip_blank(&text);
		take(&text, ':');
		const char *from = text.at;
		skip_value(&text, 0);
		if (fits && !strcmp(name, key)) {
			if (found == 0)
				return -EBADMSG;
			*value = trimmed(from, text.at);
			found = 0;
		}
		take(&text, ',');
	}
	return found;
}

int json_text(struct json value, char *out, size_t size)
{
	struct text text = { value.at, value.end };
	bool fits;
	if (!take_string(&text, out, size, &fits))
		return -EBADMSG;
	return fits ? 0 : -ENAMETOOLONG;
}

int64_t json_count(struct json value)
{
	struct text text = { value.at, value.end };
	const char *at = value.at;
	return value.end - value.at < 18 && take_digits(&text) && text.at == text.end ? parse_number(&at) : -EBADMSG;
}

int read_json(int fd, struct buffer *text, struct json *value)
{
	int err = read_text(fd, text);
	return err < 0 ? err : json_parse(text->at, text->len - 1, value);
}
