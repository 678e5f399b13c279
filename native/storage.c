/*
 * File systems of block devices and image files. Run by the runner before init is born, because in a user namespace
 * nobody attaches loop devices and few file systems may be mounted. The mount hangs on a descriptor (Linux 5.2) that the
 * child inherits and puts in its place. No inverse is needed: what is mounted nowhere goes with its descriptor, and a
 * loop device with its last mount (autoclear), whoever is killed.
 */
#include "lxc-ts.h"

#include <linux/loop.h>
#include <linux/mount.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#define LOOP_TRIES 64
#define LOOP_DEVICES 256

static void name_loop(struct loop_info64 *info, const char *file)
{
	size_t len = strnlen(file, LO_NAME_SIZE - 1);
	memcpy(info->lo_file_name, file, len);
}

/* LOOP_CONFIGURE (5.8) sets all at once; before it, a device without autoclear exists for a moment. */
static int loop_configure(int loop, int image, const char *file, bool readonly)
{
	struct loop_config config = {
		.fd = image,
		.info.lo_flags = LO_FLAGS_AUTOCLEAR | (readonly ? LO_FLAGS_READ_ONLY : 0),
	};
	name_loop(&config.info, file);
	int err = CHECK(ioctl(loop, LOOP_CONFIGURE, &config));
	if (err != -EINVAL && err != -ENOTTY)
		return err;
	err = CHECK(ioctl(loop, LOOP_SET_FD, image));
	if (err == 0 && (err = CHECK(ioctl(loop, LOOP_SET_STATUS64, &config.info))) < 0)
		ioctl(loop, LOOP_CLR_FD, 0);
	return err;
}

static int loop_open(int number, bool readonly, char device[static 40])
{
	char digits[24];
	format_number(digits, number);
	join(device, 40, "/dev/loop", digits, NULL);
	return CHECK(open(device, (readonly ? O_RDONLY : O_RDWR) | O_CLOEXEC));
}

/*
 * The device over that very file, if there is one: a second one would be a second file system on it, and the end of
 * both. While we have it open it is not freed.
 */
static int loop_find(int image, bool readonly, char device[static 40])
{
	struct loop_info64 info;
	struct stat st;
	if (fstat(image, &st) < 0)
		return -errno;
	for (int number = 0; number < LOOP_DEVICES; number++) {
		_fd_ int loop = loop_open(number, readonly, device);
		if (loop < 0 || ioctl(loop, LOOP_GET_STATUS64, &info) < 0)
			continue;
		if (info.lo_inode == st.st_ino && info.lo_device == st.st_dev && info.lo_offset == 0) {
			int found = loop;
			loop = -1;
			return found;
		}
	}
	return -ENOENT;
}

/* Another start may take a free device before us. */
static int loop_take(int image, const char *file, bool readonly, char device[static 40])
{
	_fd_ int control = CHECK(open("/dev/loop-control", O_RDWR | O_CLOEXEC));
	if (control < 0) {
		detail("/dev/loop-control", NULL);
		return control;
	}
	for (int turn = 0; turn < LOOP_TRIES; turn++) {
		int free = CHECK(ioctl(control, LOOP_CTL_GET_FREE));
		if (free < 0)
			return free;
		_fd_ int loop = loop_open(free, readonly, device);
		int err = loop < 0 ? loop : loop_configure(loop, image, file, readonly);
		if (err == -EBUSY)
			continue;
		if (err < 0) {
			detail(device, NULL);
			return err;
		}
		int taken = loop;
		loop = -1;
		return taken;
	}
	return -EBUSY;
}

/* A descriptor of a loop device over `file`, and its name. */
static int loop_attach(const char *file, bool readonly, char device[static 40])
{
	_fd_ int image = CHECK(open(file, (readonly ? O_RDONLY : O_RDWR) | O_CLOEXEC));
	if (image < 0) {
		detail(file, NULL);
		return image;
	}
	int loop = loop_find(image, readonly, device);
	return loop >= 0 ? loop : loop_take(image, file, readonly, device);
}

/* ---- the new mount calls ---- */

/* What a file system says of its options comes line by line, "e " in front of errors. */
static void tell_messages(int fs)
{
	char text[1024];
	ssize_t len;
	while ((len = read(fs, text, sizeof(text) - 1)) > 0) {
		text[len] = 0;
		if (len > 2 && text[0] == 'e')
			detail(text + 2, NULL);
	}
}

static const struct {
	unsigned flag;
	const char *option;
	unsigned attribute;
} flag_rows[] = {
	{ 0x1, "ro", MOUNT_ATTR_RDONLY }, { 0x2, NULL, MOUNT_ATTR_NOSUID }, { 0x4, NULL, MOUNT_ATTR_NODEV },
	{ 0x8, NULL, MOUNT_ATTR_NOEXEC }, { 0x10, "sync", 0 }, { 0x40, "mand", 0 }, { 0x80, "dirsync", 0 },
	{ 0x100, NULL, MOUNT_ATTR_NOSYMFOLLOW }, { 0x400, NULL, MOUNT_ATTR_NOATIME },
	{ 0x800, NULL, MOUNT_ATTR_NODIRATIME }, { 0x1000000, NULL, MOUNT_ATTR_STRICTATIME }, { 0x2000000, "lazytime", 0 },
};

unsigned mount_attributes(unsigned flags)
{
	unsigned attributes = 0;
	for (size_t i = 0; i < countof(flag_rows); i++)
		if (flags & flag_rows[i].flag)
			attributes |= flag_rows[i].attribute;
	return attributes;
}

static int set_option(int fs, const char *name, const char *value)
{
	int how = value ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG;
	return CHECK((int)syscall(SYS_fsconfig, fs, how, name, value, 0));
}

/* `a,b=c` as mount(2) takes it: a comma behind a backslash belongs to the value. */
static int set_options(int fs, const char *data)
{
	char option[4096];
	while (*data) {
		size_t len = 0;
		for (; *data && *data != ','; data++) {
			if (data[0] == '\\' && data[1] == ',')
				data++;
			if (len >= sizeof(option) - 1)
				return -ENAMETOOLONG;
			option[len++] = *data;
		}
		option[len] = 0;
		data += *data == ',';
		char *value = strchr(option, '=');
		if (value)
			*value++ = 0;
		int err = *option ? set_option(fs, option, value) : 0;
		if (err < 0)
			return err;
	}
	return 0;
}

static int create(int fs, const char *source, unsigned flags, const char *data, unsigned *attributes)
{
	int err = set_option(fs, "source", source);
	*attributes = 0;
	for (size_t i = 0; i < countof(flag_rows) && err == 0; i++) {
		if (!(flags & flag_rows[i].flag))
			continue;
		*attributes |= flag_rows[i].attribute;
		if (flag_rows[i].option)
			err = set_option(fs, flag_rows[i].option, NULL);
	}
	if (err == 0)
		err = set_options(fs, data);
	return err < 0 ? err : CHECK((int)syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0));
}

/* A mount of the file system that is mounted nowhere. */
static int open_tree_of(const char *fstype, const char *source, unsigned flags, const char *data)
{
	unsigned attributes;
	_fd_ int fs = CHECK((int)syscall(SYS_fsopen, fstype, FSOPEN_CLOEXEC));
	if (fs < 0)
		return fs;
	int err = create(fs, source, flags, data, &attributes);
	if (err < 0) {
		tell_messages(fs);
		return err;
	}
	return CHECK((int)syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, attributes));
}

/* udev makes the nodes of partitions some time after the device is there. */
static int await_device(const char *path, int64_t milliseconds)
{
	for (;; milliseconds -= 10) {
		_fd_ int fd = CHECK(open(path, O_RDONLY | O_CLOEXEC));
		if (fd >= 0 || (fd != -ENOENT && fd != -ENXIO) || milliseconds <= 0)
			return fd < 0 ? fd : 0;
		poll(NULL, 0, 10);
	}
}

int op_open_file_system(struct run *run, const struct op *op)
{
	const char *source = STR(op, OPEN_FILE_SYSTEM_SOURCE);
	unsigned flags = NUM(op, OPEN_FILE_SYSTEM_FLAGS);
	char device[40];
	int err = await_device(source, NUM(op, OPEN_FILE_SYSTEM_WAIT));
	if (err < 0)
		return err;
	_fd_ int loop = -1;
	if (NUM(op, OPEN_FILE_SYSTEM_LOOP)) {
		loop = loop_attach(source, flags & 1, device);
		if (loop < 0)
			return loop;
		source = device;
	}
	int *tree = run->tree < 0 ? &run->tree : &run->next_tree;
	close_fd(tree);
	err = -EINVAL;
	for (char **type = VEC(op, OPEN_FILE_SYSTEM_FSTYPES); *type && *tree < 0; type++) {
		*tree = open_tree_of(*type, source, flags, STR(op, OPEN_FILE_SYSTEM_DATA));
		/* "Not mine" is said by all but one; what the others say is worth more. */
		if (*tree < 0 && (err == -EINVAL || *tree != -EINVAL))
			err = *tree;
	}
	return *tree < 0 ? (*tree = -1, err) : 0;
}

int op_spawn(struct run *run, const struct op *op)
{
	(void)run;
	_fd_ int out = output_open();
	return judge_program(spawn_wait(VEC(op, SPAWN_ARGV), VEC(op, SPAWN_ENV), "/", -1, out, false), out);
}
