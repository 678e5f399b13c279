/** The monitor on real containers: what clients of its socket see, what LXC's own tools make of it, how it ends. */

import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, globSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import { deviceList, deviceProgram } from '../../src/cgroup/device-program.ts';
import type { ResolvedRule } from '../../src/cgroup/devices.ts';
import type { Op } from '../../src/wire/ops.ts';
import { adoptProgram, type Box, boxProgram, cgroupPath, hierarchies, pivotDirs } from './monitor/box.ts';
import { eventually, Installation, run } from './monitor/helper.ts';

const installation = new Installation();
const { lxcpath } = installation;
afterAll(() => installation[Symbol.asyncDispose]());

const sleeper = [
  'sh',
  '-c',
  'trap "exit 3" TERM; echo ready; while read line; do echo "got $line"; done; sleep 1000',
];
const ringAndLog = (name: string, more = {}): Op => ({
  op: 'setConsole',
  args: { buffer: 4096, logFile: `${lxcpath}/${name}.log`, logSize: 0, rotate: 0, peer: '', ...more },
});

async function started(
  name: string,
  argv: readonly string[] = sleeper,
  more: Partial<Box> = {},
): Promise<Box> {
  const box = installation.box(name, argv, more);
  await installation.start(box);
  return box;
}

/** One request as bytes; the answer's result, value and data. */
function ask(name: string, command: number, value = 0n, data: Uint8Array = Buffer.alloc(0)) {
  const head = Buffer.alloc(16);
  head.writeInt32LE(command, 0);
  head.writeInt32LE(data.length, 4);
  head.writeBigInt64LE(value, 8);
  const socket = connect({ path: `\0${lxcpath}/${name}/command` });
  socket.write(Buffer.concat([head, data]));
  return new Promise<{ ret: number; value: bigint; data: Buffer }>((resolve, reject) => {
    const parts: Buffer[] = [];
    socket.on('data', (part) => parts.push(part));
    socket.on('error', reject);
    socket.on('close', () => {
      const all = Buffer.concat(parts);
      if (all.length < 16) reject(new Error(`answer of ${all.length} bytes`));
      else resolve({ ret: all.readInt32LE(0), value: all.readBigInt64LE(8), data: all.subarray(16) });
    });
  });
}

const tool = (command: string, name: string, ...args: string[]) =>
  run(`/usr/bin/${command}`, ['-P', lxcpath, '-n', name, ...args]);

/** The same at a terminal of its own; what is typed goes in after `pause` each. */
function atTerminal(argv: readonly string[], typed: readonly string[]) {
  const quoted = argv.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
  const lines = typed.map((line) => `sleep 0.4; printf '${line}'`).join('; ');
  // Tools discard what was typed before they took the terminal over.
  return run('/bin/sh', ['-c', `(sleep 0.6; ${lines}; sleep 0.5) | script -qec "$0" /dev/null`, quoted]);
}

const traces = (name: string) => [
  ...globSync(`/sys/fs/cgroup/*/lxc.payload.${name}`),
  ...globSync(`/run/lxc-ts/nmon/${name}.record`),
];

describe('the command socket', () => {
  test('tells state, pid, flags, cgroups, items, name and path', async () => {
    const box = await started('nmon-tells');
    const socket = installation.socket(box.name);
    expect(await socket.state()).toBe('RUNNING');
    const pid = await socket.initPid();
    expect(readFileSync(`/proc/${pid}/cmdline`, 'utf8')).toBe(`${sleeper.join('\0')}\0`);
    expect(await socket.cloneFlags()).toBe(0x2c02_0000);
    expect(await socket.cgroup('memory')).toBe(cgroupPath(box));
    expect(await socket.limitCgroup('name=systemd')).toBe(cgroupPath(box));
    expect(await socket.cgroup('')).toBe(cgroupPath(box));
    expect(await socket.cgroup('nonsense')).toBeUndefined();
    expect(await socket.configItem('lxc.group')).toBe('onboot\nweb');
    expect(await socket.configItem('lxc.nonsense')).toBeUndefined();
    expect(await socket.name()).toBe(box.name);
    expect(await socket.lxcpath()).toBe(lxcpath);
  });

  test('refuses what it cannot do with the errors that liblxc expects', async () => {
    const { name } = await started('nmon-refuses');
    expect((await ask(name, 1)).ret).toBe(-38);
    expect((await ask(name, 99)).ret).toBe(-38);
    expect((await ask(name, 15, 1n)).ret).toBe(-2);
    expect((await ask(name, 26)).ret).toBe(-2);
    expect((await ask(name, 0, 7n)).ret).toBe(-9);
    expect((await ask(name, 11, 0n, Buffer.alloc(24, 1))).ret).toBe(-14);
    expect((await ask(name, 12, 99n)).ret).toBe(-22);
    expect((await ask(name, 10, 0n, Buffer.alloc(8))).ret).toBe(-22);
  });

  test('answers while others are silent, half way through a request, or do not read', async () => {
    const { name } = await started('nmon-slow', sleeper, {
      settings: [ringAndLog('nmon-slow', { buffer: 1 << 20 })],
    });
    const open = () => connect({ path: `\0${lxcpath}/${name}/command` }).on('error', () => undefined);
    const idle = Array.from({ length: 600 }, open);
    const half = open();
    half.write(Buffer.alloc(7));
    const deaf = open();
    deaf.pause();
    deaf.write(
      Buffer.concat([Buffer.from([11, 0, 0, 0, 24, 0, 0, 0]), Buffer.alloc(8), Buffer.alloc(24, 1)]),
    );
    await sleep(50);
    expect(await installation.socket(name).state()).toBe('RUNNING');
    for (const socket of [...idle, half, deaf]) socket.destroy();
    expect(await installation.socket(name).state()).toBe('RUNNING');
  });

  test('tells a stranger that he may not ask', async () => {
    const { name } = await started('nmon-strange');
    execFileSync('chmod', ['-R', 'a+rX', installation.dir]);
    // C LXC keeps the locks of users below their home.
    const home = join(installation.dir, 'home');
    execFileSync('install', ['-d', '-o', '65534', home]);
    const info = await run('/usr/bin/lxc-info', ['-P', lxcpath, '-n', name], { uid: 65534, home });
    expect(info.status).toBe(1);
    expect(info.stderr).toContain('Insufficent privileges');
    expect((await tool('lxc-info', name, '-s')).stdout).toContain('RUNNING');
  });

  test('tells waiting clients each state once', async () => {
    const { name } = await started('nmon-waits');
    const socket = installation.socket(name);
    const frozen = socket.waitFor(new Set(['FROZEN']));
    const stopped = socket.waitFor(new Set(['STOPPED']));
    await sleep(30);
    await socket.announce('FREEZING');
    await socket.announce('FROZEN');
    expect(await frozen).toBe('FROZEN');
    expect(await socket.state()).toBe('FROZEN');
    await socket.announce('THAWED');
    expect(await socket.state()).toBe('RUNNING');
    await socket.stop();
    expect(await stopped).toBe('STOPPED');
  });
});

test('a container in the unified hierarchy alone is frozen by its monitor', async () => {
  const { name } = await started('nmon-frozen', sleeper, { unifiedOnly: true });
  const socket = installation.socket(name);
  const frozen = socket.waitFor(new Set(['FROZEN']));
  expect(await socket.freeze(true, 5)).toBe(true);
  expect(await frozen).toBe('FROZEN');
  expect(await socket.state()).toBe('FROZEN');
  expect(await socket.freeze(false, 5)).toBe(true);
  expect(await socket.state()).toBe('RUNNING');
  expect(await socket.freeze(true, 0)).toBe(true);
  expect((await tool('lxc-stop', name, '-k')).status).toBe(0);
  expect(traces(name)).toEqual([]);
});

describe('device rules that a client adds on a unified host', () => {
  const rule = (allow: boolean, type: string, major: number, minor: number, access: string) => {
    const data = Buffer.alloc(40);
    data.write(type, 0);
    data.writeInt32LE(major, 4);
    data.writeInt32LE(minor, 8);
    data.write(access, 12);
    data.writeInt32LE(allow ? 1 : 0, 16);
    return data;
  };
  const add = async (name: string, data: Uint8Array) => (await ask(name, 14, 0n, data)).ret;
  const mayOpen = async (name: string, how: string) =>
    (await tool('lxc-attach', name, '--', 'sh', '-c', `: ${how}`)).status === 0;

  test('win over those of the start, per kind of access', async () => {
    const rules = (
      [
        [1, 3],
        [5, '*'],
        [136, '*'],
      ] as const
    ).map(([major, minor]): ResolvedRule => ({ allow: true, type: 'c', major, minor, access: 'rwm' }));
    const program = deviceProgram(deviceList(rules, false));
    const settings: Op[] = [{ op: 'setDevices', args: { program } }];
    const { name } = await started('nmon-devices', sleeper, { unifiedOnly: true, settings });
    expect(await mayOpen(name, '</dev/zero')).toBe(true);
    expect(await add(name, rule(false, 'c', 9, 9, 'rwm'))).toBe(0);
    expect(await mayOpen(name, '</dev/zero')).toBe(false);
    expect(await mayOpen(name, '</dev/null')).toBe(true);
    expect(await add(name, rule(true, 'c', 1, 5, 'r'))).toBe(0);
    expect(await mayOpen(name, '</dev/zero')).toBe(true);
    expect(await mayOpen(name, '>/dev/zero')).toBe(false);
    expect(await add(name, rule(true, 'c', 1, -1, 'w'))).toBe(0);
    expect(await mayOpen(name, '<>/dev/zero')).toBe(true);
    expect(await mayOpen(name, '</dev/urandom')).toBe(false);
    expect(await add(name, rule(true, 'a', -1, -1, 'rwm'))).toBe(0);
    expect(await mayOpen(name, '</dev/urandom')).toBe(true);
  });

  test('are refused when they are none, or the host is not unified', async () => {
    const { name } = await started('nmon-nodevice', sleeper, { unifiedOnly: true });
    expect(await add(name, rule(true, 'x', 1, 5, 'r'))).toBe(-22);
    expect(await add(name, rule(true, 'c', 1, 5, 'x'))).toBe(-22);
    expect(await add(name, Buffer.alloc(4))).toBe(-22);
    expect(await add(name, rule(false, 'c', 1, 5, 'rwm'))).toBe(0);
    expect(await mayOpen(name, '</dev/zero')).toBe(false);
    const hybrid = await started('nmon-hybrid');
    expect(await add(hybrid.name, rule(true, 'c', 1, 5, 'r'))).toBe(-22);
  });
});

describe("LXC's own tools", () => {
  test('read and control the container', async () => {
    const { name } = await started('nmon-tools');
    const pid = await installation.socket(name).initPid();
    const info = await tool('lxc-info', name);
    expect(info.stdout).toMatch(/State: +RUNNING/);
    expect(info.stdout).toContain(`${pid}`);
    expect((await tool('lxc-info', name, '-c', 'lxc.uts.name')).stdout).toBe(`lxc.uts.name = ${name}\n`);
    const list = await run('/usr/bin/lxc-ls', ['-P', lxcpath, '-f', '-F', 'NAME,STATE,PID,GROUPS']);
    expect(list.stdout).toMatch(new RegExp(`${name} +RUNNING +${pid} +onboot`));
    expect((await tool('lxc-wait', name, '-s', 'RUNNING', '-t', '5')).status).toBe(0);
  });

  test('set and get cgroup files, freeze and thaw', async () => {
    const { name } = await started('nmon-cgroup');
    expect((await tool('lxc-cgroup', name, 'memory.limit_in_bytes', '64M')).status).toBe(0);
    expect((await tool('lxc-cgroup', name, 'memory.limit_in_bytes')).stdout.trim()).toBe('67108864');
    expect((await tool('lxc-freeze', name)).status).toBe(0);
    expect((await tool('lxc-info', name, '-s')).stdout).toMatch(/FROZEN/);
    expect((await tool('lxc-unfreeze', name)).status).toBe(0);
    expect((await tool('lxc-info', name, '-s')).stdout).toMatch(/RUNNING/);
  });

  test('attach in all cgroups with the exit status and streams of the command', async () => {
    const { name } = await started('nmon-attach');
    const attached = await tool(
      'lxc-attach',
      name,
      '--',
      'sh',
      '-c',
      'cat /proc/self/cgroup; echo wrong >&2; exit 7',
    );
    expect(attached.status).toBe(7);
    expect(attached.stderr).toContain('wrong');
    for (const line of attached.stdout.trim().split('\n')) expect(line).toContain(`/lxc.payload.${name}`);
  });

  test('attach at a terminal of the container', async () => {
    const { name } = await started('nmon-pty');
    const argv = ['lxc-attach', '-P', lxcpath, '-n', name, '--', 'sh'];
    const { stdout } = await atTerminal(argv, ['tty\\r', 'exit\\r']);
    expect(stdout).toContain('/dev/pts/3');
  });

  test('show the console to one client and ttys to one each', async () => {
    const { name } = await started('nmon-console');
    const argv = ['lxc-console', '-P', lxcpath, '-n', name, '-t'];
    const [first, second] = await Promise.all([
      atTerminal([...argv, '0'], ['typed\\r', '\\001q']),
      atTerminal([...argv, '1'], ['\\001q']),
    ]);
    expect(first.stdout).toContain('got typed');
    expect(second.stdout).toContain('Connected to tty 1');
    expect((await atTerminal([...argv, '0'], ['again\\r', '\\001q'])).stdout).toContain('got again');
  });

  test('stop it, and the name is free when they return', async () => {
    const box = await started('nmon-stop');
    const waiting = tool('lxc-wait', box.name, '-s', 'STOPPED', '-t', '10');
    await sleep(100);
    expect((await tool('lxc-stop', box.name, '-k')).status).toBe(0);
    expect(traces(box.name)).toEqual([]);
    await installation.start(box);
    expect((await waiting).status).toBe(0);
    expect((await tool('lxc-stop', box.name, '-k')).status).toBe(0);
  });
});

describe('the console', () => {
  test('keeps output in the ring buffer and the log', async () => {
    const { name } = await started('nmon-ring', ['sh', '-c', 'echo one; echo two; sleep 1000'], {
      settings: [ringAndLog('nmon-ring')],
    });
    const socket = installation.socket(name);
    await eventually(() => existsSync(`${lxcpath}/${name}.log`));
    await eventually(() => readFileSync(`${lxcpath}/${name}.log`, 'utf8') === 'one\r\ntwo\r\n');
    expect((await socket.consoleLog({ read: true, most: 5 }))?.toString()).toBe('one\r\n');
    expect((await socket.consoleLog({ read: true, clear: true }))?.toString()).toBe('two\r\n');
    expect(await socket.consoleLog({ read: true })).toBeUndefined();
  });

  test('keeps the newest bytes of a flood, and rotates the log at its limit', async () => {
    const script = 'i=0; while [ $i -lt 3000 ]; do echo "line $i"; i=$((i+1)); done; sleep 1000';
    const { name } = await started('nmon-flood', ['sh', '-c', script], {
      settings: [ringAndLog('nmon-flood', { logSize: 8192, rotate: 1 })],
    });
    const socket = installation.socket(name);
    let kept = '';
    await eventually(async () => {
      kept += (await socket.consoleLog({ read: true }))?.toString() ?? '';
      return kept.endsWith('line 2999\r\n');
    });
    const [log, old] = ['', '.1'].map((suffix) => readFileSync(`${lxcpath}/${name}.log${suffix}`, 'utf8'));
    expect(log?.endsWith('line 2999\r\n')).toBe(true);
    expect(log?.length).toBeLessThanOrEqual(8192);
    expect(old?.length).toBe(8192);
  });

  test('is drained though every process inside closes it again and again', async () => {
    const script = 'while :; do echo x >/dev/console; sleep 0.01; done';
    const { name } = await started('nmon-hup', ['sh', '-c', `exec </dev/null >/dev/null 2>&1; ${script}`]);
    await sleep(300);
    const monitor = await monitorOf(name);
    const before = cpuTicks(monitor);
    await sleep(500);
    expect(cpuTicks(monitor) - before).toBeLessThan(10);
  });
});

/** It takes its title a moment after the start is told. */
async function monitorOf(name: string): Promise<number> {
  const title = `[lxc monitor] ${lxcpath} ${name}`;
  const pids = () => globSync('/proc/[0-9]*').map((dir) => Number(dir.slice(6)));
  let found: number | undefined;
  await eventually(() => {
    found = pids().find((pid) => cmdline(pid) === title);
    return found !== undefined;
  });
  if (found === undefined) throw new Error(`no process is called ${title}`);
  return found;
}

function cmdline(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replace(/\0+$/, '');
  } catch {
    return '';
  }
}

function cpuTicks(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return Number(fields[11]) + Number(fields[12]);
}

test('a monitor is called as LXC calls it and holds little memory of its own', async () => {
  const { name } = await started('nmon-memory');
  const rollup = readFileSync(`/proc/${await monitorOf(name)}/smaps_rollup`, 'utf8');
  const size = (field: string) => Number(new RegExp(`${field}: +(\\d+) kB`).exec(rollup)?.[1]);
  expect(size('Private_Dirty')).toBeLessThanOrEqual(36);
  expect(size('Rss')).toBeLessThanOrEqual(128);
});

describe('the end', () => {
  test('leaves nothing, asks no brain that has nothing to do', async () => {
    const { name } = await started('nmon-ends', ['sh', '-c', 'exit 4']);
    await eventually(() => traces(name).length === 0);
    expect(await installation.socket(name).state()).toBe('STOPPED');
    expect(installation.calls().filter((call) => call.startsWith(name))).toEqual([]);
  });

  test('asks a brain before and after the inverses, with the namespaces held', async () => {
    const { name } = await started('nmon-hooks', ['sh', '-c', 'sleep 0.1; exit 4'], {
      settings: [{ op: 'setEnd', args: { ask: 7 } }],
    });
    await eventually(() => installation.calls().includes(`${name} stopped no record`));
    expect(installation.calls().filter((call) => call.startsWith(name))).toEqual([
      `${name} 1024 stop mnt,pid,uts,ipc`,
      `${name} stop record`,
      `${name} stopped no record`,
    ]);
    await eventually(() => traces(name).length === 0);
  });

  test('of a monitor in cgroups of its own leaves them first', async () => {
    const { name } = await started('nmon-pivot', ['sh', '-c', 'read line; exit 4'], { ownCgroup: true });
    const own = readFileSync(`/proc/${await monitorOf(name)}/cgroup`, 'utf8')
      .trim()
      .split('\n');
    expect(own.filter((line) => !line.endsWith(`/lxc.monitor.${name}`))).toEqual([]);
    expect((await tool('lxc-stop', name, '-k')).status).toBe(0);
    expect(traces(name)).toEqual([]);
    expect(globSync(`/sys/fs/cgroup/*/lxc.monitor.${name}`)).toEqual([]);
    await eventually(() => pivotDirs().every((dir) => readFileSync(`${dir}/cgroup.procs`, 'utf8') === ''));
    for (const dir of pivotDirs()) rmdirSync(dir);
  });

  test('by a reboot from inside is a new start under the same socket', async () => {
    const script = 'while [ ! -e /tmp/go ]; do sleep 0.05; done; busybox rm /tmp/go; exec busybox reboot -f';
    const { name } = await started('nmon-reboot', ['sh', '-c', script]);
    const socket = installation.socket(name);
    const first = await socket.initPid();
    using again = await socket.watch(new Set(['RUNNING']), { reboot: true });
    writeFileSync(join(lxcpath, name, 'rootfs/tmp/go'), '');
    expect(await again.reached(AbortSignal.timeout(5000))).toBe('RUNNING');
    expect(await socket.initPid()).not.toBe(first);
    await eventually(() => installation.calls().includes(`${name} again ok`));
    expect((await tool('lxc-info', name, '-s')).stdout).toMatch(/RUNNING/);
    await socket.stop();
    expect(traces(name)).toEqual([]);
  });
});

describe('in the foreground', () => {
  const foreground = (name: string, argv: readonly string[], more: Partial<Box> = {}) =>
    installation.execute(boxProgram(installation.box(name, argv, { detach: false, ...more })));

  test('the exit status is that of the command when it is asked for', async () => {
    const job = foreground('nmon-fg', ['sh', '-c', 'exit 5'], { exit: 'status' });
    expect((await job.ended).status).toBe(5);
    const killed = foreground('nmon-fg', ['sh', '-c', 'exit 5']);
    expect((await killed.ended).status).toBe(0);
    expect(traces('nmon-fg')).toEqual([]);
  });

  test('without a terminal the console goes to standard output, to the last byte', async () => {
    const job = foreground('nmon-out', [
      'sh',
      '-c',
      'i=0; while [ $i -lt 2000 ]; do echo $i; i=$((i+1)); done',
    ]);
    const { stdout } = await job.ended;
    expect(stdout).toBe(Array.from({ length: 2000 }, (_, i) => `${i}\r\n`).join(''));
  });

  test('signals reach init, SIGHUP as SIGTERM', async () => {
    const script = 'trap "exit 11" TERM; trap "exit 12" USR1; echo ready; while :; do sleep 0.05; done';
    for (const [signal, status] of [
      ['SIGHUP', 11],
      ['SIGTERM', 11],
      ['SIGUSR1', 12],
    ] as const) {
      const job = foreground('nmon-signal', ['sh', '-c', script], {
        exit: 'status',
        settings: [ringAndLog('nmon-signal')],
      });
      await job.result;
      const socket = installation.socket('nmon-signal');
      await eventually(
        async () => (await socket.consoleLog({}))?.length === 0 || (await socket.state()) === 'RUNNING',
      );
      await sleep(100);
      job.process.kill(signal);
      expect((await job.ended).status).toBe(status);
    }
  });
});

test('a container that outlived its monitor gets a new one, and its end is noticed', async () => {
  // The console hangs up with the monitor that held it.
  const box = await started('nmon-orphan', ['sh', '-c', 'trap "" HUP; exec sleep 1000'], {
    survives: true,
    settings: [{ op: 'setEnd', args: { ask: 1 } }],
  });
  const socket = installation.socket(box.name);
  const pid = (await socket.initPid()) ?? 0;
  process.kill(await monitorOf(box.name), 'SIGKILL');
  await eventually(async () => (await socket.state()) === 'STOPPED');
  const startTime = Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[19]);
  await installation.detached(adoptProgram(box, pid, startTime));
  expect(await socket.initPid()).toBe(pid);
  expect((await tool('lxc-info', box.name, '-s')).stdout).toMatch(/RUNNING/);
  expect((await tool('lxc-attach', box.name, '--', 'hostname')).stdout).toBe(`${box.name}\n`);
  process.kill(pid, 'SIGKILL');
  await eventually(() => traces(box.name).length === 0);
  await eventually(async () => (await socket.state()) === 'STOPPED');
  expect(installation.calls().filter((call) => call.startsWith(box.name))[0]).toMatch(/ [09] stop$/);
});

test('lxc-monitor sees the states, and a killed init as status 0', async () => {
  const watching = run('/usr/bin/timeout', [
    '3',
    'stdbuf',
    '-oL',
    'lxc-monitor',
    '-P',
    lxcpath,
    '-n',
    'nmon-seen',
  ]);
  await sleep(600);
  const { name } = await started('nmon-seen');
  const socket = installation.socket(name);
  await socket.announce('FREEZING');
  await socket.announce('FROZEN');
  await tool('lxc-stop', name, '-k');
  const seen = (await watching).stdout.match(/(?<=\[)\w+(?=\])/g);
  expect(seen).toEqual(['STARTING', 'RUNNING', 'FREEZING', 'FROZEN', '0', 'STOPPING', 'STOPPED']);
});

test('lxc-monitor sees a start that fails', async () => {
  const watching = run('/usr/bin/timeout', [
    '3',
    'stdbuf',
    '-oL',
    'lxc-monitor',
    '-P',
    lxcpath,
    '-n',
    'nmon-fails',
  ]);
  await sleep(600);
  await expect(started('nmon-fails', ['/no/such'])).rejects.toThrow('"errno":2');
  const states = (await watching).stdout.match(/(?<=\[)[A-Z]+(?=\])/g);
  expect(states).toEqual(['STARTING', 'ABORTING', 'STOPPING', 'STOPPED']);
  expect(traces('nmon-fails')).toEqual([]);
});

const pythonKnowsLxc = spawnSync('/usr/bin/python3', ['-c', 'import lxc'], { cwd: '/' }).status === 0;

test.skipIf(!pythonKnowsLxc)("LXC's Python binding reads, freezes, limits and attaches", async () => {
  const { name } = await started('nmon-python');
  const script = `
import lxc, sys
c = lxc.Container('${name}', config_path='${lxcpath}')
print(c.state, c.init_pid, c.controllable, c.get_running_config_item('lxc.uts.name'))
print(c.set_cgroup_item('memory.limit_in_bytes', '64M'), c.get_cgroup_item('memory.limit_in_bytes'))
print(c.freeze(), c.state, c.unfreeze(), c.state)
sys.stdout.flush()
print(c.attach_wait(lxc.attach_run_command, ['sh', '-c', 'hostname; exit 9']) >> 8)
print(c.stop(), c.state)
`;
  const { stdout } = await run('/usr/bin/python3', ['-c', script]);
  expect(stdout.split('\n')).toEqual([
    expect.stringMatching(/^RUNNING \d+ True nmon-python$/),
    'True 67108864',
    'True FROZEN True RUNNING',
    name,
    '9',
    'True STOPPED',
    '',
  ]);
});

test('our console client shows a terminal until its escape', async () => {
  const { name } = await started('nmon-shows');
  const why = { key: 'test', act: 'test' };
  const socket = `${lxcpath}/${name}/command`;
  const job = installation.execute(
    {
      after: 'return',
      exit: 'zero',
      settings: [],
      child: [],
      parent: [{ op: 'console', args: { socket, tty: 0, prefix: 1 }, why }],
    },
    (argv) => ['script', '-qec', argv.join(' '), '/dev/null'],
  );
  await sleep(300);
  job.process.stdin?.write('hello\r');
  await sleep(200);
  job.process.stdin?.write('\x01q');
  const { stdout } = await job.ended;
  expect((await job.result).kind).toBe('ok');
  expect(stdout).toContain('Connected to tty 0');
  expect(stdout).toContain('Type <Ctrl+a q> to exit the console, <Ctrl+a Ctrl+a> to enter Ctrl+a itself');
  expect(stdout).toContain('got hello');
});

describe('attach', () => {
  const why = { key: 'test', act: 'test' };
  const attach = (name: string, last: readonly Op[], pty = 0) =>
    installation.execute(
      {
        after: 'attached',
        exit: 'status',
        settings: [],
        parent: [
          { op: 'openInit', args: { socket: `${lxcpath}/${name}/command`, pid: 0 }, why },
          {
            op: 'attach',
            args: { cgroup2: unifiedOf(name), pty, log: '', owner: -1, rows: 0, columns: 0 },
            why,
          },
        ],
        child: [
          ...joins(name),
          { op: 'enter', args: { namespaces: 0x2c02_0000 }, why },
          ...last.map((op) => ({ ...op, why })),
        ],
      },
      pty === 0 ? undefined : (argv) => ['script', '-qec', argv.join(' '), '/dev/null'],
    );
  const exec = (...argv: string[]): Op => ({ op: 'exec', args: { argv, env: ['PATH=/bin'] } });
  const joins = (name: string) =>
    hierarchies()
      .filter((one) => one.controllers !== '')
      .map(
        (one) =>
          ({ op: 'joinCgroup', args: { file: `${one.mount}/lxc.payload.${name}/tasks` }, why }) as const,
      );
  const unifiedOf = (name: string) => {
    const unified = hierarchies().find((one) => one.controllers === '');
    return unified ? `${unified.mount}/lxc.payload.${name}` : '';
  };

  test('runs in the namespaces and cgroups of the container, with nothing of ours open', async () => {
    const { name } = await started('nmon-enter');
    const job = attach(name, [
      exec('sh', '-c', 'hostname; readlink /proc/self; cat /proc/self/cgroup; ls /proc/$$/fd; exit 6'),
    ]);
    const { status, stdout } = await job.ended;
    const lines = stdout.trim().split('\n');
    expect(status).toBe(6);
    expect(lines[0]).toBe(name);
    expect(Number(lines[1])).toBeLessThan(50);
    expect(lines.filter((line) => line.includes(':'))).toSatisfy((all: string[]) =>
      all.every((line) => line.endsWith(`/lxc.payload.${name}`)),
    );
    expect(lines.slice(-3)).toEqual(['0', '1', '2']);
  });

  test('ends as its command ends, and tells what failed before it ran', async () => {
    const { name } = await started('nmon-ended');
    expect((await attach(name, [exec('sh', '-c', 'kill -9 $$')]).ended).status).toBe(137);
    expect(await attach(name, [exec('/no/such')]).result).toMatchObject({
      kind: 'failed',
      list: 1,
      errno: 2,
    });
  });

  test('at a terminal puts one of the container in between', async () => {
    const { name } = await started('nmon-between');
    const stdio: Op = { op: 'stdio', args: { mode: 2, controlling: 1 } };
    const job = attach(name, [stdio, exec('sh', '-c', 'tty; read line; echo "read $line"; exit 8')], 1);
    await sleep(300);
    job.process.stdin?.end('hello\n');
    const { status, stdout } = await job.ended;
    expect(stdout).toContain('/dev/pts/3');
    expect(stdout).toContain('read hello');
    expect(status).toBe(8);
  });

  test('gives the container no way to write the helper', async () => {
    const { name } = await started('nmon-cve');
    const before = digest(installation.helper);
    const attack = [
      'exe=/proc/$PPID/exe; readlink $exe',
      'exec 9<$exe',
      '(echo evil >$exe) 2>&1',
      'mount -o remount,rw,bind $exe 2>&1; mount -o remount,rw $exe 2>&1',
      '(sleep 0.3; echo evil >/proc/self/fd/9) 2>&1 &',
    ].join('; ');
    const box = join(lxcpath, name, 'rootfs/bin/mount');
    execFileSync('ln', ['-sf', 'busybox', box]);
    const hook: Op = {
      op: 'runHook',
      args: { text: `(${attack}) >/tmp/attack`, env: ['PATH=/bin'], root: 0 },
    };
    const { stdout } = await attach(name, [hook, exec('sh', '-c', 'sleep 0.6; cat /tmp/attack')]).ended;
    expect(stdout.match(/Read-only file system/g)).toHaveLength(2);
    expect(digest(installation.helper)).toBe(before);
  });
});

const digest = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex');
