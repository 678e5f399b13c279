/* What a brain may ask at any time: text on our streams, and host programs run in our context. */
#include "lxc-ts.h"

#include <poll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>

#define MOST_OUTPUT (1 << 20)

/* The wire's texts as a NULL-terminated list; `pages` is what to give back. */
static char **texts_of(const char *at, uint32_t len, size_t *pages)
{
	uint32_t count = 0;
	for (uint32_t i = 0; i < len; i++)
		count += at[i] == 0;
	*pages = (count + 1) * sizeof(char *);
	char **texts = map_pages(*pages);
	for (uint32_t i = 0; texts && i < count; i++, at += strlen(at) + 1)
		texts[i] = (char *)at;
	return texts;
}

static int input_of(const char *bytes, uint32_t len)
{
	int fd = output_open();
	if (fd >= 0 && (write_all(fd, bytes, len) < 0 || lseek(fd, 0, SEEK_SET) < 0))
		close_fd(&fd);
	return fd;
}

int answer_spawn(int brain, uint32_t id, int status, const char *output, size_t len)
{
	_buffer_ struct buffer out = { 0 };
	char number[24];
	put_u32(&out, id);
	put_u32(&out, status >= 0 ? status : status == -ENOENT || status == -ENOTDIR ? 0x7f00 : 0x7e00);
	if (status < 0)
		put_blob(&out, number, format_number(number, status));
	else
		put_blob(&out, output, len);
	return frame_send(brain, FRAME_SPAWNED, out.at, out.len);
}

/* This process goes on as the program; nothing but standard streams stays open. */
static int become(char *const *argv, char *const *env, const char *cwd)
{
	cloexec_from(3);
	if (*cwd && chdir(cwd) < 0)
		return -errno;
	sigprocmask(SIG_SETMASK, &caller_mask, NULL);
	return exec_search(argv, env);
}

static int spawn(int brain, struct frame *frame)
{
	struct reader r = { .at = frame->data, .end = frame->data + frame->len };
	uint32_t id = get_u32(&r), stdio = get_u32(&r), argv_len, env_len, cwd_len, in_len;
	const char *argv_at = get_blob(&r, &argv_len), *env_at = get_blob(&r, &env_len);
	const char *cwd = get_blob(&r, &cwd_len), *in_at = get_blob(&r, &in_len);
	size_t argv_pages, env_pages, len = 0;
	if (r.bad || argv_len == 0)
		return answer_spawn(brain, id, -EBADMSG, "", 0);
	char **argv = texts_of(argv_at, argv_len, &argv_pages), **env = texts_of(env_at, env_len, &env_pages);
	_fd_ int in = stdio == SPAWN_CAPTURE ? input_of(in_at, in_len) : -1;
	_fd_ int out = stdio == SPAWN_CAPTURE ? output_open() : -1;
	if (argv && env && stdio == SPAWN_BECOME)
		return answer_spawn(brain, id, become(argv, env, cwd), "", 0);
	int status;
	if (!argv || !env)
		status = -ENOMEM;
	else if (stdio != SPAWN_BESIDE || !beside_start(id, argv, env, cwd, &status))
		status = spawn_wait(argv, env, cwd, in, out, false);
	char *output = out >= 0 ? map_pages(MOST_OUTPUT) : NULL;
	if (output)
		len = output_tail(out, output, MOST_OUTPUT);
	int err = status == BESIDE_RUNS ? 0 : answer_spawn(brain, id, status, output, len);
	unmap_pages(output, MOST_OUTPUT);
	unmap_pages(argv, argv_pages);
	unmap_pages(env, env_pages);
	return err;
}

/* Into the system's log of our own mount namespace; one that nobody reads holds nobody up. */
static void tell_syslog(const struct frame *frame)
{
	static const int kinds[] = { SOCK_DGRAM, SOCK_STREAM };
	struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = "/dev/log" };
	for (size_t i = 0; i < countof(kinds); i++) {
		_fd_ int fd = socket(AF_UNIX, kinds[i] | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		if (fd < 0 || connect(fd, (void *)&address, sizeof(address)) < 0)
			continue;
		/* On a stream the NUL behind the payload ends the line. */
		if (send(fd, frame->data, frame->len + (kinds[i] == SOCK_STREAM), MSG_NOSIGNAL) >= 0)
			return;
	}
}

bool obey_frame(int brain, struct frame *frame)
{
	switch (frame->type) {
	case FRAME_SYSLOG:
		tell_syslog(frame);
		return true;
	case FRAME_OUT:
	case FRAME_ERR:
		write_all(frame->type == FRAME_OUT ? 1 : 2, frame->data, frame->len);
		return true;
	case FRAME_SPAWN:
		spawn(brain, frame);
		return true;
	case FRAME_ACCEPT:
	case FRAME_WANT:
		return true;
	}
	return false;
}

int brain_next(int brain, int signals, struct frame *frame)
{
	struct pollfd fds[] = { { .fd = brain, .events = POLLIN }, { .fd = signals, .events = POLLIN } };
	struct signalfd_siginfo info;
	for (;;) {
		int n = CHECK(poll(fds, 2, -1));
		if (n < 0)
			return n;
		while (fds[1].revents && read(signals, &info, sizeof(info)) == sizeof(info))
			if (info.ssi_signo != SIGCHLD && info.ssi_signo != SIGWINCH)
				return -EINTR;
		if (!fds[0].revents)
			continue;
		frame_free(frame);
		int got = frame_read(brain, frame);
		if (got <= 0 || !obey_frame(brain, frame))
			return got;
	}
}
