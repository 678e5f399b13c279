/** lxc-stop and the inits there are, each as Debian has it. */

import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { cLxc } from '../system/harness/commands.ts';
import { eventually } from '../system/harness/eventually.ts';
import { findBusybox } from '../system/harness/rootfs.ts';
import type { Scope } from '../system/harness/scope.ts';
import { test } from '../system/harness/suite.ts';
import { aMinute, Machine, missing } from './machine.ts';
import type { Layer } from './trees.ts';

const base = ['lxc.include = /usr/share/lxc/config/common.conf'];

/** It ends well, unless it is killed. */
const application = `sh -c "trap 'echo well; exit 0' TERM; echo up; while :; do sleep 0.1; done"`;

interface Init {
  readonly layer?: Layer;
  readonly command: string;
  /** What the console shows once it listens. */
  readonly ready: RegExp;
  /** Or what it runs then. */
  readonly runs?: string;
  readonly halt: string;
  readonly reboot?: string;
}

const inits: Readonly<Record<string, Init>> = {
  'dumb-init': { layer: 'dumb-init', command: `dumb-init ${application}`, ready: /up/, halt: 'SIGTERM' },
  finit: {
    layer: 'finit',
    command: '/sbin/init',
    ready: /Mounting filesystems/,
    runs: 'getty',
    halt: 'SIGUSR2',
    reboot: 'SIGTERM',
  },
  'openrc-init': {
    layer: 'openrc',
    command: '/sbin/openrc-init',
    ready: /default runlevel/,
    halt: 'SIGPWR',
    reboot: 'SIGINT',
  },
  runit: { layer: 'runit', command: '/sbin/init', ready: /enter stage: .*2/, halt: 'SIGPWR' },
  sysvinit: {
    layer: 'sysvinit',
    command: '/sbin/init',
    ready: /INIT: version/,
    halt: 'SIGPWR',
    reboot: 'SIGINT',
  },
  tini: { layer: 'tini', command: `tini -- ${application}`, ready: /up/, halt: 'SIGTERM' },
};

/** Started, and as far as it is going to get. */
async function running(scope: Scope, init: Init): Promise<Machine> {
  const { layer, command, halt } = init;
  const config = [...base, `lxc.init.cmd = ${command}`];
  const machine = new Machine(scope, { config, ...(layer !== undefined && { layer }) });
  await machine.start();
  await isUp(machine, init);
  const plan = async () => (await machine.lxc('stop', ['--plan'])).stdout;
  await eventually(async () => (await plan()).startsWith(`Send ${halt} to `), `it hears ${halt}`, aMinute);
  return machine;
}

async function isUp(
  machine: Machine,
  { ready, runs = '' }: Pick<Init, 'ready' | 'runs'>,
  times = 1,
): Promise<void> {
  const isShown = () => (machine.console().match(new RegExp(ready, 'g'))?.length ?? 0) >= times;
  const commands = ['sh', '-c', 'cat /proc/[0-9]*/comm'];
  const isRun = async () => runs === '' || (await machine.attach(...commands)).includes(runs);
  const isReady = async () => isShown() && (await isRun());
  await eventually(isReady, `${machine.name} is up`, aMinute).catch((error) => {
    throw new Error(`${error}; its console:\n${machine.console()}`);
  });
}

async function expectEnd(machine: Machine): Promise<void> {
  expect(await machine.lxc('stop', ['-l', 'DEBUG', '-o', 'none'])).toMatchObject({ status: 0, stderr: '' });
  expect(await machine.state()).toBe('STOPPED');
}

describe.skipIf(missing !== '')(`Inits of Debian ${missing}`, () => {
  for (const [name, init] of Object.entries(inits))
    test(
      `lxc-stop asks ${name} by a signal that it understands`,
      async (scope) => {
        const machine = await running(scope, init);
        const { reboot } = init;
        if (reboot !== undefined) {
          expect((await machine.lxc('stop', ['-r', '--plan'])).stdout).toContain(`Send ${reboot} to `);
          expect(await machine.lxc('stop', ['-r'])).toMatchObject({ status: 0, stderr: '' });
          await isUp(machine, init, 2);
        }
        await expectEnd(machine);
        if (init.halt === 'SIGTERM') expect(machine.console()).toContain('well');
      },
      { timeoutMs: 4 * aMinute },
    );

  test('busybox init halts and reboots', busybox, { timeoutMs: 2 * aMinute });
  test('openrc-init does not hear what C LXC sends', deafToC, { timeoutMs: 2 * aMinute });
  test('An application of lxc-execute is told to end', executed, { timeoutMs: 2 * aMinute });
  test('No time is spent on an init that handles no signal', deaf, { timeoutMs: 2 * aMinute });
});

async function busybox(scope: Scope): Promise<void> {
  const directory = scope.directory();
  copyFileSync(findBusybox(), join(directory, 'busybox'));
  const bind = `lxc.mount.entry = ${directory}/busybox usr/local/bin/busybox none bind,create=file 0 0`;
  const config = [...base, bind, 'lxc.init.cmd = /usr/local/bin/busybox init'];
  const machine = new Machine(scope, { config });
  await machine.start();
  const first = await machine.initPid();
  expect((await machine.lxc('stop', ['--plan'])).stdout).toContain('Send SIGUSR1 to busybox: ');
  expect(await machine.lxc('stop', ['-r'])).toMatchObject({ status: 0, stderr: '' });
  expect(await machine.initPid()).not.toBe(first);
  await expectEnd(machine);
}

async function deafToC(scope: Scope): Promise<void> {
  const { 'openrc-init': openrc } = inits;
  if (openrc === undefined) throw new Error('There is no openrc-init');
  const machine = await running(scope, openrc);
  expect((await cLxc('stop', ['-n', machine.name, '-t', '2', '--nokill'])).status).toBe(1);
  expect(await machine.state()).toBe('RUNNING');
  await expectEnd(machine);
}

async function executed(scope: Scope): Promise<void> {
  const machine = new Machine(scope, { config: base });
  expect((await machine.lxc('execute', ['-d', '--', 'bash', '-c', application.slice(7, -1)])).status).toBe(0);
  await isUp(machine, { ready: /up/ });
  expect((await machine.lxc('stop', ['--plan', '-r'])).stdout).toMatch(
    /^Fail: .* handles no signal to reboot$/m,
  );
  await expectEnd(machine);
  expect(machine.console()).toContain('well');
}

async function deaf(scope: Scope): Promise<void> {
  const machine = new Machine(scope, { config: [...base, 'lxc.init.cmd = sleep 1000'] });
  await machine.start();
  const why = 'sleep handles no signal to halt';
  expect((await machine.lxc('stop', ['--plan'])).stdout).toBe(`Kill the container: ${why}\n`);
  const spared = await machine.lxc('stop', ['--nokill']);
  expect(spared).toMatchObject({ status: 1, stderr: expect.stringContaining(why) });
  expect((await machine.lxc('stop', ['-r'])).stderr).toContain('stop the container and start it again');
  expect(await machine.lxc('stop', ['-W'])).toMatchObject({ status: 0, stderr: '' });
  expect(await machine.state()).toBe('RUNNING');
  const begun = performance.now();
  const killed = await machine.lxc('stop');
  expect(killed).toMatchObject({ status: 0, stderr: `lxc-stop: ${machine.name}: Killed: ${why}\n` });
  expect(performance.now() - begun).toBeLessThan(30_000);
}
