/** lxc-autostart: what it chooses, in which order, beside Debian's; and how fast many containers boot. */

import { statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { binDir, cLxc, lxc, run } from './harness/commands.ts';
import type { Container } from './harness/container.ts';
import type { Scope } from './harness/scope.ts';
import { test, testOurs } from './harness/suite.ts';

const both = 'it compares the two';

/** A group of this test alone, and containers in it that start by themselves. */
function boot(scope: Scope, lines: readonly (readonly string[])[]) {
  const group = scope.name();
  const containers = lines.map((config) =>
    scope.container({ config: [`lxc.group = ${group}`, 'lxc.start.auto = 1', ...config] }),
  );
  return { group, containers };
}

/** A script that runs before the container does. */
function hook(container: Container, text: string): void {
  const script = join(container.dir, 'pre-start');
  writeFileSync(script, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  container.configure(`lxc.hook.pre-start = ${script}`);
}

const states = (containers: readonly Container[]) => Promise.all(containers.map((one) => one.state()));

test('lxc-autostart starts, shuts down and kills the containers of a group', async (scope) => {
  const { group, containers } = boot(scope, [[], ['lxc.signal.halt = SIGKILL']]);
  const [, second] = containers;
  const other = scope.container({ config: ['lxc.start.auto = 1', `lxc.group = ${group}-other`] });
  const act = (...args: string[]) => lxc('autostart', ['-g', group, ...args]);
  expect(await act()).toEqual({ stdout: '', stderr: '', status: 0 });
  expect(await states([...containers, other])).toEqual(['RUNNING', 'RUNNING', 'STOPPED']);
  const before = await second?.initPid();
  expect((await act('-L')).stdout).toBe('');
  expect((await act('-s', '-t', '1')).status).toBe(0);
  expect(await states(containers)).toEqual(['STOPPED', 'STOPPED']);
  await act();
  expect(await second?.initPid()).not.toBe(before);
  expect((await act('-k')).status).toBe(0);
  expect(await states(containers)).toEqual(['STOPPED', 'STOPPED']);
});

test('lxc-autostart starts in the order that the configurations ask for and waits their delay', async (scope) => {
  const { group, containers } = boot(scope, [
    ['lxc.start.order = 7'],
    ['lxc.start.order = 5', 'lxc.start.delay = 1'],
  ]);
  for (const one of containers) hook(one, `touch ${one.dir}/began`);
  expect((await lxc('autostart', ['-g', group])).status).toBe(0);
  const [late, early] = containers.map(({ dir }) => statSync(join(dir, 'began')).mtimeMs);
  expect((late ?? 0) - (early ?? 0)).toBeGreaterThanOrEqual(990);
});

testOurs(
  'Containers of one place in the order boot side by side',
  'LXC boots one after the other',
  async (scope) => {
    const { group, containers } = boot(scope, Array(6).fill([]));
    for (const one of containers) hook(one, 'sleep 2');
    const began = performance.now();
    expect((await lxc('autostart', ['-g', group])).status).toBe(0);
    expect(performance.now() - began).toBeLessThan(9000);
    expect(new Set(await states(containers))).toEqual(new Set(['RUNNING']));
  },
);

testOurs('A container that fails is told, and the others start', both, async (scope) => {
  const { group, containers } = boot(scope, [['lxc.hook.pre-start = /bin/false'], []]);
  const { stderr } = await lxc('autostart', ['-g', group]);
  expect(stderr).toContain(`lxc-start: ${containers[0]?.name}: `);
  expect((await lxc('autostart', ['-g', group, '-k'])).status).toBe(0);
  for (const tool of [lxc, cLxc]) {
    expect((await tool('autostart', ['-g', group])).status).toBe(2);
    expect(await states(containers)).toEqual(['STOPPED', 'RUNNING']);
    expect((await tool('autostart', ['-g', group, '-k'])).status).toBe(0);
    expect(await states(containers)).toEqual(['STOPPED', 'STOPPED']);
  }
});

testOurs(
  'lxc-autostart -L lists what that of LXC lists',
  both,
  async (scope) => {
    const names = [scope.name(), scope.name()];
    const [one = '', two = ''] = names;
    const keys = [
      ['lxc.start.auto = 1', 'lxc.start.order = 2'],
      ['lxc.start.auto = 1', 'lxc.start.order = 10', `lxc.group = ${one}`, 'lxc.start.delay = 3'],
      ['lxc.start.auto = 1', 'lxc.start.order = -1', `lxc.group = ${one}`, `lxc.group = ${two}`],
      [`lxc.group = ${two}`],
      ['lxc.start.auto = 1'],
    ];
    const containers = keys.map((config) => scope.container({ config }));
    const selections = [
      [],
      ['-a'],
      ['-A'],
      ['-a', '-A'],
      ['-g', one],
      ['-g', `${one},`],
      ['-g', `${two},${one}`, '-A'],
      ['-g', one, '-g', two, '-A'],
      ['-g', 'nosuch'],
      ['-t', '-3'],
    ];
    const compare = async () => {
      for (const args of selections)
        for (const act of [[], ['-s'], ['-k'], ['-r'], ['-r', '-s']]) {
          const words = ['-L', ...args, ...act];
          expect(await lxc('autostart', words), words.join(' ')).toEqual(await cLxc('autostart', words));
        }
    };
    await compare();
    for (const container of containers.slice(1, 4)) await container.start();
    await compare();
  },
  { timeoutMs: 120_000 },
);

testOurs('Bad options of lxc-autostart end it as they end that of LXC', both, async () => {
  for (const args of [['-t', 'x'], ['--nosuch'], ['-g']]) {
    const [ours, theirs] = [await lxc('autostart', args), await cLxc('autostart', args)];
    expect([ours.status, ours.stdout, ours.stderr !== '']).toEqual([theirs.status, theirs.stdout, true]);
  }
});

testOurs(
  'The empty group counts wherever it stands in the list',
  'LXC ends its list there',
  async (scope) => {
    const { group, containers } = boot(scope, [[]]);
    const free = scope.container({ config: ['lxc.start.auto = 1'] });
    const listed = await lxc('autostart', ['-L', '-g', `,${group}`]);
    expect(listed.stdout).toBe(`${free.name} 0\n${containers[0]?.name} 0\n`);
    const refused = await lxc('autostart', ['-L', 'foo']);
    expect([refused.status, refused.stdout]).toEqual([1, '']);
  },
);

testOurs('lxc-containers boots and halts by /etc/default/lxc', 'it is a script in LXC', async (scope) => {
  const { group, containers } = boot(scope, [[], ['lxc.signal.halt = SIGKILL']]);
  const settings = scope.file(
    `/etc/lxc/default-${group}`,
    `LXC_AUTO="true"\nBOOTGROUPS="${group}" # ours\nSTOPOPTS="-a -k"\n\n[ ! -f /etc/lxc/x ] || . /etc/lxc/x\n`,
  );
  const service = (verb: string) =>
    run('unshare', [
      '-m',
      'sh',
      '-c',
      `mount -t tmpfs none /etc/default && cp "$1" /etc/default/lxc && exec lxc-containers ${verb}`,
      'sh',
      settings,
    ]);
  expect(await service('start')).toEqual({ stdout: '', stderr: '', status: 0 });
  expect(await states(containers)).toEqual(['RUNNING', 'RUNNING']);
  expect((await service('stop')).status).toBe(0);
  expect(await states(containers)).toEqual(['STOPPED', 'STOPPED']);
  expect((await lxc('containers', ['bogus'])).status).toBe(2);
});

testOurs('The units that are installed are good units', 'LXC has its own', async (scope) => {
  const root = scope.directory();
  expect((await run(join(binDir, 'lxc-net'), ['install', 'systemd', '--root', root])).status).toBe(0);
  const units = ['lxc-net.service', 'lxc.service', 'lxc@foo.service'];
  const paths = units.map((unit) => join(root, 'etc/systemd/system', unit));
  symlinkSync('lxc@.service', join(root, 'etc/systemd/system/lxc@foo.service'));
  const verified = await run('systemd-analyze', ['verify', '--man=no', ...paths]);
  expect([verified.status, verified.stderr.split('\n').filter((line) => line.includes(root))]).toEqual([
    0,
    [],
  ]);
});
