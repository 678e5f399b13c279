/*
 * Times two command sequences in alternating rounds: A B, B A, A B, ... Runs as the benchmark's stopwatch, because
 * a Node.js process forks too slowly (its page tables) to time commands of half a millisecond.
 *
 * pair ROUNDS PAUSE_MS --a CMD ARG... [--then CMD ARG...]... --b CMD ARG... [--then CMD ARG...]...
 *
 * Each step's wall time goes to stdout as `side step nanoseconds`; a step that fails ends it all. The pause comes before
 * every step. Without --b the one side is timed alone.
 * The commands get /dev/null as stdin and stdout, and an environment of PATH, HOME and LANG (plus what --env gives).
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_STEPS 8

struct side {
	char name;
	int steps;
	char **argv[MAX_STEPS];
};

static char *environment[16];

static long long now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void pause_ms(long ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	if (ms > 0)
		nanosleep(&t, NULL);
}

static void run_step(const struct side *side, int step, posix_spawn_file_actions_t *quiet)
{
	char **argv = side->argv[step];
	long long begin = now();
	int status = 0;
	pid_t pid;

	if (posix_spawnp(&pid, argv[0], quiet, NULL, argv, environment) != 0) {
		fprintf(stderr, "pair: cannot run %s\n", argv[0]);
		exit(1);
	}
	waitpid(pid, &status, 0);
	printf("%c %d %lld\n", side->name, step, now() - begin);
	if (status != 0) {
		fprintf(stderr, "pair: failed with %d:", WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
		for (char **word = argv; *word != NULL; word++)
			fprintf(stderr, " %s", *word);
		fprintf(stderr, "\n");
		exit(1);
	}
}

static void run_side(const struct side *side, long ms, posix_spawn_file_actions_t *quiet)
{
	for (int step = 0; step < side->steps; step++) {
		pause_ms(ms);
		run_step(side, step, quiet);
	}
}

int main(int argc, char **argv)
{
	struct side sides[2] = { { .name = 'a' }, { .name = 'b' } };
	struct side *side = NULL;
	posix_spawn_file_actions_t quiet;
	int variables = 0;
	long rounds, ms;

	if (argc < 4)
		return 2;
	rounds = atol(argv[1]);
	ms = atol(argv[2]);
	for (int i = 3; i < argc; i++) {
		int starts = !strcmp(argv[i], "--a") || !strcmp(argv[i], "--b");

		if (!strcmp(argv[i], "--env") && variables < 15) {
			environment[variables++] = argv[++i];
			argv[i] = NULL;
			continue;
		}
		if (!starts && strcmp(argv[i], "--then"))
			continue;
		if (starts)
			side = &sides[argv[i][2] == 'b'];
		if (side == NULL || side->steps == MAX_STEPS)
			return 2;
		argv[i] = NULL;
		side->argv[side->steps++] = &argv[i + 1];
	}
	posix_spawn_file_actions_init(&quiet);
	posix_spawn_file_actions_addopen(&quiet, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", O_WRONLY, 0);
	for (long round = 0; round < rounds; round++)
		for (int turn = 0; turn < 2; turn++)
			run_side(&sides[(round + turn) % 2], ms, &quiet);
	return 0;
}
