/*
 * The proc view in containers of OCI engines: `lxc-ts --oci-hook STAGE [WISH]`, run by runc, crun and their like when a
 * container's mounts are made and its root is not changed yet; the state of the container is on standard input. In
 * createContainer we are inside its mount namespace, in createRuntime and prestart beside it. WISH is as for
 * `lxcts.lxcfs`, which as an annotation of the container goes before it.
 *
 * A container must start without a view: unless it asked for one nothing here fails, says a word or waits for long.
 * The work is done by a child, because a server of a view that hangs would hang us. The root file system is hostile.
 */
#include "lxc-ts.h"

#include <poll.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>

#define ANNOTATION "lxcts.lxcfs"
#define PROC_MAGIC 0x9fa0
#define SYSFS_MAGIC 0x62656572
#define CPUS "sys/devices/system/cpu"

/* Slices of time: a machine that was asleep has not used them up. */
enum { SLICES = 60, SLICE_MS = 50 };

static const struct file {
	const char *name, *path;
	bool rare; /* kernels may lack it */
} files[] = {
#define FILE_ROW(name, path, rare) { name, path, rare },
	VIEW_TABLE(FILE_ROW)
};

enum stage { INSIDE, BESIDE };

struct job {
	enum stage stage;
	char wish[512];
	struct json state;
	struct view view;
	int sources[countof(files)];
	int root;
	dev_t proc, sys; /* of the file systems in the container; 0 where there is none */
};

static bool is_auto(const struct job *job)
{
	return !strcmp(job->wish, "auto");
}

/* What statx(2) says, up to the id of the mount, which C libraries lack. */
struct seen {
	uint32_t mask, before[33], major, minor;
	uint64_t mount, after[13];
};

static int look(int at, const char *path, int flags, uint32_t mask, struct seen *seen)
{
	return CHECK((int)syscall(SYS_statx, at, path, flags, mask, seen));
}

/* No word unless somebody asked for the view. Gives the exit status. */
static int fail(const struct job *job, int err)
{
	const char *more = detail_take();
	if (is_auto(job))
		return 0;
	complain("Failed to show the container its own limits: ", more, *more && err != -ESAID ? ": " : "",
		err == -ESAID ? "" : strerror(-err), NULL);
	return 1;
}

static int said(const char *reason, const char *more)
{
	detail(reason, more, NULL);
	return -ESAID;
}

/* ---- what is wanted ---- */

static bool is_word(const char *word, size_t len, const char *text)
{
	return len == strlen(text) && !strncmp(word, text, len);
}

/* A file goes by its name or by its path. */
static bool is_named(const char *word, size_t len, const struct file *file)
{
	size_t slashes = strspn(word, "/");
	slashes = slashes < len ? slashes : len;
	return is_word(word, len, file->name) || is_word(word + slashes, len - slashes, file->path);
}

/* Words end in blanks or commas. */
static const char *next_word(const char **at, size_t *len)
{
	const char *word = *at + strspn(*at, " ,");
	*len = strcspn(word, " ,");
	*at = word + *len;
	return *len ? word : NULL;
}

static bool is_listed(const struct job *job, const struct file *file)
{
	size_t len;
	for (const char *at = job->wish, *word; (word = next_word(&at, &len));)
		if (is_named(word, len, file))
			return true;
	return false;
}

/* LXCFS shows the host in the rest of that directory. */
static const char *path_of(const struct job *job, const struct file *file)
{
	return job->view.own || strcmp(file->path, CPUS) ? file->path : CPUS "/online";
}

static bool is_wanted(const struct job *job, const struct file *file)
{
	return is_auto(job) || !strcmp(job->wish, "required") || is_listed(job, file);
}

static bool is_needed(const struct job *job, const struct file *file)
{
	return !is_auto(job) && (strcmp(job->wish, "required") || !file->rare);
}

/* Refuses words that name no file. */
static int check_words(const struct job *job)
{
	size_t len;
	if (is_auto(job) || !strcmp(job->wish, "required") || !strcmp(job->wish, "off"))
		return 0;
	for (const char *at = job->wish, *word; (word = next_word(&at, &len));) {
		bool known = false;
		for (size_t i = 0; i < countof(files); i++)
			known = known || is_named(word, len, &files[i]);
		if (!known) {
			detail("the view has no such file: ", word, NULL);
			return -ESAID;
		}
	}
	return 0;
}

/* ---- the state ---- */

static int find_text(struct json object, const char *key, char *out, size_t size)
{
	struct json value;
	int err = json_find(object, key, &value);
	return err < 0 ? err : json_text(value, out, size);
}

/* An annotation goes before what the hook was told, unless it is empty. */
static int read_wish(struct job *job)
{
	struct json annotations;
	char wish[sizeof(job->wish)];
	if (json_find(job->state, "annotations", &annotations) < 0)
		return 0;
	int err = find_text(annotations, ANNOTATION, wish, sizeof(wish));
	if (err == 0 && *wish)
		memcpy(job->wish, wish, sizeof(wish));
	if (err == 0 || err == -ENOENT)
		return 0;
	detail("annotation " ANNOTATION, NULL);
	*job->wish = 0;
	return err;
}

static int open_dir(int at, const char *path)
{
	return CHECK(openat(at, path, O_PATH | O_DIRECTORY | O_CLOEXEC));
}

/* The root's path as the engine has written it, absolute; some say it in the state. */
static int find_root_path(struct json state, char *path, size_t size)
{
	_buffer_ struct buffer text = { 0 };
	struct json config, root;
	char bundle[4096], below[4096];
	if (find_text(state, "root", path, size) == 0 && *path == '/')
		return 0;
	int err = find_text(state, "bundle", bundle, sizeof(bundle));
	_fd_ int dir = err < 0 ? err : open_dir(AT_FDCWD, bundle);
	_fd_ int fd = dir < 0 ? dir : CHECK(openat(dir, "config.json", O_RDONLY | O_CLOEXEC));
	err = fd < 0 ? fd : read_json(fd, &text, &config);
	if (err == 0)
		err = json_find(config, "root", &root);
	if (err == 0)
		err = find_text(root, "path", below, sizeof(below));
	if (err < 0)
		return err;
	return *below == '/' ? join(path, size, below, NULL) : join(path, size, bundle, "/", below, NULL);
}

/* ---- the view ---- */

/* Clones of what is wanted, bound nowhere yet: what can hang, hangs here. */
static int open_sources(struct job *job)
{
	if (!find_view(&job->view))
		return said("no lxcfs is mounted; run lxcfs /var/lib/lxcfs", NULL);
	_fd_ int view = open_dir(AT_FDCWD, job->view.at.at);
	if (view < 0 || !view_answers(view))
		return said("nobody answers in ", job->view.at.at);
	for (size_t i = 0; i < countof(files); i++) {
		job->sources[i] = -ENOENT;
		if (is_wanted(job, &files[i]))
			job->sources[i] = CHECK((int)syscall(428 /* open_tree */, view, path_of(job, &files[i]), 1 /* CLONE */ | O_CLOEXEC));
	}
	return 0;
}

/* ---- the container ---- */

/* Device of a file system of this type at `path` below the root; 0 when something else is there. */
static dev_t device_of(int root, const char *path, unsigned long magic)
{
	struct statfs fs;
	struct stat st;
	_fd_ int fd = open_beneath(root, path, O_PATH | O_DIRECTORY, 0);
	if (fd < 0 || fstatfs(fd, &fs) < 0 || (unsigned long)fs.f_type != magic || fstat(fd, &st) < 0)
		return 0;
	return st.st_dev;
}

/* To bind over the files of the engine itself would show it the limits of a container. */
static bool is_own_root(int root)
{
	const uint32_t inode = 0x100, mount = 0x1000; /* Linux 5.8: the host's root as a container's is another mount */
	struct seen its, ours;
	struct stat a, b;
	if (fstat(root, &a) < 0 || stat("/", &b) < 0 || look(root, "", AT_EMPTY_PATH, inode | mount, &its) < 0 ||
	    look(AT_FDCWD, "/", 0, inode | mount, &ours) < 0)
		return true;
	if (a.st_dev != b.st_dev || a.st_ino != b.st_ino)
		return false;
	return !(its.mask & ours.mask & mount) || its.mount == ours.mount;
}

/* Whether it is the root of a container, with a proc or a sysfs. */
static bool take_root(struct job *job, int root)
{
	close_fd(&job->root);
	job->root = root;
	if (root < 0 || is_own_root(root))
		return false;
	job->proc = device_of(root, "proc", PROC_MAGIC);
	job->sys = device_of(root, "sys", SYSFS_MAGIC);
	return job->proc || job->sys;
}

static int enter(struct json state)
{
	struct json value;
	struct stat its, ours;
	char number[24], path[64];
	int64_t pid = json_find(state, "pid", &value) < 0 ? -EBADMSG : json_count(value);
	if (pid <= 0)
		return -EBADMSG;
	format_number(number, pid);
	JOIN(path, "/proc/", number, "/ns/mnt");
	_fd_ int space = CHECK(open(path, O_RDONLY | O_CLOEXEC));
	if (space < 0 || fstat(space, &its) < 0 || stat("/proc/self/ns/mnt", &ours) < 0)
		return space < 0 ? space : -errno;
	if (its.st_dev == ours.st_dev && its.st_ino == ours.st_ino)
		return -EXDEV;
	return CHECK(setns(space, CLONE_NEWNS));
}

/* Inside, engines run a hook in the root; where one does not, its path leads there just as it does from beside. */
static int find_root(struct job *job)
{
	char path[4096];
	if (job->stage == INSIDE && take_root(job, open_dir(AT_FDCWD, ".")))
		return 0;
	int err = find_root_path(job->state, path, sizeof(path));
	if (err < 0)
		detail("the root in its state or bundle", NULL);
	else if (job->stage == BESIDE && (err = enter(job->state)) < 0)
		detail("its mount namespace", NULL);
	if (err < 0)
		return err;
	return take_root(job, open_dir(AT_FDCWD, path)) ? 0 : said("there is no proc and no sysfs in it", NULL);
}

/* What is not the kernel's own file is the engine's or the user's choice, or ours already: it stays, untouched. */
static int put(const struct job *job, int source, const char *path)
{
	struct seen seen;
	dev_t kernel = *path == 'p' ? job->proc : job->sys;
	_fd_ int target = kernel ? open_beneath(job->root, path, O_PATH, 0) : -ENOENT;
	if (target < 0)
		return target;
	if (look(target, "", AT_EMPTY_PATH | 0x4000 /* DONT_SYNC */, 0, &seen) < 0 || makedev(seen.major, seen.minor) != kernel)
		return 0;
	return CHECK((int)syscall(429 /* move_mount */, source, "", target, "", 0x04 | 0x40)); /* from and to an empty path */
}

static int bind_all(const struct job *job)
{
	for (size_t i = 0; i < countof(files); i++) {
		const char *path = path_of(job, &files[i]);
		int err = is_wanted(job, &files[i]) ? job->sources[i] : 0;
		if (err >= 0 && is_wanted(job, &files[i]))
			err = put(job, job->sources[i], path);
		if (err < 0 && is_needed(job, &files[i])) {
			detail("/", path, NULL);
			return err;
		}
	}
	return 0;
}

static int work(struct job *job)
{
	int err = open_sources(job);
	if (err == 0)
		err = find_root(job);
	if (err == 0)
		err = bind_all(job);
	return err < 0 ? fail(job, err) : 0;
}

/* ---- the role ---- */

/* The child's exit status, or -errno; one that cannot be killed now is left to its server. */
static int wait_child(pid_t pid)
{
	int status, slice = 0;
	_fd_ int pidfd = pidfd_open_compat(pid);
	struct pollfd ended = { .fd = pidfd, .events = POLLIN };
	while (pidfd >= 0 && RETRY(poll(&ended, 1, SLICE_MS)) == 0)
		if (++slice == SLICES) {
			kill(pid, SIGKILL);
			return said("nobody answers in the view", NULL);
		}
	if (RETRY(waitpid(pid, &status, 0)) < 0)
		return -errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : said("a signal ended the hook", NULL);
}

static bool read_stage(const char *name, enum stage *stage)
{
	*stage = strcmp(name, "createContainer") ? BESIDE : INSIDE;
	return *stage == INSIDE || !strcmp(name, "createRuntime") || !strcmp(name, "prestart");
}

/* What can be known without the view. */
static int prepare(struct job *job, struct buffer *text)
{
	int err = read_json(0, text, &job->state);
	if (err < 0)
		detail("the container's state on standard input", NULL);
	else
		err = read_wish(job);
	return err < 0 ? err : check_words(job);
}

int oci_hook_main(int argc, char **argv)
{
	_buffer_ struct buffer text = { 0 };
	struct job job = { .root = -1 };
	reset_signals(); /* an ignored SIGCHLD leaves nobody to wait for */
	if (argc < 3 || argc > 4 || !read_stage(argv[2], &job.stage))
		die(2, "Failed to run as a hook: name createContainer, createRuntime or prestart, and what is wanted");
	if (JOIN(job.wish, argc == 4 ? argv[3] : "auto") < 0)
		die(2, "Failed to run as a hook: too many words");
	int err = prepare(&job, &text);
	if (err < 0 || !strcmp(job.wish, "off"))
		return err < 0 ? fail(&job, err) : 0;
	pid_t pid = CHECK(fork());
	if (pid == 0)
		_exit(work(&job));
	int status = pid < 0 ? pid : wait_child(pid);
	return status < 0 ? fail(&job, status) : status;
}
