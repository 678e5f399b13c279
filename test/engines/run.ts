/**
 * Runs containers of Docker and Podman with the proc view: `npm run test:engines [vitest arguments]`, as root, after
 * `npm run build`. Engines that are not installed are installed with apt-get; what cannot be had is skipped, with the
 * reason.
 *
 * The engines live in mount and pid namespaces of their own, with their data in a temporary directory and with empty
 * /run, /etc/docker and so on: the machine's engines are neither seen nor touched, and nothing outlives the run.
 */

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { binDir } from '../system/harness/commands.ts';
import { hideViews, ownDirectory, runRing } from '../system/harness/own.ts';
import { hierarchies } from '../system/harness/world.ts';
import { engines } from './engine.ts';

const self = fileURLToPath(import.meta.url);

process.exitCode = process.env.LXC_TS_ENGINES === undefined ? enterWorld() : runInside();

function enterWorld(): number {
  if (process.getuid?.() !== 0) {
    process.stderr.write('The tests with engines start real containers; run them as root\n');
    return 1;
  }
  if (!existsSync(join(binDir, 'lxcfs'))) {
    process.stderr.write('There is no bin/lxcfs; run npm run build\n');
    return 1;
  }
  installMissing();
  const dir = mkdtempSync(join(tmpdir(), 'lxc-ts-engines-'));
  const spaces = ['--mount', '--pid', '--fork', '--kill-child', '--mount-proc', '--propagation', 'private'];
  try {
    const args = [...spaces, process.execPath, self, ...process.argv.slice(2)];
    const env = { ...process.env, LXC_TS_ENGINES: dir };
    return spawnSync('unshare', args, { stdio: 'inherit', env }).status ?? 1;
  } finally {
    rmSync(dir, { recursive: true, force: true });
    removeCgroups(dir.slice(tmpdir().length + 1));
  }
}

function runInside(): number {
  hideViews();
  const hooks = '/usr/share/containers/oci/hooks.d';
  for (const dir of ['/run', '/var/lib/lxcfs', '/etc/docker', '/etc/cdi', hooks]) ownDirectory(dir);
  for (const { name, missing } of Object.values(engines))
    if (missing !== undefined) process.stdout.write(`Without ${name}: ${missing}\n`);
  return runRing('engines', process.argv.slice(2));
}

/** A test says what is still missing. */
function installMissing(): void {
  const packages = { dockerd: 'docker.io', podman: 'podman', runc: 'runc' };
  const missing = Object.entries(packages)
    .filter(([program]) => spawnSync(program, ['--version'], { stdio: 'ignore' }).error !== undefined)
    .map(([, name]) => name);
  if (missing.length === 0) return;
  process.stdout.write(`Installing ${missing.join(' ')}\n`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  for (const args of [['update'], ['install', '-y', '--no-install-recommends', ...missing]]) {
    const { error, stderr } = spawnSync('apt-get', ['-qq', ...args], { env, encoding: 'utf8' });
    if (error !== undefined || stderr !== '') process.stderr.write(`apt-get: ${error?.message ?? stderr}\n`);
  }
}

/** The engines put all their containers below one of this name. */
function removeCgroups(name: string): void {
  for (const hierarchy of hierarchies()) {
    const top = join(hierarchy, name);
    const below = spawnSync('find', [top, '-depth', '-type', 'd'], { encoding: 'utf8' }).stdout;
    for (const group of below.split('\n').filter((line) => line !== '')) rmdirSync(group);
  }
}
