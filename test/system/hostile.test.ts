/**
 * A root file system whose owner wants out: links and `..` wherever the start mounts, makes or runs something, names
 * that change while it does, programs that look for a way to the host's files. Whatever becomes of the start, nothing
 * outside the root file system may change.
 */

import { spawn, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';
import { binDir, run, underC } from './harness/commands.ts';
import type { Container } from './harness/container.ts';
import { eventually } from './harness/eventually.ts';
import { manifest, names } from './harness/manifest.ts';
import { mountsOn } from './harness/mounts-on.ts';
import { rootfsTemplate } from './harness/rootfs.ts';
import type { Scope } from './harness/scope.ts';
import { test, testOurs } from './harness/suite.ts';

/** A directory of the host that the container wants to reach. */
interface Victim {
  readonly path: string;
  readonly changed: () => void;
}

function victim(scope: Scope): Victim {
  const path = scope.directory();
  for (const name of ['dir', 'dir/below', 'pts', 'lxc', 'sys', 'fs']) mkdirSync(join(path, name));
  for (const name of ['file', 'console', 'null', 'ptmx', 'tty1', 'dir/file', 'lxc/console', 'lxc/tty1'])
    writeFileSync(join(path, name), 'of the host', { mode: 0o640 });
  writeFileSync(join(path, 'run'), `#!/bin/sh\ntouch ${path}/was-run\n`, { mode: 0o755 });
  const before = manifest(path);
  const devices = names('/dev');
  return {
    path,
    changed: () => {
      expect(manifest(path)).toEqual(before);
      expect(names('/dev')).toEqual(devices);
      expect(mountsOn(path)).toEqual([]);
    },
  };
}

/** In the root file system, in place of what is there. */
function link(foo: Container, name: string, target: string): void {
  const path = join(foo.rootfs, name);
  rmSync(path, { recursive: true, force: true });
  mkdirSync(dirname(path), { recursive: true });
  symlinkSync(target, path);
}

interface Attack {
  /** Links in the root file system; $OUT is the victim. */
  readonly links: Readonly<Record<string, string>>;
  readonly config?: readonly string[];
  /** Where the start is possible all the same, since nothing has to follow the link. */
  readonly starts?: boolean;
}

/** Out of the root file system by its own path, and by one relative to the link. */
const up = '../../../../../../../..';

const bareDev = 'lxc.autodev = 0';
const source = 'tmpfs';

const attacks: Readonly<Record<string, Attack>> = {
  '/dev is a link': { links: { dev: '$OUT' } },
  '/dev is a link by ..': { links: { dev: `${up}$OUT` } },
  '/dev is a link and stays as it is': { links: { dev: '$OUT' }, config: [bareDev] },
  '/proc is a link': { links: { proc: '$OUT' } },
  '/sys is a link': { links: { sys: '$OUT' }, config: ['lxc.mount.auto = sys'] },
  '/sys/fs is a link, with cgroups': {
    links: { 'sys/fs': '$OUT' },
    config: ['lxc.mount.auto = cgroup:force'],
  },
  '/dev/pts is a link': { links: { 'dev/pts': '$OUT/pts' }, config: [bareDev, 'lxc.pty.max = 4'] },
  '/dev/ptmx is a link': { links: { 'dev/ptmx': '$OUT/ptmx' }, config: [bareDev, 'lxc.pty.max = 4'] },
  '/dev/console is a link': { links: { 'dev/console': '$OUT/console' }, config: [bareDev] },
  '/dev/console is a link to what is not there': { links: { 'dev/console': '$OUT/new' }, config: [bareDev] },
  '/dev/tty1 is a link': { links: { 'dev/tty1': '$OUT/tty1' }, config: [bareDev, 'lxc.tty.max = 1'] },
  'the directory of the terminals is a link': {
    links: { 'dev/lxc': '$OUT/lxc' },
    config: [bareDev, 'lxc.tty.max = 1', 'lxc.tty.dir = lxc'],
  },
  'a terminal in its directory is a link': {
    links: { 'dev/lxc/tty1': '$OUT/lxc/tty1' },
    config: [bareDev, 'lxc.tty.max = 1', 'lxc.tty.dir = lxc'],
  },
  'a link stands where one into /proc is made': {
    links: { 'dev/fd': '$OUT/dir' },
    config: [bareDev],
    starts: true,
  },
  'a mount target is a link': {
    links: { 'srv/data': '$OUT/dir' },
    config: [`lxc.mount.entry = ${source} srv/data tmpfs defaults 0 0`],
  },
  'a directory above a mount target is a link': {
    links: { srv: '$OUT' },
    config: [`lxc.mount.entry = ${source} srv/dir tmpfs defaults 0 0`],
  },
  'create=dir meets a link': {
    links: { srv: '$OUT' },
    config: [`lxc.mount.entry = ${source} srv/new/below tmpfs create=dir 0 0`],
  },
  'create=dir ends in a link': {
    links: { 'srv/new': '$OUT/made' },
    config: [`lxc.mount.entry = ${source} srv/new tmpfs create=dir 0 0`],
  },
  'create=file meets a link': {
    links: { srv: '$OUT' },
    config: ['lxc.mount.entry = /etc/hostname srv/new none bind,create=file 0 0'],
  },
  'create=file ends in a link': {
    links: { 'srv/new': '$OUT/made' },
    config: ['lxc.mount.entry = /etc/hostname srv/new none bind,create=file 0 0'],
  },
  'a mount target climbs': {
    links: {},
    config: [`lxc.mount.entry = ${source} srv/${up}$OUT/dir tmpfs defaults 0 0`],
  },
  'a mount target to be made climbs': {
    links: {},
    config: [`lxc.mount.entry = ${source} ${up}$OUT/made tmpfs create=dir 0 0`],
  },
  'an optional mount target is a link': {
    links: { srv: '$OUT' },
    config: [`lxc.mount.entry = ${source} srv/dir tmpfs optional 0 0`],
    starts: true,
  },
  'an absolute mount target lies outside': {
    links: {},
    config: [`lxc.mount.entry = ${source} $OUT/dir tmpfs defaults 0 0`],
    starts: true,
  },
  'an absolute mount target climbs out of the root file system': {
    links: {},
    config: [`lxc.mount.entry = ${source} $ROOTFS/${up}$OUT/dir tmpfs defaults 0 0`],
  },
  'a relative source is a link': {
    links: { 'etc/mine': '$OUT' },
    config: ['lxc.mount.entry = etc/mine srv none bind,relative 0 0'],
  },
  'a relative source climbs': {
    links: {},
    config: [`lxc.mount.entry = ${up}$OUT srv none bind,relative 0 0`],
  },
  'shmounts meets a link': {
    links: { srv: '$OUT' },
    config: ['lxc.mount.auto = shmounts:/etc:/srv/dir'],
  },
  'the working directory of init is a link': {
    links: { home: '$OUT' },
    config: ['lxc.init.cwd = /home/made'],
  },
  'the directory that the boot id goes to is a link': {
    links: { 'dev/.lxc-boot-id': '$OUT/file' },
    starts: true,
  },
};

for (const [title, { links, config = [], starts = false }] of Object.entries(attacks)) {
  test(`Nothing outside changes where ${title}`, async (scope) => {
    const out = victim(scope);
    const put = (text: string) => text.replaceAll('$OUT', out.path);
    const foo = scope.container({ config: ['lxc.init.cmd = /bin/sleep 1000', ...config.map(put)] });
    for (const [name, target] of Object.entries(links)) link(foo, name, put(target));
    const { status, stderr } = await foo.run('start', ['-d']);
    out.changed();
    if (!underC) expect({ stderr, status }).toMatchObject({ status: starts ? 0 : 1 });
    if (status === 0) await foo.stop();
    out.changed();
  });
}

test('A hook inside is a program of the container, whatever its path leads to', async (scope) => {
  const out = victim(scope);
  const foo = scope.container({ config: ['lxc.hook.start = /hook'] });
  link(foo, 'hook', `${out.path}/run`);
  expect((await foo.run('start', ['-d'])).status).toBe(1);
  out.changed();
});

/** Built once, beside the probe. */
function attacker(): string {
  const file = join(rootfsTemplate, 'attacker');
  if (existsSync(file)) return file;
  const args = ['-static', '-Os', '-Wall', '-o', file, join(import.meta.dirname, 'attacker.c')];
  const compiled = spawnSync('musl-gcc', args, { encoding: 'utf8' });
  if (compiled.status !== 0) throw new Error(`Failed to build the attacker: ${compiled.stderr}`);
  return file;
}

/** Exchanges two names of a root file system as long as the test goes on. */
function swap(scope: Scope, one: string, other: string): void {
  const child = spawn(attacker(), ['swap', one, other], { stdio: 'ignore' });
  const ended = new Promise((done) => child.on('close', done));
  scope.defer(async () => {
    child.kill('SIGKILL');
    await ended;
  });
}

interface Race {
  readonly name: string;
  readonly config: readonly string[];
  /** Why C LXC loses it. */
  readonly ours?: string;
}

const races: Readonly<Record<string, Race>> = {
  'a directory that is mounted on': {
    name: 'srv',
    config: [`lxc.mount.entry = ${source} srv tmpfs defaults 0 0`],
  },
  'a directory above a mount target': {
    name: 'srv',
    ours: 'C LXC makes the directories of create= wherever links lead',
    config: [
      `lxc.mount.entry = ${source} srv/dir/new tmpfs create=dir 0 0`,
      'lxc.mount.entry = /etc/hostname srv/dir/name none bind,ro,create=file 0 0',
    ],
  },
  '/dev without lxc.autodev': { name: 'dev', config: [bareDev, 'lxc.tty.max = 1', 'lxc.pty.max = 4'] },
  '/proc': { name: 'proc', config: ['lxc.mount.auto = proc:mixed'] },
};

/** A test machine may stand still for a minute. */
const options = { timeoutMs: 180_000 };

for (const [title, race] of Object.entries(races)) {
  const sentence = `Nothing outside changes while ${title} is swapped for a link`;
  if (race.ours === undefined) test(sentence, (scope) => runRace(scope, race), options);
  else testOurs(sentence, race.ours, (scope) => runRace(scope, race), options);
}

async function runRace(scope: Scope, { name, config }: Race): Promise<void> {
  const out = victim(scope);
  const foo = scope.container({ config: ['lxc.init.cmd = /bin/sleep 1000', ...config] });
  mkdirSync(join(foo.rootfs, name, 'dir'), { recursive: true });
  symlinkSync(out.path, join(foo.rootfs, 'swapped'));
  swap(scope, join(foo.rootfs, name), join(foo.rootfs, 'swapped'));
  for (let turn = 0; turn < 12; turn += 1) {
    const { status } = await foo.run('start', ['-d']);
    out.changed();
    if (status === 0) await foo.stop();
  }
  out.changed();
}

/** The file behind the commands: what runs inside must lead to no writable descriptor of it. */
function hostProgram(): string {
  return realpathSync(join(binDir, underC ? 'lxc-attach' : 'lxc-start'));
}

function overwriting(foo: Container, seconds: number): string {
  const { dev, ino } = statSync(hostProgram());
  copyFileSync(attacker(), join(foo.rootfs, 'attacker'));
  return `/attacker overwrite ${dev} ${ino} ${seconds}`;
}

test('An init that watches for programs of the host finds none that it could overwrite', async (scope) => {
  const before = manifest(hostProgram());
  const foo = scope.container({ config: [] });
  foo.script('watch', `exec ${overwriting(foo, 3)} > /out/seen`);
  foo.configure('lxc.init.cmd = /watch');
  await foo.start();
  for (let turn = 0; turn < 5; turn += 1) await foo.attach(['/bin/true']);
  // A shell that is this very program, were it what the name leads to.
  writeFileSync(join(foo.rootfs, 'bin/again'), '#!/proc/self/exe\n', { mode: 0o755 });
  await foo.attach(['/bin/again']);
  await eventually(() => (foo.read('out/seen') ?? '').includes('done'), 'the watch has ended');
  expect(foo.read('out/seen')).not.toContain('reached');
  expect(manifest(hostProgram())).toEqual(before);
});

test('The command of lxc-execute cannot overwrite the init above it', async (scope) => {
  const before = manifest(hostProgram());
  const foo = scope.container();
  const command = overwriting(foo, 1).split(' ');
  const { stdout, status } = await foo.run('execute', ['--', ...command]);
  expect({ stdout: stdout.replaceAll('\r', ''), status }).toMatchObject({ status: 0 });
  expect(stdout).toContain('done');
  expect(stdout).not.toContain('reached');
  expect(manifest(hostProgram())).toEqual(before);
});

test('A start hook inside cannot overwrite the program that runs it', async (scope) => {
  const before = manifest(hostProgram());
  const foo = scope.container({ config: ['lxc.hook.start = /hook'] });
  foo.script('hook', `${overwriting(foo, 1)} > /out/seen`);
  await foo.start();
  expect(foo.read('out/seen')).toContain('done');
  expect(foo.read('out/seen')).not.toContain('reached');
  expect(manifest(hostProgram())).toEqual(before);
});

/** A shell with descriptors that it forgot to close. */
function leaky(verb: string, args: readonly string[]): Promise<{ stdout: string; status: number }> {
  const command = [join(binDir, `lxc-${verb}`), ...args].map((word) => `'${word}'`).join(' ');
  return run('sh', ['-c', `exec 7</etc/hostname 8</ 9<>/dev/null; ${command}`]);
}

const ownStream = /^[012] (?:\/dev\/|pipe:|socket:|\/dev\/pts\/|\/)/;

function foreign(text: string): string[] {
  const lines = text.replaceAll('\r', '').trim().split('\n');
  return lines.filter((line) => line !== '' && !ownStream.test(line));
}

test('No descriptor of the host is open inside: init, hook, attached command, command of lxc-execute', async (scope) => {
  const foo = scope.container({ config: ['lxc.hook.start = /hook', 'lxc.pty.max = 4'] });
  copyFileSync(attacker(), join(foo.rootfs, 'attacker'));
  foo.script('hook', '/attacker descriptors > /out/hook');
  foo.script('init', '/attacker descriptors > /out/init; exec sleep 1000');
  foo.configure('lxc.init.cmd = /init');
  expect((await leaky('start', ['-n', foo.name, '-d'])).status).toBe(0);
  const init = await foo.initPid();
  const isAsleep = () => readFileSync(`/proc/${init}/cmdline`, 'utf8').includes('1000');
  await eventually(isAsleep, 'init has written down what it has and sleeps');
  expect(foreign(foo.read('out/hook') ?? 'none')).toEqual([]);
  expect(foreign(foo.read('out/init') ?? 'none')).toEqual([]);
  const attached = await leaky('attach', ['-n', foo.name, '--', '/attacker', 'descriptors']);
  expect(foreign(attached.stdout)).toEqual([]);
  const open = (await run('sh', ['-c', `ls /proc/${init}/fd`])).stdout.trim().split('\n');
  expect(open.filter((fd) => Number(fd) > 2)).toEqual([]);
  await foo.stop();
  const executed = await leaky('execute', ['-n', foo.name, '--', '/attacker', 'descriptors']);
  expect(foreign(executed.stdout)).toEqual([]);
});

testOurs('A refused path is named with the link in it', 'its own words', async (scope) => {
  const out = victim(scope);
  const foo = scope.container({ config: [`lxc.mount.entry = ${source} srv/dir tmpfs defaults 0 0`] });
  link(foo, 'srv', out.path);
  const { stderr } = await foo.run('start', ['-d']);
  expect(stderr).toContain('/srv is a symbolic link; paths below the root file system follow no links');
  expect(lstatSync(join(foo.rootfs, 'srv')).isSymbolicLink()).toBe(true);
  expect(readFileSync(`${out.path}/file`, 'utf8')).toBe('of the host');
});
