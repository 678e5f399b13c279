/**
 * Packs the project, installs the package for the machine and for a program, and runs the tests of both:
 * `npm run test:package [vitest arguments]`, as root. What npm needs comes from its registry, as configured.
 *
 * The tests run in a world of their own, as the system tests do: nothing of the machine's containers is seen.
 */

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hideViews, must, ownDirectory, runRing } from '../system/harness/own.ts';

const self = fileURLToPath(import.meta.url);
const project = resolve(self, '../../..');
const place = process.env.LXC_TS_PACKAGE;

process.exitCode = place === undefined ? installAndEnter() : runInside(place);

function installAndEnter(): number {
  if (process.getuid?.() !== 0) {
    process.stderr.write('The tests of the package start real containers; run them as root\n');
    return 1;
  }
  const dir = mkdtempSync(join(tmpdir(), 'lxc-ts-package-'));
  try {
    install(dir);
    const spaces = ['--mount', '--net', '--propagation', 'private'];
    const args = [...spaces, process.execPath, self, ...process.argv.slice(2)];
    const env = { ...process.env, LXC_TS_PACKAGE: dir, LXC_TS_DAEMON_IDLE: '5' };
    return spawnSync('unshare', args, { stdio: 'inherit', env }).status ?? 1;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** `global` is a prefix with the commands, `program` a project that depends on the package. */
function install(dir: string): void {
  npm(project, ['pack', '--pack-destination', dir]);
  const archive = join(dir, readdirSync(dir).find((name) => name.endsWith('.tgz')) ?? '');
  npm(dir, ['install', '--global', '--prefix', join(dir, 'global'), archive]);
  const program = join(dir, 'program');
  mkdirSync(program);
  writeFileSync(join(program, 'package.json'), '{ "name": "program", "private": true, "type": "module" }\n');
  npm(program, ['install', '--omit=dev', archive]);
}

/** What it says is shown when it fails. */
function npm(cwd: string, args: readonly string[]): void {
  const done = spawnSync('npm', [...args, '--loglevel=error', '--no-audit', '--no-fund'], {
    cwd,
    encoding: 'utf8',
  });
  if (done.status !== 0)
    throw new Error(`npm ${args.join(' ')} ended with ${done.status}\n${done.stdout}${done.stderr}`);
}

function runInside(dir: string): number {
  hideViews();
  for (const path of ['/etc/lxc', '/var/lib/lxc', '/var/lib/lxcfs', '/var/log/lxc', '/run'])
    ownDirectory(path);
  must('ip', ['link', 'set', 'lo', 'up']);
  try {
    return runRing('package', process.argv.slice(2));
  } finally {
    spawnSync(join(dir, 'global/bin/lxcd'), ['--stop'], { stdio: 'ignore' });
  }
}
