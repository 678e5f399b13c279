/** An unmodified Debian boots its systemd, with Debian's configuration and with ours, beside C LXC. */

import { resolve } from 'node:path';
import { describe, expect } from 'vitest';
import { cBinDir } from '../system/harness/commands.ts';
import { eventually } from '../system/harness/eventually.ts';
import type { Scope } from '../system/harness/scope.ts';
import { test } from '../system/harness/suite.ts';
import { ours, serveView } from '../system/harness/view.ts';
import { aMinute, Machine, missing } from './machine.ts';

const timeoutMs = 5 * aMinute;

const common = [`lxc.include = ${resolve(import.meta.dirname, '../../configs/common.conf')}`];
const debian = ['lxc.include = /usr/share/lxc/config/debian.common.conf'];
const userns = [...debian, 'lxc.include = /usr/share/lxc/config/debian.userns.conf'];

/** Units of Debian that fail in a container that has ids of its own, and what they say. */
const reasons: Readonly<Record<string, RegExp>> = {
  'sys-kernel-debug.mount': /permission denied/,
  'sys-kernel-tracing.mount': /permission denied/,
};

/** The units that failed; each for a reason that is listed. */
async function failedUnits(machine: Machine): Promise<string[]> {
  const list = await machine.attach('systemctl', 'list-units', '--failed', '--plain', '--no-legend');
  const units = list.split('\n').flatMap((line) => line.split(' ', 1).filter((unit) => unit !== ''));
  for (const unit of units) {
    const status = await machine.attach('systemctl', 'status', '--no-pager', unit);
    expect(status, unit).toMatch(reasons[unit] ?? /no reason is listed/);
  }
  return units;
}

const countOf = (text: string, part: string): number => text.split(part).length - 1;

/** `lxc-stop` says what it had to kill. */
async function expectHalt(machine: Machine): Promise<void> {
  expect(await machine.lxc('stop', ['-t', '10'])).toMatchObject({ status: 0, stderr: '' });
  expect(await machine.state()).toBe('STOPPED');
  expect(machine.console()).toContain('Reached target shutdown.target');
}

async function expectBoot(machine: Machine, before = 0): Promise<string[]> {
  const state = await machine.booted(before);
  const failed = await failedUnits(machine);
  expect(state).toBe(failed.length === 0 ? 'running' : 'degraded');
  return failed;
}

async function wholeLife(scope: Scope, config: readonly string[], isMapped: boolean): Promise<void> {
  const machine = new Machine(scope, { config, isMapped });
  await machine.start();
  const failed = await expectBoot(machine);
  await eventually(() => / login: /.test(machine.console()), 'the console asks for a login', aMinute);
  // Services have cgroups of their own, below that of the container.
  expect(await machine.attach('systemd-run', '-q', '--wait', '--pipe', 'cat', '/proc/self/cgroup')).toMatch(
    /:\/system\.slice\/run-u\d+\.service$/m,
  );
  const first = await machine.initPid();
  await machine.attach('systemctl', 'reboot');
  expect(await expectBoot(machine, first)).toEqual(failed);
  await eventually(() => countOf(machine.console(), 'Welcome to Debian') === 2, 'it boots twice', aMinute);
  await expectHalt(machine);
}

describe.skipIf(missing !== '')(`systemd of Debian ${missing}`, () => {
  for (const [title, config, isMapped] of [
    ["Debian's configuration", debian, false],
    ['our common.conf', common, false],
    ["Debian's configuration and ids of its own", userns, true],
    ['our common.conf and ids of its own', common, true],
  ] as const)
    test(
      `It boots, reboots from inside and halts with ${title}`,
      (scope) => wholeLife(scope, config, isMapped),
      {
        timeoutMs,
      },
    );

  for (const [title, config, isMapped] of [
    ['as root', debian, false],
    ['with ids of its own', userns, true],
  ] as const)
    test(`It is as well off as with C LXC, ${title}`, (scope) => comparison(scope, config, isMapped), {
      timeoutMs,
    });

  test(
    'lxc-stop halts and reboots it by its own signals, when it has only just begun, too',
    async (scope) => {
      const machine = new Machine(scope, { config: debian });
      await machine.start();
      expect(await machine.lxc('stop')).toMatchObject({ status: 0, stderr: '' });
      await machine.start();
      await machine.booted();
      expect((await machine.lxc('stop', ['--plan'])).stdout).toMatch(/^Send SIGRTMIN\+3 to systemd: /);
      expect((await machine.lxc('stop', ['--plan', '-r'])).stdout).toMatch(/^Send SIGRTMIN\+5 to systemd: /);
      const first = await machine.initPid();
      expect(await machine.lxc('stop', ['-r'])).toMatchObject({ status: 0, stderr: '' });
      await expectBoot(machine, first);
      await expectHalt(machine);
    },
    { timeoutMs },
  );

  test('It boots with the proc view, which its services see too', seesItself, { timeoutMs });
});

/** What of the host matters to systemd. */
const mountsOfInterest = / (cgroup2?|proc|sysfs) /;

async function outcome(scope: Scope, config: readonly string[], isMapped: boolean, bin?: string) {
  const machine = new Machine(scope, { config, isMapped, ...(bin !== undefined && { bin }) });
  await machine.start();
  const failed = await expectBoot(machine);
  const mounts = (await machine.attach('cat', '/proc/self/mounts')).split('\n');
  const points = mounts.filter((line) => mountsOfInterest.test(line)).map((line) => line.split(' ')[1]);
  await eventually(() => / login: /.test(machine.console()), 'the console asks for a login', aMinute);
  await expectHalt(machine);
  return { failed, points: points.sort() };
}

async function comparison(scope: Scope, config: readonly string[], isMapped: boolean): Promise<void> {
  const mine = await outcome(scope, config, isMapped);
  expect(mine).toEqual(await outcome(scope, config, isMapped, cBinDir));
}

async function seesItself(scope: Scope): Promise<void> {
  await serveView(scope, ours);
  const limit = 'lxc.cgroup.memory.limit_in_bytes = 256M';
  const service = [
    'systemd-run',
    '-q',
    '--wait',
    '--pipe',
    '-p',
    'ProtectSystem=strict',
    '-p',
    'PrivateTmp=yes',
  ];
  for (const isMapped of [false, true]) {
    const machine = new Machine(scope, { config: [...common, limit], isMapped });
    await machine.start();
    for (let before = 0, life = 0; life < 2; life += 1) {
      expect(await expectBoot(machine, before)).toEqual([]);
      for (const how of [[], service])
        expect(await machine.attach(...how, 'head', '-n', '1', '/proc/meminfo')).toMatch(
          /^MemTotal: +262144 kB$/m,
        );
      before = await machine.initPid();
      if (life === 0) await machine.attach('systemctl', 'reboot');
    }
    await expectHalt(machine);
  }
}
