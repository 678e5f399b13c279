/*
 * What root allows and what is in use: /etc/lxc/lxc-usernet and /run/lxc/nics, as LXC's own lxc-user-nic reads and writes
 * them, because both may serve the same host.
 */
#include "user-nic.h"

#include <sys/stat.h>

bool is_link_name(const char *name)
{
	size_t len = strlen(name);
	if (len == 0 || len >= LINK_NAME || !strcmp(name, ".") || !strcmp(name, ".."))
		return false;
	for (const char *at = name; *at; at++)
		if (*at <= ' ' || *at > '~' || strchr("/:%@#\\\"'", *at))
			return false;
	return true;
}

/* ---- lines and fields ---- */

struct field {
	const char *at;
	size_t len;
};

static bool is_text(struct field field, const char *text)
{
	return strlen(text) == field.len && !memcmp(field.at, text, field.len);
}

/* The end of the line, which is moved behind. */
static const char *line_end(const char **line)
{
	const char *end = *line + strcspn(*line, "\n");
	*line = *end ? end + 1 : end;
	return end;
}

/* Words of [at, end) between blanks or `stop`; the number of those found. A line that begins with a blank has none, as in LXC. */
static size_t fields(const char *at, const char *end, const char *stop, struct field *out, size_t most)
{
	size_t count = 0;
	while (at < end && count < most) {
		const char *from = at;
		while (at < end && !strchr(stop, *at))
			at++;
		if (at == from && *stop == ' ')
			return count;
		out[count++] = (struct field){ from, at - from };
		if (*stop != ' ')
			at += at < end;
		else
			while (at < end && strchr(stop, *at))
				at++;
	}
	return count;
}

static bool parse_id(struct field field, uint32_t *out)
{
	uint64_t value = 0;
	for (size_t i = 0; i < field.len; i++) {
		if (field.at[i] < '0' || field.at[i] > '9' || value > UINT32_MAX)
			return false;
		value = value * 10 + field.at[i] - '0';
	}
	*out = value;
	return field.len > 0 && value <= UINT32_MAX;
}

static int read_whole(const char *path, struct buffer *out)
{
	_fd_ int fd = CHECK(open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY));
	int err = fd < 0 ? fd : read_text(fd, out);
	if (err < 0)
		detail(path, NULL);
	return err;
}

/* ---- users and groups ---- */

bool user_name(uid_t uid, char *out, size_t size)
{
	_buffer_ struct buffer text = { 0 };
	struct field part[3];
	uint32_t id;
	char number[24];
	format_number(number, uid);
	join(out, size, number, NULL);
	if (read_whole("/etc/passwd", &text) < 0)
		return detail_take(), false;
	for (const char *line = text.at, *from; *line;) {
		from = line;
		const char *end = line_end(&line);
		if (fields(from, end, ":", part, 3) < 3 || !parse_id(part[2], &id) || id != uid)
			continue;
		if (part[0].len == 0 || part[0].len >= size)
			continue;
		memcpy(out, part[0].at, part[0].len);
		out[part[0].len] = 0;
		return true;
	}
	return false;
}

static bool holds_group(const struct caller *caller, uint32_t gid)
{
	for (size_t i = 0; i < caller->count; i++)
		if (caller->groups[i] == gid)
			return true;
	return false;
}

/* The process has the group of that name: who the file lists as members is what login makes of it. */
static bool in_group(const struct caller *caller, struct field name)
{
	_buffer_ struct buffer text = { 0 };
	struct field part[3];
	uint32_t gid;
	if (read_whole("/etc/group", &text) < 0)
		return detail_take(), false;
	for (const char *line = text.at, *from; *line;) {
		from = line;
		const char *end = line_end(&line);
		if (fields(from, end, ":", part, 3) < 3 || !parse_id(part[2], &gid))
			continue;
		if (part[0].len == name.len && !memcmp(part[0].at, name.at, name.len))
			return holds_group(caller, gid);
	}
	return false;
}

static bool is_for(const struct caller *caller, struct field owner)
{
	if (owner.len > 1 && *owner.at == '@')
		return in_group(caller, (struct field){ owner.at + 1, owner.len - 1 });
	return is_text(owner, caller->name);
}

/* ---- interfaces in use ---- */

int nics_open(struct nics *nics)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	*nics = (struct nics){ .fd = -1 };
	if (mkdir(RUN_LXC, 0755) < 0 && errno != EEXIST)
		return detail(RUN_LXC, NULL), -errno;
	nics->fd = CHECK(open(NICS, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY, 0600));
	int err = nics->fd < 0 ? nics->fd : CHECK(fcntl(nics->fd, F_OFD_SETLKW, &lock));
	if (err == 0)
		err = read_text(nics->fd, &nics->text);
	if (err < 0) {
		detail(NICS, NULL);
		nics_close(nics);
	}
	return err;
}

void nics_close(struct nics *nics)
{
	close_fd(&nics->fd);
	buffer_free(&nics->text);
}

/* In its place: LXC locks the file, not its name. */
static int nics_write(struct nics *nics)
{
	size_t len = nics->text.len - 1;
	ssize_t n = CHECK(pwrite(nics->fd, nics->text.at, len, 0));
	int err = n < 0 ? n : (size_t)n < len ? -ENOSPC : CHECK(ftruncate(nics->fd, len));
	if (err < 0)
		detail(NICS, NULL);
	return err;
}

int nics_drop(struct nics *nics, const char *line)
{
	char *from = nics->text.at + (line - nics->text.at);
	char *end = from + strcspn(from, "\n");
	end += *end == '\n';
	nics->text.len -= end - from;
	memmove(from, end, nics->text.at + nics->text.len - from);
	return nics_write(nics);
}

int nics_add(struct nics *nics, const char *owner, const char *bridge, const char *name)
{
	char line[512];
	int err = JOIN(line, owner, " " LINK_TYPE " ", bridge, " ", name, "\n");
	if (err < 0)
		return err;
	nics->text.len--; /* its NUL */
	if (nics->text.len > 0 && nics->text.at[nics->text.len - 1] != '\n')
		put_bytes(&nics->text, "\n", 1);
	put_bytes(&nics->text, line, strlen(line) + 1);
	return nics_write(nics);
}

/* OWNER TYPE BRIDGE NAME */
static bool is_nic(const char *line, const char *end, const char *bridge, struct field part[4])
{
	return fields(line, end, " \t", part, 4) == 4 && is_text(part[1], LINK_TYPE) && is_text(part[2], bridge);
}

char *nics_find(struct nics *nics, const struct caller *caller, const char *bridge, const char *name)
{
	struct field part[4];
	for (const char *line = nics->text.at, *from; *line;) {
		from = line;
		const char *end = line_end(&line);
		if (is_nic(from, end, bridge, part) && is_text(part[3], name) && is_for(caller, part[0]))
			return (char *)from;
	}
	return NULL;
}

/* Interfaces that `owner` has on the bridge; those that went with their container are forgotten. */
static int count_nics(struct nics *nics, struct field owner, const char *bridge, bool (*is_there)(const char *))
{
	struct field part[4];
	char name[LINK_NAME];
	int count = 0;
	for (const char *line = nics->text.at, *from; *line;) {
		from = line;
		const char *end = line_end(&line);
		if (!is_nic(from, end, bridge, part) || part[0].len != owner.len || memcmp(part[0].at, owner.at, owner.len))
			continue;
		bool whole = part[3].len < sizeof(name);
		memcpy(name, part[3].at, whole ? part[3].len : 0);
		name[whole ? part[3].len : 0] = 0;
		if (is_there(name)) {
			count++;
			continue;
		}
		int err = nics_drop(nics, from);
		if (err < 0)
			return err;
		line = from;
	}
	return count;
}

/* ---- what is allowed ---- */

/* A count that is no number allows nothing, and so does one below zero. */
static int allowed(struct field count)
{
	uint32_t most;
	return parse_id(count, &most) && most <= INT32_MAX ? (int)most : 0;
}

int find_room(struct nics *nics, const struct caller *caller, const char *bridge, bool (*is_there)(const char *), char *owner, size_t size)
{
	_buffer_ struct buffer text = { 0 };
	struct field part[4];
	bool known = false;
	int err = read_whole(USERNET, &text);
	if (err < 0 && err != -ENOENT)
		return err;
	detail_take();
	for (const char *line = err < 0 ? "" : text.at, *from; *line;) {
		from = line;
		const char *end = line_end(&line);
		if (fields(from, end, " \t", part, 4) < 4 || part[0].len >= size || !is_text(part[1], LINK_TYPE) ||
		    !is_text(part[2], bridge) || !is_for(caller, part[0]))
			continue;
		known = true;
		int used = count_nics(nics, part[0], bridge, is_there);
		if (used < 0)
			return used;
		if (used >= allowed(part[3]))
			continue;
		memcpy(owner, part[0].at, part[0].len);
		owner[part[0].len] = 0;
		return 0;
	}
	if (known)
		return REFUSE("Quota reached: ", USERNET, " allows ", caller->name, " no more interfaces on ", bridge);
	return REFUSE(USERNET, " does not allow ", caller->name, " an interface on ", bridge);
}
