/**
 * Boots Debian's systemd and other inits: `npm run test:boot [vitest arguments]`, as root, after `npm run build`.
 *
 * A Debian root file system is made once, by debootstrap from the mirror that apt is set up for, and shared by all
 * containers as the lower layer of overlays. LXC_TS_BOOT_TREES=DIRECTORY keeps it for the next run. The world of the
 * tests is one of their own, as that of the system tests.
 */

import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { binDir } from '../system/harness/commands.ts';
import { hideViews, must, ownDirectory, ownFile, ownSysfs, runRing } from '../system/harness/own.ts';
import { digits } from '../system/harness/run-prefix.ts';
import { buildTrees } from './trees.ts';

const self = fileURLToPath(import.meta.url);

process.exitCode = process.env.LXC_TS_SYSTEM_RUN === undefined ? enterWorld() : runInside();

function enterWorld(): number {
  if (process.getuid?.() !== 0) {
    process.stderr.write('The tests that boot start real containers; run them as root\n');
    return 1;
  }
  if (!existsSync(join(binDir, 'lxc-start'))) {
    process.stderr.write('There is no bin/lxc-start; run npm run build\n');
    return 1;
  }
  const kept = process.env.LXC_TS_BOOT_TREES;
  const trees = kept ?? mkdtempSync(join(tmpdir(), 'lxc-ts-boot-'));
  mkdirSync(trees, { recursive: true });
  // The root of a mapped container has to find his way in.
  if (kept === undefined) chmodSync(trees, 0o711);
  try {
    const missing = buildTrees(trees);
    if (missing !== undefined) process.stdout.write(`Without a Debian to boot: ${missing}\n`);
    return inWorld({ LXC_TS_BOOT_TREES: trees, LXC_TS_BOOT_MISSING: missing ?? '' });
  } finally {
    if (kept === undefined) rmSync(trees, { recursive: true, force: true });
  }
}

function inWorld(extra: Readonly<Record<string, string>>): number {
  const spaces = ['--mount', '--net', '--propagation', 'private'];
  const env = {
    ...process.env,
    ...extra,
    LXC_TS_SYSTEM_RUN: digits(process.pid),
    LXC_TS_DAEMON_IDLE: '5',
  };
  const args = [...spaces, process.execPath, self, ...process.argv.slice(2)];
  return spawnSync('unshare', args, { stdio: 'inherit', env }).status ?? 1;
}

function runInside(): number {
  hideViews();
  for (const dir of ['/etc/lxc', '/var/lib/lxc', '/var/lib/lxcfs', '/var/log/lxc', '/run']) ownDirectory(dir);
  ownSysfs();
  for (const file of ['/etc/subuid', '/etc/subgid']) ownFile(file, 'root:100000:65536\n');
  must('ip', ['link', 'set', 'lo', 'up']);
  try {
    return runRing('boot', process.argv.slice(2));
  } finally {
    spawnSync(join(binDir, 'lxcd'), ['--stop'], { stdio: 'ignore' });
  }
}
