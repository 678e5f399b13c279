/**
 * The tools that C LXC has as well, refused in the same ways: a name that nobody has, a container that does not run or
 * runs, an option that there is not, no name, another user's container. Status, output, and whether something is
 * said are those of C LXC; what is said is ours. What succeeds is compared in the tests of each tool.
 */

import { join } from 'node:path';
import { expect } from 'vitest';
import { binDir, cBinDir, type Result, run } from './harness/commands.ts';
import { testOurs } from './harness/suite.ts';
import { ordinaryUser } from './harness/user.ts';

const both = 'it compares the two';

/** What comes behind the name, by tool. */
const named: Readonly<Record<string, readonly string[]>> = {
  attach: ['--', 'true'],
  cgroup: ['memory.limit_in_bytes'],
  checkpoint: ['-s', '-D', '/nosuch'],
  console: [],
  copy: ['-N', 'copied'],
  destroy: [],
  device: ['add', '/dev/null'],
  freeze: [],
  info: [],
  snapshot: ['-L'],
  start: [],
  stop: ['-k'],
  unfreeze: [],
  wait: ['-s', 'RUNNING', '-t', '0'],
};
const tools = Object.keys(named);
const nameless = ['autostart', 'create', 'execute', 'ls', 'monitor', 'top', 'unshare', 'usernsexec'];

/** What C LXC refuses without a word; we say why. */
const silent = /^(copy -n|snapshot -n nosuch|device as a user)/;

interface Answer {
  readonly status: number;
  readonly stdout: string;
  readonly complains: boolean;
}

function answerOf({ status, stdout, stderr }: Result): Answer {
  return { status, stdout, complains: stderr !== '' };
}

type Run = (bin: string) => Promise<Result>;

async function expectSame(cases: Readonly<Record<string, Run>>): Promise<void> {
  const [ours, theirs]: [Record<string, Answer>, Record<string, Answer>] = [{}, {}];
  for (const [what, start] of Object.entries(cases)) {
    ours[what] = answerOf(await start(binDir));
    const answer = answerOf(await start(cBinDir));
    theirs[what] = { ...answer, complains: answer.complains || silent.test(what) };
  }
  expect(ours).toEqual(theirs);
}

/** One case a tool, for a container of this name; without one, for none. */
function casesOf(chosen: readonly string[], name: string): Record<string, Run> {
  return Object.fromEntries(
    chosen.map((tool) => {
      const args = ['-n', name, ...(named[tool] ?? [])];
      return [`${tool} ${args.join(' ')}`, (bin: string) => run(join(bin, `lxc-${tool}`), args)];
    }),
  );
}

testOurs('A name that nobody has is refused by every tool as by that of C LXC', both, () =>
  expectSame(casesOf(tools, 'nosuch')),
);

testOurs('A container that is stopped is refused by every tool as by that of C LXC', both, async (scope) => {
  const changed = ['copy', 'destroy', 'start'];
  const foo = scope.container();
  await expectSame(
    casesOf(
      tools.filter((tool) => !changed.includes(tool)),
      foo.name,
    ),
  );
});

testOurs('A container that runs is answered by every tool as by that of C LXC', both, async (scope) => {
  const foo = scope.container();
  await foo.start();
  const chosen = ['start', 'destroy', 'freeze', 'unfreeze', 'wait', 'cgroup', 'snapshot', 'copy'];
  await expectSame(casesOf(chosen, foo.name));
  expect(await foo.state()).toBe('RUNNING');
});

testOurs('No name, and an option that there is not, end every tool as that of C LXC', both, async () => {
  await expectSame(
    Object.fromEntries(tools.map((tool) => [tool, (bin: string) => run(join(bin, `lxc-${tool}`), [])])),
  );
  for (const tool of [...tools, ...nameless]) {
    const [ours, theirs] = [binDir, cBinDir].map((bin) => run(join(bin, `lxc-${tool}`), ['--bogus']));
    const answers = [await ours, await theirs].map((result) => [result?.status, result?.stderr !== '']);
    expect(answers[0], tool).toEqual(answers[1]);
  }
});

/** Whoever may read the directory may be told that there are none; C LXC wants the right to change the container. */
const readable = ['snapshot'];

testOurs("A user is refused root's container by every tool as by that of C LXC", both, async (scope) => {
  const foo = scope.container();
  await foo.start();
  const id = String(ordinaryUser.id);
  const asUser = ['--reuid', id, '--regid', id, '--clear-groups'];
  const cases = tools
    .filter((tool) => !readable.includes(tool))
    .map((tool) => {
      const args = ['-P', '/var/lib/lxc', '-n', foo.name, ...(named[tool] ?? [])];
      const start: Run = (bin) =>
        run('setpriv', [...asUser, join(bin, `lxc-${tool}`), ...args], { cwd: '/' });
      return [`${tool} as a user`, start];
    });
  await expectSame(Object.fromEntries(cases));
  expect(await foo.state()).toBe('RUNNING');
});
