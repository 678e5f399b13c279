/*
 * An OCI runtime in front of another: called lxcfs-runc it is runc, but has the containers it creates run our hook. For
 * Docker and containerd, which have no hooks of their own. Whatever goes wrong with the bundle is left to the runtime,
 * which is started all the same, with its arguments unchanged.
 */
#include "lxc-ts.h"

#include <stdio.h> /* renameat */
#include <sys/stat.h>

#define FRESH "config.json.lxcfs"

/* Options in front of the command that take no value; to all others belongs the next word, unless they have a `=`. */
static bool stands_alone(const char *option)
{
	static const char *const names[] = { "debug", "systemd-cgroup", "help", "h", "version", "v", "V" };
	const char *name = option + strspn(option, "-");
	for (size_t i = 0; i < countof(names); i++)
		if (!strcmp(name, names[i]))
			return true;
	return strchr(name, '=') != NULL;
}

static char **find_command(char **word)
{
	while (*word && **word == '-') {
		bool alone = stands_alone(*word++);
		if (!alone && *word)
			word++;
	}
	return word;
}

/* Of `create` or `run`; without the option it is the working directory. */
static const char *find_bundle(char **word)
{
	const char *bundle = ".";
	for (; *word; word++) {
		const char *name = *word + strspn(*word, "-");
		if (name == *word)
			continue;
		if ((!strcmp(name, "bundle") || !strcmp(name, "b")) && word[1])
			bundle = *++word;
		else if (!strncmp(name, "bundle=", 7))
			bundle = name + 7;
	}
	return bundle;
}

static void put_string(struct buffer *out, const char *text)
{
	put_bytes(out, text, strlen(text));
}

/* A path that JSON would have to escape is not one to be installed at. */
static int put_hook(struct buffer *out)
{
	char path[4096];
	ssize_t len = CHECK(readlink("/proc/self/exe", path, sizeof(path) - 1));
	if (len < 0)
		return len;
	path[len] = 0;
	for (const char *at = path; *at; at++)
		if ((unsigned char)*at < 0x20 || *at == '"' || *at == '\\')
			return -EINVAL;
	put_string(out, "{\"path\":\"");
	put_string(out, path);
	put_string(out, "\",\"args\":[\"lxc-ts\",\"--oci-hook\",\"createContainer\"]}");
	return 0;
}

static bool is_null(struct json value)
{
	return value.end - value.at == 4 && !memcmp(value.at, "null", 4);
}

static bool holds(struct json value, const char *text)
{
	size_t len = strlen(text);
	for (const char *at = value.at; at + len <= value.end; at++)
		if (!memcmp(at, text, len))
			return true;
	return false;
}

/* Where in the bundle's configuration the hook goes, and what around it. */
struct place {
	const char *from, *to; /* replaced */
	const char *before, *after;
};

/* The first thing in a list. */
static struct place inside(struct json list, const char *before, const char *after, const char *comma)
{
	const char *at = list.at + 1 + strspn(list.at + 1, " \t\r\n");
	return (struct place){ list.at + 1, list.at + 1, before, at == list.end - 1 ? after : comma };
}

static int find_in_hooks(struct json hooks, struct place *place)
{
	struct json stage;
	int err = json_find(hooks, "createContainer", &stage);
	if (err < 0 && err != -ENOENT)
		return err;
	if (err == -ENOENT)
		*place = inside(hooks, "\"createContainer\":[", "]", "],");
	else if (is_null(stage))
		*place = (struct place){ stage.at, stage.end, "[", "]" };
	else if (*stage.at != '[' || holds(stage, "\"--oci-hook\""))
		return -EEXIST;
	else
		*place = inside(stage, "", "", ",");
	return 0;
}

static int find_place(struct json config, struct place *place)
{
	struct json hooks;
	int err = json_find(config, "hooks", &hooks);
	if (err < 0 && err != -ENOENT)
		return err;
	if (err == -ENOENT)
		*place = inside(config, "\"hooks\":{\"createContainer\":[", "]}", "]},");
	else if (is_null(hooks))
		*place = (struct place){ hooks.at, hooks.end, "{\"createContainer\":[", "]}" };
	else
		return find_in_hooks(hooks, place);
	return 0;
}

/* Whoever reads it sees the old text or the new one. */
static int replace(int dir, const struct stat *old, const struct buffer *text)
{
	unlinkat(dir, FRESH, 0);
	_fd_ int fd = CHECK(openat(dir, FRESH, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
	if (fd < 0)
		return fd;
	int err = write_all(fd, text->at, text->len);
	if (err == 0)
		err = CHECK(fchown(fd, old->st_uid, old->st_gid));
	if (err == 0)
		err = CHECK(fchmod(fd, old->st_mode & 07777));
	if (err == 0)
		err = CHECK(renameat(dir, FRESH, dir, "config.json"));
	if (err < 0)
		unlinkat(dir, FRESH, 0);
	return err;
}

static int add_hook(const char *bundle)
{
	_buffer_ struct buffer old = { 0 }, fresh = { 0 };
	struct json config;
	struct place place = { 0 };
	struct stat st;
	_fd_ int dir = CHECK(open(bundle, O_PATH | O_DIRECTORY | O_CLOEXEC));
	_fd_ int fd = dir < 0 ? dir : CHECK(openat(dir, "config.json", O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
	if (fd < 0 || fstat(fd, &st) < 0)
		return fd < 0 ? fd : -errno;
	int err = read_json(fd, &old, &config);
	if (err == 0)
		err = find_place(config, &place);
	if (err < 0)
		return err;
	put_bytes(&fresh, old.at, place.from - old.at);
	put_string(&fresh, place.before);
	err = put_hook(&fresh);
	put_string(&fresh, place.after);
	put_bytes(&fresh, place.to, old.at + old.len - 1 - place.to);
	return err < 0 ? err : replace(dir, &st, &fresh);
}

void wrap_main(char **argv)
{
	const char *runtime = command_name + strlen(WRAP_PREFIX);
	char **command = find_command(argv + 1);
	if (*command && (!strcmp(*command, "create") || !strcmp(*command, "run")))
		add_hook(find_bundle(command + 1));
	argv[0] = (char *)runtime;
	int err = exec_search(argv, environ);
	complain("Failed to run ", runtime, ": ", strerror(-err), NULL);
	_exit(127);
}
