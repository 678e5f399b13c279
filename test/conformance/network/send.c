/*
 * Sends netlink requests for the tests: from standard input lines `N INIT IGNORE HEX [OFFSET:KIND:NAME]...`
 * (KIND 0: pid INIT, 1: index of the interface NAME) or `W PATH TEXT`; prints the errno of each, 0 for success.
 */

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int exchange(int sock, const unsigned char *request, size_t size)
{
	unsigned char reply[8192];
	struct nlmsgerr *error = NLMSG_DATA((struct nlmsghdr *)reply);

	if (send(sock, request, size, 0) != (ssize_t)size || recv(sock, reply, sizeof reply, 0) < 0)
		return errno;
	return -error->error;
}

static int netlink_line(int sock, char *line)
{
	unsigned char request[4096];
	size_t size = 0;
	char *save = NULL;
	uint32_t init = strtoul(strtok_r(line, " ", &save), NULL, 10);
	int ignore = atoi(strtok_r(NULL, " ", &save));
	char *hex = strtok_r(NULL, " ", &save), *patch;

	for (; hex[0] != '\0' && size < sizeof request; hex += 2, size++)
		if (sscanf(hex, "%2hhx", &request[size]) != 1)
			return EINVAL;
	while ((patch = strtok_r(NULL, " ", &save)) != NULL) {
		unsigned offset, kind;
		char name[IFNAMSIZ] = "";
		uint32_t value = init;

		if (sscanf(patch, "%u:%u:%15s", &offset, &kind, name) < 2)
			return EINVAL;
		if (kind == 1 && (value = if_nametoindex(name)) == 0)
			return errno;
		memcpy(request + offset, &value, sizeof value);
	}
	int err = exchange(sock, request, size);
	return err == ignore ? 0 : err;
}

static int write_line(char *line)
{
	char *text = strchr(line, ' ');

	*text++ = '\0';
	int fd = open(line, O_WRONLY | O_CLOEXEC);
	int err = fd < 0 || write(fd, text, strlen(text)) < 0 ? errno : 0;
	close(fd);
	return err;
}

int main(void)
{
	char line[16384];
	int sock = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	while (fgets(line, sizeof line, stdin) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		printf("%d\n", line[0] == 'N' ? netlink_line(sock, line + 2) : write_line(line + 2));
	}
	return 0;
}
