/*
 * One binary under every name: pid 1 of lxc-execute when it is called lxc-init, the process that becomes an attached
 * command, an OCI runtime in front of NAME when it is called lxcfs-NAME, else the client of a brain.
 */
#include "lxc-ts.h"

char **main_argv;
const char *command_name = "lxc-ts";
sigset_t caller_mask;

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

/* A descriptor opened later must never become somebody's standard output. */
static void fill_streams(void)
{
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			open("/dev/null", O_RDWR);
}

/* Commands that run another one in namespaces, without a container: it has what its caller opened, as under a shell. */
static bool runs_on_host(void)
{
	return !strcmp(command_name, "lxc-unshare") || !strcmp(command_name, "lxc-usernsexec");
}

int main(int argc, char **argv)
{
	char *none[] = { "lxc-ts", NULL };
	if (argc < 1)
		argv = none;
	main_argv = argv;
	command_name = base_name(argv[0]);
	if (!strcmp(command_name, "lxc-init") && argc > 1)
		init_main(argv + 1, environ);
	if (!strcmp(command_name, ATTACHED_NAME))
		attached_main(argv);
	if (!strncmp(command_name, WRAP_PREFIX, strlen(WRAP_PREFIX)))
		wrap_main(argv);
	sigprocmask(SIG_BLOCK, NULL, &caller_mask);
	fill_streams();
	/* `--brain-fd N`: the caller is the brain (the library), on a socket that we inherit. */
	if (argc > 3 && !strcmp(argv[1], "--brain-fd")) {
		const char *at = argv[2];
		int fd = parse_number(&at);
		if (fd != 3 && dup2(fd, 3) < 0)
			die(1, "Failed to use the descriptor of --brain-fd");
		fcntl(3, F_SETFD, FD_CLOEXEC);
		close_from(4);
		command_name = base_name(argv[3]);
		return client_main(argv + 3, 3);
	}
	if (argc == 7 && !strncmp(argv[1], "--keeper", 8)) {
		command_name = "lxcfs";
		keeper_main(argv);
	}
	if (argc > 3 && !strcmp(argv[1], "--inject")) {
		command_name = "lxcfs";
		return inject_main(argc, argv);
	}
	if (runs_on_host())
		keep_descriptors();
	else
		close_from(3); /* what a caller leaked must not stay open in a monitor for months */
	if (argc > 1 && !strcmp(argv[1], "--oci-hook")) {
		command_name = "lxcfs";
		return oci_hook_main(argc, argv);
	}
	if (argc == 4 && !strcmp(argv[1], "--monitord")) {
		command_name = "lxc-monitord";
		return monitord_main(argv);
	}
	return client_main(argv, -1);
}
