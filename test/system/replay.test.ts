/** A command that is said again is answered without a brain, and only as long as a brain would say the same. */

import { existsSync, globSync, mkdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { linesIn } from '../../src/base/amount.ts';
import { textIfThere } from '../../src/base/text-file.ts';
import { partsOf, textOf } from '../../src/cli/pieces.ts';
import { ByteReader } from '../../src/wire/bytes.ts';
import { replayMagic } from '../../src/wire/frames.ts';
import { encodeKept } from '../../src/wire/grounds.ts';
import { encodeReport } from '../../src/wire/report.ts';
import { binDir, run } from './harness/commands.ts';
import type { Container } from './harness/container.ts';
import { eventually } from './harness/eventually.ts';
import type { Scope } from './harness/scope.ts';
import { testOurs } from './harness/suite.ts';

const reason = 'C LXC has no daemon to do without';
const env = { LXC_TS_DAEMON: '1' };

const kept = () => new Set(globSync('/run/lxc-ts/replay/*'));
/** Old answers are thrown away when they are many, so their number tells nothing. */
const keptMore = (before: ReadonlySet<string>) => [...kept()].some((path) => !before.has(path));
/** What is kept of a command line `TOOL -n NAME WORDS`. */
const keptOf = ({ name }: Container, tool: string, ...words: string[]) => {
  const line = [`/lxc-${tool}`, '-n', name, ...words, ''].join('\0');
  return [...kept()].filter((path) => textIfThere(path)?.includes(line));
};
/** Said until it is kept: with many others it may be thrown away again. */
const untilKept = (foo: Container, tool: string, ...words: string[]) =>
  eventually(async () => {
    await foo.run(tool, words);
    return keptOf(foo, tool, ...words).length === 1;
  }, `${tool} is kept`);
const brains = () => globSync('/run/lxc-ts/brain-*.sock').length;

async function withoutBrain(): Promise<void> {
  await run(join(binDir, 'lxcd'), ['--stop']);
  await eventually(() => brains() === 0, 'the brain has left');
}

/** What other containers have shown tells nothing to the test at hand. */
const forgetOthers = () => rmSync('/run/lxc-ts/patterns', { recursive: true, force: true });

/** Started and stopped, so that both are known; the brain writes an answer down after it was given. */
async function rehearse(foo: Container): Promise<void> {
  forgetOthers();
  // The first start of a boot makes the directory that root file systems are mounted on, which is a change.
  await foo.start(['-s', 'lxc.uts.name=first']);
  await foo.stop();
  const before = kept();
  await foo.start();
  await foo.stop();
  await eventually(() => keptMore(before), 'the start is kept');
  rmSync(join(foo.rootfs, 'out/probe.json'), { force: true });
}

testOurs('A start and a stop that were said before need no brain', reason, async (scope) => {
  const foo = scope.container({ env, config: ['lxc.uts.name = again', 'lxc.cgroup.pids.max = 99'] });
  await rehearse(foo);
  await withoutBrain();
  await foo.start();
  const { hostname } = await foo.probe();
  expect(brains()).toBe(0);
  expect(hostname).toBe('again');
  expect(foo.cgroupFile('pids', 'pids.max')).toBe('99');
  await foo.stop();
  expect(brains()).toBe(0);
  expect(existsSync(foo.cgroupDir('pids'))).toBe(false);
  expect(await foo.state()).toBe('STOPPED');
});

testOurs('A start is kept though a brain had to look at the lock of the container', reason, async (scope) => {
  const foo = scope.container({ env });
  mkdirSync('/run/lxc/lock//var/lib/lxc', { recursive: true });
  writeFileSync(`/run/lxc/lock//var/lib/lxc/.${foo.name}`, '');
  await rehearse(foo);
  await withoutBrain();
  await foo.start();
  expect(brains()).toBe(0);
  await foo.stop();
});

testOurs('lxc-execute that was said before needs no brain and tells the status', reason, async (scope) => {
  const foo = scope.container({ env });
  forgetOthers();
  const before = kept();
  const seen = ['--', '/bin/sh', '-c', 'echo said; exit 5'];
  expect(await foo.run('execute', seen)).toMatchObject({ status: 5, stdout: 'said\n' });
  await eventually(() => keptMore(before), 'it is kept');
  await withoutBrain();
  expect(await foo.run('execute', seen)).toMatchObject({ status: 5, stdout: 'said\n', stderr: '' });
  expect(brains()).toBe(0);
});

testOurs('Whatever a plan was made of is looked at before it is used again', reason, async (scope) => {
  const foo = scope.container({ env });
  const included = join(foo.dir, 'included.d');
  mkdirSync(included);
  foo.configure('lxc.uts.name = one', `lxc.include = ${included}`);
  const hostname = async () => {
    rmSync(join(foo.rootfs, 'out/probe.json'), { force: true });
    await foo.start();
    const probe = await foo.probe();
    const cgroup = readFileSync(`/proc/${await foo.initPid()}/cgroup`, 'utf8');
    await foo.stop();
    return { hostname: probe.hostname, cgroup };
  };
  await rehearse(foo);
  expect((await hostname()).hostname).toBe('one');
  writeFileSync(join(included, 'more.conf'), 'lxc.uts.name = two\n');
  expect((await hostname()).hostname).toBe('two');
  writeFileSync(join(included, 'more.conf'), 'lxc.uts.name = six\n');
  expect((await hostname()).hostname).toBe('six');
  rmSync(join(included, 'more.conf'));
  expect((await hostname()).hostname).toBe('one');
  mkdirSync(foo.cgroupDir('pids'));
  expect((await hostname()).cgroup).toContain(`/lxc.payload.${foo.name}-1\n`);
  rmdirSync(foo.cgroupDir('pids'));
  expect((await hostname()).cgroup).toContain(`/lxc.payload.${foo.name}\n`);
});

testOurs('A replay that fails leaves nothing, and a brain says why', reason, async (scope) => {
  const foo = scope.container({ env });
  const source = join(foo.dir, 'source');
  mkdirSync(source);
  foo.configure(`lxc.mount.entry = ${source} mnt none bind 0 0`);
  await rehearse(foo);
  rmdirSync(source);
  const failed = await foo.run('start', ['-d']);
  expect(failed.status).toBe(1);
  expect(failed.stderr).toMatch(/config:\d+: .*source/);
  expect(existsSync(foo.cgroupDir('pids'))).toBe(false);
  mkdirSync(source);
  await foo.start();
  await foo.stop();
});

testOurs('lxc-attach that was said before enters the container that runs now', reason, async (scope) => {
  const foo = scope.container({ env });
  await foo.start();
  await foo.probe();
  const look = () => foo.attach(['/bin/sh', '-c', 'ls /tmp; exit 7']);
  const before = kept();
  expect(await look()).toMatchObject({ status: 7, stdout: '' });
  await eventually(() => keptMore(before), 'it is kept');
  await withoutBrain();
  writeFileSync(join(foo.rootfs, 'tmp/seen'), '');
  expect(await look()).toMatchObject({ status: 7, stdout: 'seen\n' });
  expect(brains()).toBe(0);
  await foo.stop();
  expect((await look()).stderr).toMatch(/not running/);
  await foo.start();
  expect(await look()).toMatchObject({ status: 7, stdout: 'seen\n' });
  process.kill(await foo.initPid(), 'SIGKILL');
  await eventually(async () => (await foo.state()) === 'STOPPED', 'it has stopped');
  expect((await look()).stderr).toMatch(/not running/);
});

testOurs('lxc-cgroup that was said before reads what the file says now', reason, async (scope) => {
  const foo = scope.container({ env, config: ['lxc.cgroup.pids.max = 99'] });
  await foo.start();
  const look = () => foo.run('cgroup', ['pids.max']);
  expect(await look()).toMatchObject({ status: 0, stdout: '99\n\n' });
  await untilKept(foo, 'cgroup', 'pids.max');
  await withoutBrain();
  writeFileSync(join(foo.cgroupDir('pids'), 'pids.max'), '77');
  expect(await look()).toMatchObject({ status: 0, stdout: '77\n\n', stderr: '' });
  expect(brains()).toBe(0);
  await foo.stop();
  expect((await look()).stderr).toMatch(/is not running/);
  await foo.start();
  expect((await look()).stdout).toBe('99\n\n');
  await foo.stop();
});

testOurs(
  'lxc-info that was said before tells the numbers of now, and a frozen one is asked',
  reason,
  async (scope) => {
    const foo = scope.container({ env });
    await foo.start();
    await foo.probe();
    const look = async (...args: string[]) => (await foo.run('info', args)).stdout;
    const used = (text: string) => Number(/^CPU use: +(\d+)$/m.exec(text)?.[1]);
    const first = await look('-H');
    await untilKept(foo, 'info', '-H');
    await withoutBrain();
    await foo.attach(['/bin/sh', '-c', 'i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done']);
    await withoutBrain();
    const second = await look('-H');
    expect(brains()).toBe(0);
    expect(second.replaceAll(/use: +\d+/g, '')).toBe(first.replaceAll(/use: +\d+/g, ''));
    expect(second).toContain(`PID:            ${await foo.initPid()}\n`);
    expect(used(second)).toBeGreaterThan(used(first) + 1e6);
    await foo.run('freeze');
    expect(await look('-H')).toContain('State:          FROZEN\n');
    await foo.run('unfreeze');
    expect(await look('-H')).toContain('State:          RUNNING\n');
    await foo.stop();
    expect(await look('-H')).toContain('State:          STOPPED\n');
  },
);

testOurs(
  'lxc-cgroup and lxc-wait that were said before do it again, and say what fails',
  reason,
  async (scope) => {
    const foo = scope.container({ env });
    await foo.start();
    const set = () => foo.run('cgroup', ['pids.max', '55']);
    const wait = () => foo.run('wait', ['-s', 'RUNNING']);
    await untilKept(foo, 'cgroup', 'pids.max', '55');
    await untilKept(foo, 'wait', '-s', 'RUNNING');
    await withoutBrain();
    writeFileSync(join(foo.cgroupDir('pids'), 'pids.max'), '66');
    for (const command of [set, wait])
      expect(await command()).toMatchObject({ status: 0, stdout: '', stderr: '' });
    expect(brains()).toBe(0);
    expect(foo.cgroupFile('pids', 'pids.max')).toBe('55');
    expect((await foo.run('cgroup', ['pids.max', 'many'])).stderr).toMatch(
      /Failed to assign 'many' value to 'pids.max'/,
    );
    await foo.stop();
    expect((await set()).stderr).toMatch(/is not running/);
    expect((await foo.run('wait', ['-s', 'RUNNING', '-t', '0'])).status).toBe(1);
  },
);

testOurs('lxc-freeze and lxc-unfreeze that were said before need no brain', reason, async (scope) => {
  const foo = scope.container({ env });
  await foo.start();
  const turn = async () => {
    const freezer = () => foo.cgroupFile('freezer', 'freezer.state');
    expect(await foo.run('freeze')).toMatchObject({ status: 0, stdout: '', stderr: '' });
    const frozen = freezer();
    expect(await foo.run('unfreeze')).toMatchObject({ status: 0, stdout: '', stderr: '' });
    return [frozen, freezer()];
  };
  // The first time the record changes below it: the state has to be asked for from then on.
  await turn();
  for (const tool of ['freeze', 'unfreeze']) {
    for (const path of keptOf(foo, tool)) rmSync(path);
    await untilKept(foo, tool);
  }
  await withoutBrain();
  expect(await turn()).toEqual(['FROZEN', 'THAWED']);
  expect(brains()).toBe(0);
  expect(await foo.state()).toBe('RUNNING');
  expect((await foo.run('freeze')).status).toBe(0);
  expect((await foo.run('freeze')).status).toBe(0);
  expect(await foo.state()).toBe('FROZEN');
  await foo.run('unfreeze');
  await foo.stop();
  expect((await foo.run('freeze')).stderr).toMatch(/Failed to freeze .*: it is not running/);
});

/** Where units change, and between. */
const values = [0, 1, 999, 1024, 1025, 5_000_000, 15_000_000, 4_999_999, 1_048_576, 1_048_577, 1_073_741_824]
  .concat(Array.from({ length: 45 }, (_, power) => Math.floor(1.9 ** power) + 1_073_741_000))
  .concat(Array.from({ length: 45 }, (_, power) => Math.floor(2.1 ** power)));

testOurs('The helper words numbers as the brain does', reason, async (scope) => {
  const foo = scope.container({ env, config: ['lxc.cgroup.pids.max = 99'] });
  await foo.start();
  await untilKept(foo, 'cgroup', 'pids.max');
  const [path = ''] = keptOf(foo, 'cgroup', 'pids.max');
  const from = new ByteReader(readFileSync(path).subarray(replayMagic.length));
  const [hello, namespaces] = [from.blob(), from.text()];
  const pieces = values.flatMap((value, index) => {
    const file = join(foo.dir, `number-${index}`);
    writeFileSync(file, `device ${value} 3\nTotal ${value}\n`);
    const amount = linesIn(file, ['Total']);
    return (['number', 'size', 'seconds'] as const).flatMap((form) => [{ value, form, amount }, '\n']);
  });
  const bytes = encodeReport(partsOf(pieces) ?? []);
  writeFileSync(path, encodeKept({ hello, namespaces, grounds: [], again: { kind: 'report', bytes } }));
  expect((await foo.run('cgroup', ['pids.max'])).stdout).toBe(textOf(pieces));
  rmSync(join(foo.dir, 'number-7'));
  expect((await foo.run('cgroup', ['pids.max'])).stdout).toBe('99\n\n');
  await foo.stop();
});

testOurs('With LXC_TS_DAEMON=0 nothing is kept and nothing replayed', reason, async (scope) => {
  const foo = scope.container({ env: { LXC_TS_DAEMON: '0' } });
  const before = kept();
  for (const _ of [1, 2]) {
    await foo.start();
    await foo.stop();
  }
  expect(kept()).toEqual(before);
});

/** Makes containers whose names have one length and whose configurations differ in no more than those. */
function alike(scope: Scope): () => Container {
  const [prefix, mark] = [scope.name(), String(Math.random()).slice(2)];
  let count = 0;
  return () => {
    const name = `${prefix}-${count++}`;
    return scope.container({
      env,
      name,
      config: [`lxc.environment = MARK=${mark}`, `lxc.uts.name = ${name}`, 'lxc.cgroup.pids.max = 98'],
    });
  };
}

const patterns = () => globSync('/run/lxc-ts/patterns/*').length;

async function learnFrom(containers: readonly Container[]): Promise<void> {
  forgetOthers();
  for (const container of containers) await container.start();
  await eventually(() => patterns() > 0, 'the pattern is there');
  for (const container of containers) await container.stop();
  await withoutBrain();
}

testOurs('What two containers were answered alike holds for the next one', reason, async (scope) => {
  const make = alike(scope);
  const [one, two, foo, other, last] = [make(), make(), make(), make(), make()];
  await learnFrom([one, two]);
  await foo.start();
  expect(brains()).toBe(0);
  expect((await foo.probe()).hostname).toBe(foo.name);
  expect(foo.cgroupFile('pids', 'pids.max')).toBe('98');
  expect(await foo.state()).toBe('RUNNING');
  await foo.stop();
  expect(existsSync(foo.cgroupDir('pids'))).toBe(false);
  other.configure('lxc.cgroup.pids.max = 97');
  await other.start();
  expect(other.cgroupFile('pids', 'pids.max')).toBe('97');
  await other.stop();
  await withoutBrain();
  mkdirSync(last.cgroupDir('pids'));
  await last.start();
  expect(readFileSync(`/proc/${await last.initPid()}/cgroup`, 'utf8')).toContain(`${last.name}-1\n`);
  await last.stop();
  rmdirSync(last.cgroupDir('pids'));
});

testOurs('A name that is longer than those that were seen is answered by a brain', reason, async (scope) => {
  const make = alike(scope);
  const [one, two, foo] = [make(), make(), make()];
  await learnFrom([one, two]);
  const long = scope.container({
    env,
    name: `${foo.name}x`,
    config: readFileSync(foo.configFile, 'utf8').replaceAll(foo.name, `${foo.name}x`).split('\n'),
    bare: true,
  });
  await long.start();
  expect(brains()).toBe(1);
  expect((await long.probe()).hostname).toBe(long.name);
  await long.stop();
});

testOurs('A start by a pattern that fails leaves nothing, and a brain says why', reason, async (scope) => {
  const make = alike(scope);
  const [one, two, foo] = [make(), make(), make()];
  for (const each of [one, two, foo]) {
    mkdirSync(join(each.dir, 'source'));
    each.configure(`lxc.mount.entry = ${each.dir}/source mnt none bind 0 0`);
  }
  await learnFrom([one, two]);
  rmdirSync(join(foo.dir, 'source'));
  const failed = await foo.run('start', ['-d']);
  expect(failed.status).toBe(1);
  expect(failed.stderr).toMatch(new RegExp(`${foo.name}/config:\\d+: .*source`));
  expect(existsSync(foo.cgroupDir('pids'))).toBe(false);
  expect(await foo.state()).toBe('STOPPED');
});
