/**
 * Runs the system tests in a world of their own: `node test/system/run.ts [vitest arguments]`, as root.
 *
 * The world is a mount and a network namespace with empty /etc/lxc, /var/lib/lxc, /var/lib/lxcfs, /var/log/lxc and
 * /run, so the machine's containers, daemons and links are neither seen nor touched, and it vanishes with its last process.
 * LXC_UNDER_TEST=/usr/bin runs the very same tests against the LXC installed there; LXC_TS_DAEMON=0 runs ours cold.
 */

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { binDir, underC } from './harness/commands.ts';
import { hideViews, must, ownDirectory, ownFile, ownSysfs, packagedDefault, runRing } from './harness/own.ts';
import { buildRootfs } from './harness/rootfs.ts';
import { digits } from './harness/run-prefix.ts';
import { ordinaryUser, passwdLine } from './harness/user.ts';
import { hierarchies } from './harness/world.ts';

const self = fileURLToPath(import.meta.url);
const project = resolve(self, '../../..');

process.exitCode = process.env.LXC_TS_SYSTEM_RUN === undefined ? enterWorld() : runInside();

function enterWorld(): number {
  if (process.getuid?.() !== 0) {
    process.stderr.write('The system tests start real containers; run them as root\n');
    return 1;
  }
  const run = digits(process.pid);
  const args = [
    '--mount',
    '--net',
    '--propagation',
    'private',
    process.execPath,
    self,
    ...process.argv.slice(2),
  ];
  const env = {
    ...process.env,
    LXC_TS_SYSTEM_RUN: run,
    LXC_TS_DAEMON_IDLE: process.env.LXC_TS_DAEMON_IDLE ?? '5',
  };
  const child = spawnSync('unshare', args, { stdio: 'inherit', env });
  return child.status ?? 1;
}

function runInside(): number {
  hideViews();
  const packaged = readFileSync('/etc/lxc/default.conf');
  for (const dir of ['/etc/lxc', '/var/lib/lxc', '/var/lib/lxcfs', '/var/log/lxc', '/run']) ownDirectory(dir);
  writeFileSync(packagedDefault, packaged);
  ownSysfs();
  // C LXC lets newuidmap decide, for root as well.
  for (const file of ['/etc/subuid', '/etc/subgid'])
    ownFile(file, `root:100000:200000\n${ordinaryUser.name}:400000:65536\n`);
  ownFile('/etc/passwd', `${readFileSync('/etc/passwd', 'utf8')}${passwdLine}\n`);
  must('ip', ['link', 'set', 'lo', 'up']);
  buildRootfs(join(project, 'test/system'));
  const pivots = hierarchies().map((top) => join(top, 'lxc.pivot'));
  const made = pivots.filter((pivot) => !existsSync(pivot));
  try {
    return runRing('system', process.argv.slice(2));
  } finally {
    if (!underC) spawnSync(join(binDir, 'lxcd'), ['--stop'], { stdio: 'ignore' });
    for (const pivot of made.filter((one) => existsSync(one))) removeUnused(pivot);
  }
}

/** Monitors that end go there, those of other containers on this machine too. */
function removeUnused(pivot: string): void {
  try {
    rmdirSync(pivot);
  } catch (error) {
    process.stderr.write(`${pivot} stays: ${error instanceof Error ? error.message : String(error)}\n`);
  }
}
