/** The root file system that every test container is hard-linked from: a static busybox and the probes. */

import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  linkSync,
  mkdirSync,
  readdirSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

/** Built once a run by {@link buildRootfs}, on the same file system as the containers. */
export const rootfsTemplate = '/var/lib/lxc/.template';

/** What the container itself sees and may do; `probe.c`, `forbidden.c`. */
const probes = ['probe', 'forbidden'];

/** What runs outside, beside the containers; `proxy.c`. */
const tools = ['proxy'];

const directories = [
  'bin',
  'dev',
  'etc',
  'mnt',
  'out',
  'proc',
  'root',
  'sbin',
  'srv',
  'sys',
  'tmp',
  'usr',
  'var',
];
const applets = [
  'sh',
  'true',
  'false',
  'cat',
  'echo',
  'sleep',
  'hostname',
  'id',
  'env',
  'ls',
  'mkdir',
  'kill',
  'reboot',
  'pwd',
];
const moreApplets = [
  'stat',
  'stty',
  'tty',
  'touch',
  'head',
  'ip',
  'poweroff',
  'readlink',
  'mount',
  'umount',
  'dd',
  'dirname',
  'test',
];

/** `sources` has the C files of {@link probes} and {@link tools}. */
export function buildRootfs(sources: string): void {
  for (const dir of directories) mkdirSync(join(rootfsTemplate, dir), { recursive: true });
  for (const program of [...probes, ...tools])
    compile(join(sources, `${program}.c`), join(rootfsTemplate, program));
  copyFileSync(findBusybox(), join(rootfsTemplate, 'bin/busybox'));
  chmodSync(join(rootfsTemplate, 'bin/busybox'), 0o755);
  for (const applet of [...applets, ...moreApplets])
    symlinkSync('busybox', join(rootfsTemplate, 'bin', applet));
  writeFileSync(
    join(rootfsTemplate, 'etc/passwd'),
    'root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000:user:/tmp:/bin/sh\n',
  );
  writeFileSync(join(rootfsTemplate, 'etc/group'), 'root:x:0:\nuser:x:1000:\n');
  chmodSync(join(rootfsTemplate, 'tmp'), 0o1777);
}

function compile(source: string, program: string): void {
  const args = ['-static', '-Os', '-Wall', '-o', program, source];
  const compiled = spawnSync('musl-gcc', args, { encoding: 'utf8' });
  if (compiled.status !== 0)
    throw new Error(`Failed to build ${source}: ${compiled.error ?? compiled.stderr}`);
}

/** A root file system of its own at `target`: directories and links anew, the binaries shared. */
export function copyRootfs(target: string): void {
  for (const dir of directories) mkdirSync(join(target, dir), { recursive: true });
  chmodSync(join(target, 'tmp'), 0o1777);
  chmodSync(join(target, 'out'), 0o777);
  for (const probe of probes) linkSync(join(rootfsTemplate, probe), join(target, probe));
  linkSync(join(rootfsTemplate, 'bin/busybox'), join(target, 'bin/busybox'));
  for (const applet of [...applets, ...moreApplets]) symlinkSync('busybox', join(target, 'bin', applet));
  for (const file of readdirSync(join(rootfsTemplate, 'etc'))) {
    copyFileSync(join(rootfsTemplate, 'etc', file), join(target, 'etc', file));
  }
}

export function findBusybox(): string {
  for (const dir of ['/bin', '/usr/bin']) {
    const path = join(dir, 'busybox');
    const linked = spawnSync('file', ['-L', path], { encoding: 'utf8' }).stdout ?? '';
    if (linked === '' || linked.includes('statically')) return path;
  }
  throw new Error('A static busybox is needed; install busybox-static');
}
