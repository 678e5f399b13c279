/** lxc-monitor and lxc-monitord, alone and mixed with those of C LXC. */

import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { binDir, cBinDir, cLxc, finished, lxc, start } from './harness/commands.ts';
import { eventually } from './harness/eventually.ts';
import type { Scope } from './harness/scope.ts';
import { test, testOurs } from './harness/suite.ts';

const both = 'it mixes the two';
const path = '/var/lib/lxc';
const fifo = `/run/lxc/${path}/monitor-fifo`;

/** Connections to the daemon of a container path: the kernel shows its end of them by its name. */
function connections(lxcpath: string): number {
  const rows = readFileSync('/proc/net/unix', 'utf8').split('\n');
  return rows.filter((row) => / 03 +\d+ @lxc\/[0-9a-f]{16}\//.test(row) && row.endsWith(`/${lxcpath}`))
    .length;
}

interface Listener {
  text(): string;
  /** Ends it; what it said. */
  end(): Promise<string>;
}

/** An lxc-monitor that hears; it and its daemon are gone at the end. */
async function listen(scope: Scope, args: readonly string[], dir = binDir): Promise<Listener> {
  const before = connections(path);
  const child = start(join(dir, 'lxc-monitor'), args);
  const done = finished(child, 'lxc-monitor', { timeoutMs: 100_000 });
  let text = '';
  child.stdout?.on('data', (piece: string) => {
    text += piece;
  });
  const end = async () => {
    child.kill('SIGINT');
    return (await done).stdout;
  };
  scope.defer(async () => {
    await end();
    if (existsSync(fifo)) await lxc('monitor', ['-Q']);
    await eventually(() => !existsSync(fifo), 'the daemon is gone');
  });
  await eventually(() => connections(path) > before, 'lxc-monitor is connected');
  return { text: () => text, end };
}

/** What the listener says of a container that `tool` starts and kills. */
async function heard(scope: Scope, tool: typeof lxc, listener: Listener): Promise<string> {
  const { name } = scope.container();
  expect((await tool('start', ['-n', name, '-d'])).status).toBe(0);
  expect((await tool('stop', ['-n', name, '-k'])).status).toBe(0);
  const last = `'${name}' changed state to [STOPPED]\n`;
  await eventually(() => listener.text().includes(last), 'the listener hears of the end');
  const lines = listener
    .text()
    .split('\n')
    .filter((line) => line.includes(`'${name}'`));
  return lines.join('\n').replaceAll(name, 'NAME');
}

const wholeLife = [
  "'NAME' changed state to [STARTING]",
  "'NAME' changed state to [RUNNING]",
  "'NAME' exited with status [0]",
  "'NAME' changed state to [STOPPING]",
  "'NAME' changed state to [STOPPED]",
].join('\n');

test('lxc-monitor tells the life of a container', async (scope) => {
  const listener = await listen(scope, ['-n', '.*']);
  expect(await heard(scope, lxc, listener)).toBe(wholeLife);
});

testOurs('Listeners and containers of either LXC hear each other through our daemon', both, async (scope) => {
  const ours = await listen(scope, []);
  const theirs = await listen(scope, ['-n', '.*'], cBinDir);
  for (const tool of [lxc, cLxc])
    for (const listener of [ours, theirs]) expect(await heard(scope, tool, listener)).toBe(wholeLife);
});

testOurs(
  'Listeners and containers of either LXC hear each other through the daemon of C LXC',
  both,
  async (scope) => {
    const theirs = await listen(scope, ['-n', '.*'], cBinDir);
    const ours = await listen(scope, []);
    for (const tool of [lxc, cLxc])
      for (const listener of [ours, theirs]) expect(await heard(scope, tool, listener)).toBe(wholeLife);
  },
);

testOurs('Only whole names match, also as JSON', 'LXC has no JSON', async (scope) => {
  const foo = scope.container();
  const bar = scope.container({ name: `${foo.name}x` });
  const listener = await listen(scope, ['-n', foo.name, '--format', 'json']);
  for (const one of [bar, foo]) {
    await one.start();
    await one.run('freeze');
    await one.stop();
  }
  await eventually(() => listener.text().includes('STOPPED'), 'the listener hears of the end');
  const events = listener
    .text()
    .trim()
    .split('\n')
    .map((line): unknown => JSON.parse(line));
  expect(events).toEqual(
    [
      { state: 'STARTING' },
      { state: 'RUNNING' },
      { state: 'FREEZING' },
      { state: 'FROZEN' },
      { exited: 0 },
      { state: 'STOPPING' },
      { state: 'STOPPED' },
    ].map((what) => ({ name: foo.name, lxcpath: path, ...what })),
  );
});

testOurs('One lxc-monitor hears several container paths', 'the harness has one', async (scope) => {
  const other = scope.directory();
  const foo = scope.container();
  mkdirSync(join(other, foo.name));
  scope.defer(async () => void (await lxc('monitor', ['-Q', '-P', other])));
  const listener = await listen(scope, ['-P', path, '-P', other, '-P', path]);
  await eventually(() => connections(other) === 1, 'the other path is heard');
  const there = (verb: string, ...args: string[]) => lxc(verb, ['-n', foo.name, '-P', other, ...args]);
  expect((await there('start', '-d', '-f', foo.configFile)).status).toBe(0);
  expect((await there('stop', '-k')).status).toBe(0);
  await foo.start();
  await foo.stop();
  await eventually(() => listener.text().split('STOPPED').length === 3, 'both are heard');
  expect(connections(path)).toBe(1);
});

testOurs('A daemon that is told to quit ends those who listen, and -Q without one fails', both, async () => {
  for (const dir of [binDir, cBinDir]) {
    const child = start(join(dir, 'lxc-monitor'), ['-n', '.*']);
    const done = finished(child, 'lxc-monitor');
    await eventually(() => connections(path) === 1, 'lxc-monitor is connected');
    expect((await lxc('monitor', ['-Q'])).status).toBe(0);
    expect((await done).status).toBe(1);
    await eventually(() => !existsSync(fifo), 'the daemon is gone');
    for (const tool of [lxc, cLxc]) expect((await tool('monitor', ['-Q'])).status).toBe(1);
  }
  for (const args of [['--nosuch'], ['-n', 'a[']])
    for (const tool of [lxc, cLxc]) expect((await tool('monitor', args)).status).toBe(1);
});
