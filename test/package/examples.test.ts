/** The programs in examples/, run by Node.js in a project that has the package installed. */

import { copyFileSync, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { node, program, project } from './installed.ts';

/** Lines of what the example printed. */
async function example(name: string, stderr = /^$/): Promise<string[]> {
  copyFileSync(join(project, 'examples', `${name}.ts`), join(program, `${name}.ts`));
  const done = await node([`${name}.ts`]);
  expect(done).toMatchObject({ stderr: expect.stringMatching(stderr), status: 0 });
  const left = existsSync('/var/lib/lxc') ? readdirSync('/var/lib/lxc') : [];
  expect(left, 'what the example left').toEqual([]);
  return done.stdout.trimEnd().split('\n');
}

test('exec.ts runs commands with streams, a terminal and a limit of time', async () => {
  const [first, ...lines] = await example('exec');
  expect(first).toMatch(/^init has the pid \d+$/);
  expect(lines).toEqual([
    'its name is box',
    'sorted: apple fig pear',
    '> step 1',
    '> step 2',
    '> step 3',
    'COMMAND_FAILED: ls exited with 1: ls: /nosuch: No such file or directory',
    'its terminal is 30 100',
    'sleep: TIMED_OUT',
    'the container is RUNNING',
  ]);
});

test('watch.ts sees the states that a container comes to', async () => {
  const lines = await example('watch');
  const states = lines.slice(0, -1).map((line) => line.split(' ').at(-1));
  expect(states[0]).toBe('STOPPED');
  const lasting = states.filter((state) => ['RUNNING', 'FROZEN', 'STOPPED'].includes(state ?? ''));
  expect(lasting).toEqual(['STOPPED', 'RUNNING', 'FROZEN', 'RUNNING', 'STOPPED']);
  expect(lines.at(-1)).toMatch(/^saw .*FROZEN RUNNING STOPPED/);
});

test('limits.ts holds a container to its limits', async () => {
  const lines = await example('limits');
  expect(lines.slice(0, -1)).toEqual([
    'memory: 64 MiB',
    'memory now: 48 MiB',
    'processors: 1',
    'processes: 32',
    '128 MiB at once: SIGKILL',
    '100 processes: refused',
  ]);
  expect(lines.at(-1)).toMatch(/^used: \d+ MiB, \d+ ms$/);
});

test('jobs.ts runs twenty jobs at the same time, each in files of its own', async () => {
  const lines = await example('jobs', /^\d+ ms\n$/);
  const sums = Array.from({ length: 20 }, (_, index) => {
    const job = index + 1;
    return `job ${job}: ${job % 7 === 0 ? 'failed' : (job * (job + 1)) / 2}`;
  });
  expect(lines).toEqual([...sums, '18 of 20 succeeded, 7 14 failed']);
});

test('snapshot.ts begins every test with the same files', async () => {
  expect(await example('snapshot')).toEqual([
    'ok: An upgrade changes the version',
    'ok: The version is that of the snapshot, whatever a test before did',
    'ok: Files that were removed are there',
    'snap0 "with data" is still there',
  ]);
});
