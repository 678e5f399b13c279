/*
 * A brain's answer, given again. Where a brain answered a command with one program or one report and nothing else, it
 * leaves that in the run directory, under the words of the HELLO that asked for it, with the grounds it rests on: files
 * with their texts, directories, links, processes. While every ground holds, the brain would say the same again, so
 * nobody asks it. A replay that fails has undone itself, and the brain is asked after all.
 */
#include "lxc-ts.h"

#include <sys/stat.h>

#define MAX_TEXT (64 << 10) /* the brain keeps no longer text of a ground */

struct ground {
	uint32_t kind;
	const char *path, *value;
	uint32_t path_len, len;
};

static bool same_text(const struct ground *g, char *room)
{
	ssize_t n = read_file(g->path, room, MAX_TEXT);
	return n == g->len && !memcmp(room, g->value, g->len);
}

static bool has_line(const struct ground *g, char *room)
{
	if (read_file(g->path, room, MAX_TEXT) < 0)
		return false;
	for (char *line, *rest = room; (line = strsep(&rest, "\n"));)
		if (!strcmp(line, g->value))
			return true;
	return false;
}

static bool same_link(const struct ground *g, char *room)
{
	ssize_t n = readlink(g->path, room, MAX_TEXT);
	return n == g->len && !memcmp(room, g->value, g->len);
}

static bool same_node(const struct ground *g)
{
	struct stat st;
	uint64_t now[2];
	if (stat(g->path, &st) < 0)
		return false;
	now[0] = st.st_mode & S_IFMT;
	now[1] = st.st_rdev;
	return g->len == sizeof(now) && !memcmp(now, g->value, sizeof(now));
}

/* What is in a file or directory changes with its times. */
static bool unchanged(const struct ground *g)
{
	struct stat st;
	uint64_t now[5];
	if (stat(g->path, &st) < 0)
		return false;
	now[0] = st.st_dev;
	now[1] = st.st_ino;
	now[2] = st.st_size;
	now[3] = st.st_mtim.tv_sec * 1000000000ull + st.st_mtim.tv_nsec;
	now[4] = st.st_ctim.tv_sec * 1000000000ull + st.st_ctim.tv_nsec;
	return g->len == sizeof(now) && !memcmp(now, g->value, sizeof(now));
}

static bool same_process(const struct ground *g)
{
	const char *at = g->path;
	uint64_t now = start_time(parse_number(&at));
	return now && g->len == sizeof(now) && !memcmp(&now, g->value, sizeof(now));
}

static bool holds(const struct ground *g, char *room)
{
	switch (g->kind) {
	case GROUND_TEXT:
		return same_text(g, room);
	case GROUND_LINE:
		return has_line(g, room);
	case GROUND_LINK:
		return same_link(g, room);
	case GROUND_NODE:
		return same_node(g);
	case GROUND_UNCHANGED:
		return unchanged(g);
	case GROUND_PROCESS:
		return same_process(g);
	case GROUND_ABSENT:
		return access(g->path, F_OK) < 0;
	case GROUND_PRESENT:
		return access(g->path, F_OK) == 0;
	case GROUND_UNLOCKED:
		return test_lock(g->path) == 0;
	}
	return false;
}

bool grounds_hold(struct reader *r)
{
	char *room = map_pages(MAX_TEXT);
	uint32_t count = get_u32(r);
	bool good = room;
	while (good && count-- > 0) {
		struct ground g = { .kind = get_u32(r) };
		g.path = get_blob(r, &g.path_len);
		g.value = get_blob(r, &g.len);
		good = !r->bad && holds(&g, room);
	}
	if (room)
		unmap_pages(room, MAX_TEXT);
	return good && !r->bad;
}

/* What a directory that only its owner may enter holds is as good as what its brain says. */
static int open_kept(const struct introduction *intro, const char *folder, uint64_t key)
{
	char path[128], name[17];
	format_hash(name, key);
	int err = intro->no_directory;
	if (err == 0)
		err = JOIN(path, intro->directory, folder, name);
	return err < 0 ? err : CHECK(open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
}

bool kept_file(const struct introduction *intro, const char *folder, uint64_t key, const char *magic, struct buffer *out)
{
	struct stat st;
	_fd_ int fd = open_kept(intro, folder, key);
	if (fd < 0 || fstat(fd, &st) < 0 || st.st_size <= 0 || st.st_size > MAX_FRAME_BYTES)
		return false;
	*out = (struct buffer){ .at = map_pages(st.st_size + 1), .len = st.st_size, .cap = st.st_size + 1 };
	return out->at && RETRY(read(fd, out->at, out->len)) == st.st_size && !strncmp(out->at, magic, strlen(magic));
}

static bool read_kept(struct reader *r, const struct introduction *intro, struct frame *out)
{
	uint32_t len;
	const char *words = get_blob(r, &len);
	if (r->bad || len != intro->hello.len || memcmp(words, intro->hello.at, len))
		return false;
	const char *from = get_blob(r, &len);
	if (r->bad || strcmp(from, intro->namespaces) || !grounds_hold(r))
		return false;
	uint32_t kind = get_u32(r);
	const char *again = get_blob(r, &len);
	if (r->bad)
		return false;
	if (kind == KEPT_REPORT)
		return report_render(&(struct reader){ .at = again, .end = again + len }, out);
	return program_frame(out, again, len);
}

bool replay_open(const struct introduction *intro, struct frame *out)
{
	_buffer_ struct buffer bytes = { 0 };
	uint64_t key = fnv(fnv(FNV_START, intro->hello.at, intro->hello.len), intro->namespaces, 16);
	if (!kept_file(intro, "/replay/", key, REPLAY_MAGIC, &bytes))
		return false;
	struct reader r = { .at = bytes.at + strlen(REPLAY_MAGIC), .end = bytes.at + bytes.len };
	return read_kept(&r, intro, out);
}
