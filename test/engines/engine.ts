/**
 * Docker and Podman as this run has them: their data in its own directory, and with what hosts without cgroup v2, a
 * network or CAP_SYS_RESOURCE need.
 */

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { finished, type Result, run, start } from '../system/harness/commands.ts';
import { eventually } from '../system/harness/eventually.ts';

export interface Engine {
  readonly name: 'docker' | 'podman';
  /** Why it cannot be tested here. */
  readonly missing: string | undefined;
  /** With the image of this run; ends when nothing of it is left. */
  start(): Promise<() => Promise<void>>;
  /** A command of the engine's. */
  run(...args: readonly string[]): Promise<Result>;
  /** Arguments of `run` in front of the image: 256 MiB and CPU 0. */
  readonly limits: readonly string[];
}

export const image = 'oci-busybox';

/** Goes at the end of the run. */
export const directory = process.env.LXC_TS_ENGINES ?? '/nonexistent';
const cgroup = `/${basename(directory)}`;
const limits = ['--network', 'none', '-m', '256m', '--cpuset-cpus', '0'];

function missingOf(program: string): string | undefined {
  const { error } = spawnSync(program, ['--version'], { stdio: 'ignore' });
  return error === undefined ? undefined : `${program} is not installed`;
}

/** There is no registry: a busybox and its names. */
async function makeImage(): Promise<string> {
  const [root, archive] = [join(directory, 'image'), join(directory, 'image.tar')];
  if (existsSync(archive)) return archive;
  mkdirSync(join(root, 'bin'), { recursive: true });
  await must('cp', [(await must('sh', ['-c', 'command -v busybox'])).stdout.trim(), join(root, 'bin')]);
  for (const name of ['sh', 'cat', 'head', 'sleep']) symlinkSync('busybox', join(root, 'bin', name));
  await must('tar', ['-C', root, '-cf', archive, '.']);
  return archive;
}

export async function must(file: string, args: readonly string[]): Promise<Result> {
  return expectSuccess([file, ...args].join(' '), await run(file, args, { timeoutMs: 300_000 }));
}

export function expectSuccess(what: string, result: Result): Result {
  if (result.status !== 0) throw new Error(`${what} ended with ${result.status}: ${result.stderr}`);
  return result;
}

const podman: Engine = {
  name: 'podman',
  missing: missingOf('podman') ?? missingOf('runc'),
  async start() {
    await must('podman', [...podmanOptions, 'import', await makeImage(), image]);
    return () => Promise.resolve();
  },
  run: (...args) => run('podman', [...podmanOptions, ...args], { timeoutMs: 300_000 }),
  limits: [
    ...limits,
    ...['--cgroup-parent', cgroup, '--ulimit', 'nofile=1024:1024', '--ulimit', 'nproc=1000:1000'],
  ],
};

const podmanOptions = [
  ...['--root', join(directory, 'podman'), '--runroot', '/run/podman', '--tmpdir', '/run/libpod'],
  ...[
    '--storage-driver',
    'vfs',
    '--runtime',
    'runc',
    '--cgroup-manager',
    'cgroupfs',
    '--events-backend',
    'none',
  ],
];

const socket = 'unix:///run/docker.sock';
/** One of another version may be in front of that of the package. */
const client = existsSync('/usr/bin/docker') ? '/usr/bin/docker' : 'docker';

const docker: Engine = {
  name: 'docker',
  missing: missingOf('dockerd') ?? missingOf(client),
  async start() {
    const daemon = start('dockerd', [
      ...[
        '--data-root',
        join(directory, 'docker'),
        '--exec-root',
        '/run/docker',
        '--pidfile',
        '/run/docker.pid',
      ],
      ...['--host', socket, '--bridge', 'none', '--iptables=false', '--storage-driver', 'vfs'],
      ...['--cgroup-parent', cgroup, '--default-ulimit', 'nofile=1024:1024'],
    ]);
    const end = finished(daemon, 'dockerd', { timeoutMs: 600_000 });
    const isReady = async () => (await docker.run('version')).status === 0;
    await eventually(isReady, 'dockerd answers', 60_000);
    expectSuccess('docker import', await docker.run('import', await makeImage(), image));
    return async () => {
      daemon.kill('SIGTERM');
      await end;
    };
  },
  run: (...args) => run(client, ['--host', socket, ...args], { timeoutMs: 300_000 }),
  limits,
};

export const engines = { docker, podman };
