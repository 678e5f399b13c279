/** Containers of runc and crun: a bundle with our hook, and what its process prints. */

import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Result, run } from './commands.ts';
import { copyRootfs } from './rootfs.ts';
import type { Scope } from './scope.ts';

export interface BundleOptions {
  readonly argv: readonly string[];
  /** None where a wrapper adds it. */
  readonly stage?: 'createContainer' | 'createRuntime' | 'prestart';
  readonly wish?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly mounts?: readonly object[];
  /** In a user namespace that maps root to this id. */
  readonly rootId?: number;
}

export type Runtime = 'runc' | 'crun';

/** The helper where every user may run it, as an installation has it. */
export function installHelper(scope: Scope, name = 'lxc-ts'): string {
  const path = join(scope.directory(), name);
  chmodSync(join(path, '..'), 0o755);
  copyFileSync(resolve(import.meta.dirname, '../../../bin/lxc-ts'), path);
  return path;
}

const kinds = ['pid', 'ipc', 'uts', 'mount', 'network'];
const file = (type: string, destination: string, options: readonly string[]) => ({
  type,
  source: type,
  destination,
  options: ['nosuid', 'noexec', 'nodev', ...options],
});

/** A bundle for a container that may use 256 MiB and CPU 0. */
export function makeBundle(scope: Scope, options: BundleOptions): string {
  const bundle = scope.directory();
  const rootfs = join(bundle, 'rootfs');
  copyRootfs(rootfs);
  const { stage, wish, rootId } = options;
  if (rootId !== undefined) for (const path of [bundle, rootfs]) chownSync(path, rootId, rootId);
  const args = ['lxc-ts', '--oci-hook', stage ?? '', ...(wish === undefined ? [] : [wish])];
  const mapping = [{ containerID: 0, hostID: rootId, size: 65_536 }];
  const config = {
    ociVersion: '1.0.2',
    process: {
      user: { uid: 0, gid: 0 },
      args: options.argv,
      env: ['PATH=/bin'],
      cwd: '/',
    },
    root: { path: 'rootfs' },
    mounts: [
      file('proc', '/proc', []),
      file('sysfs', '/sys', ['ro']),
      { type: 'tmpfs', source: 'tmpfs', destination: '/dev', options: ['mode=755', 'size=64k'] },
      ...(options.mounts ?? []),
    ],
    annotations: options.annotations ?? {},
    ...(stage !== undefined && { hooks: { [stage]: [{ path: installHelper(scope), args }] } }),
    linux: {
      cgroupsPath: `/${scope.name()}`,
      resources: { memory: { limit: 256 * 1024 * 1024 }, cpu: { cpus: '0' } },
      namespaces: [...kinds, ...(rootId === undefined ? [] : ['user'])].map((type) => ({ type })),
      ...(rootId !== undefined && { uidMappings: mapping, gidMappings: mapping }),
    },
  };
  writeFileSync(join(bundle, 'config.json'), JSON.stringify(config));
  return bundle;
}

/** crun 1.8 cannot have cgroup v2 beside v1: it is started where v1 alone is mounted. */
const withoutV2 = `
for hierarchy in /sys/fs/cgroup/*; do
  name=\${hierarchy##*/}
  if [ "$name" != unified ] && mountpoint -q "$hierarchy"; then
    mkdir "$0/$name" && mount --bind "$hierarchy" "$0/$name"
  fi
done
mount --rbind "$0" /sys/fs/cgroup
exec "$@"`;

function isHybrid(): boolean {
  return readFileSync('/proc/self/mounts', 'utf8').includes(' /sys/fs/cgroup/unified cgroup2 ');
}

/** `runtime` may be a path to what stands in front of one. */
export async function runBundle(
  scope: Scope,
  runtime: Runtime,
  bundle: string,
  path = runtime as string,
): Promise<Result> {
  const state = scope.directory();
  const argv = [path, '--root', state, 'run', '--bundle', bundle, scope.name()];
  if (runtime === 'runc' || !isHybrid()) return await run(path, argv.slice(1));
  const place = scope.directory();
  const script = `mount -t tmpfs tmpfs "$0"${withoutV2}`;
  return await run('unshare', ['-m', '--propagation', 'private', 'sh', '-c', script, place, ...argv]);
}

export function isInstalled(runtime: Runtime): boolean {
  return spawnSync(runtime, ['--version'], { stdio: 'ignore' }).error === undefined;
}
