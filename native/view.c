/*
 * Where the proc view is mounted, and whether it lives. Run by the OCI hook; src/host/proc-view.ts is the same for starts
 * of our own.
 */
#include "lxc-ts.h"

/* Field `number` of a line of mountinfo, the first being 0. */
static const char *field(const char *line, int number)
{
	while (number-- > 0)
		line += strcspn(line, " \n"), line += *line == ' ';
	return line;
}

static bool is_field(const char *at, const char *text)
{
	size_t len = strlen(text);
	return !strncmp(at, text, len) && (at[len] == ' ' || at[len] == '\n');
}

/* Behind ` - `: type, source, options. */
static const char *tail_of(const char *line)
{
	const char *at = field(line, 6);
	while (*at && *at != '\n' && !is_field(at, "-"))
		at = field(at, 1);
	return field(at, 1);
}

static bool is_hidden(const char *line, const char *point)
{
	size_t len = strcspn(point, " ");
	while ((line = strchr(line, '\n')) && *++line) {
		const char *later = field(line, 4);
		if (strcspn(later, " ") == len && !strncmp(later, point, len))
			return true;
	}
	return false;
}

static void take_point(struct buffer *out, const char *point, size_t len)
{
	out->len = 0;
	for (const char *at = point; at < point + len; at++) {
		char c = *at;
		if (c == '\\' && point + len - at > 3) /* \040 */
			c = (char)((at[1] - '0') << 6 | (at[2] - '0') << 3 | (at[3] - '0')), at += 3;
		put_bytes(out, &c, 1);
	}
	put_bytes(out, "", 1);
}

/* Length of the directory that has the whole of a view, or the proc of one: so it is handed to a container for those in it. */
static size_t view_at(const char *root, const char *point)
{
	size_t len = strcspn(point, " ");
	if (is_field(root, "/"))
		return len;
	return is_field(root, "/proc") && len > 5 && !strncmp(point + len - 5, "/proc", 5) ? len - 5 : 0;
}

/* Told from the list of mounts, as a dead one must not be touched. Ours goes before LXCFS, a later one before an earlier. */
bool find_view(struct view *view)
{
	static const char usual[] = "/var/lib/lxcfs";
	_buffer_ struct buffer text = { 0 };
	_fd_ int fd = CHECK(open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC));
	if (fd < 0 || read_text(fd, &text) < 0)
		return false;
	for (const char *line = text.at; line && *line; line = strchr(line, '\n'), line += line != NULL) {
		const char *point = field(line, 4), *tail = tail_of(line);
		size_t len = is_field(tail, "fuse.lxcfs") ? view_at(field(line, 3), point) : 0;
		bool own = is_field(field(tail, 1), "lxc-ts");
		bool better = own || (!view->own && len == strlen(usual) && !strncmp(point, usual, len));
		if (len == 0 || !better || is_hidden(line, point))
			continue;
		view->own = own;
		take_point(&view->at, point, len);
	}
	return view->at.len > 0;
}

/* Names that the kernel remembers can be found in a dead view: only an answer shows that it lives. */
bool view_answers(int view)
{
	char text[16];
	_fd_ int fd = CHECK(openat(view, "proc/meminfo", O_RDONLY | O_CLOEXEC));
	return fd >= 0 && CHECK(read(fd, text, sizeof(text))) > 0;
}
