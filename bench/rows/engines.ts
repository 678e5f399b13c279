/**
 * The other container managers, each as its own commands run it: OCI runtimes, Podman, systemd-nspawn. Same root file
 * system, same namespaces, a cgroup of its own, a network namespace with nothing in it.
 */

import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cgroupLayout } from '../machine.ts';
import { absence } from '../needs.ts';
import { run } from '../run.ts';
import { makeRootfs, type Side, type World } from '../world.ts';
import { command } from './lxc.ts';
import { type Row, type Step, timed } from './row.ts';

const cgroups = '/sys/fs/cgroup';
const startAndStop = (world: World): readonly Step[] => [
  timed(...command('a', world, 'lxc-start', '-d')),
  timed(...command('a', world, 'lxc-stop', '-k')),
];

// ---- OCI runtimes ----

const ociMounts = [
  { destination: '/proc', type: 'proc', source: 'proc' },
  { destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'mode=755'] },
  {
    destination: '/dev/pts',
    type: 'devpts',
    source: 'devpts',
    options: ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620'],
  },
  { destination: '/dev/shm', type: 'tmpfs', source: 'shm', options: ['nosuid', 'nodev'] },
  { destination: '/sys', type: 'sysfs', source: 'sysfs', options: ['nosuid', 'noexec', 'nodev', 'ro'] },
  {
    destination: '/sys/fs/cgroup',
    type: 'cgroup',
    source: 'cgroup',
    options: ['nosuid', 'noexec', 'nodev', 'ro'],
  },
];

const ociConfig = (world: World, name: string) => ({
  ociVersion: '1.0.2',
  hostname: name,
  root: { path: world.rootfs, readonly: false },
  process: {
    terminal: false,
    user: { uid: 0, gid: 0 },
    cwd: '/',
    env: ['PATH=/bin'],
    args: ['/bin/sleep', '100000'],
  },
  mounts: ociMounts,
  linux: {
    cgroupsPath: `/bench-${name}`,
    namespaces: ['pid', 'network', 'ipc', 'uts', 'mount', 'cgroup'].map((type) => ({ type })),
  },
});

function bundle(world: World, name: string): Disposable {
  mkdirSync(join(world.root, name));
  writeFileSync(join(world.root, name, 'config.json'), JSON.stringify(ociConfig(world, name)));
  return {
    [Symbol.dispose]: () => {
      // One that a failed round has left.
      const [, end] = ociSteps(world, name);
      spawnSync(end?.argv[0] ?? name, end?.argv.slice(1) ?? [], { stdio: 'ignore' });
      rmSync(join(world.root, name), { recursive: true });
      removeCgroups(`bench-${name}`);
    },
  };
}

/** crun refuses hosts that have both kinds of cgroups; in a mount namespace of its own this one has v1 only. */
function withoutUnified(world: World): readonly string[] {
  if (cgroupLayout() !== 'hybrid') return [];
  const script = new URL('v1-only.sh', import.meta.url).pathname;
  const own = [script, join(world.root, 'cgroups'), join(world.ours, 'lxcd')];
  return ['unshare', '--mount', '--propagation', 'private', ...own];
}

function runtime(name: string, target?: Row['target']): Row {
  return {
    name,
    title: '`lxc-start -d` + `lxc-stop -k`',
    peer: `${name} \`run -d\` + \`delete -f\``,
    share: 0.5,
    ...(target === undefined ? {} : { target }),
    missing: () => absence(name),
    within: withoutUnified,
    prepare: (world) => bundle(world, name),
    steps: (side, world) => (side === 'a' ? startAndStop(world) : ociSteps(world, name)),
  };
}

function ociSteps(world: World, name: string): readonly Step[] {
  const directory = join(world.root, name);
  const words = [name, '--root', join(directory, 'state')];
  return [
    timed(...words, 'run', '-d', '--bundle', directory, `bench-${name}`),
    timed(...words, 'delete', '-f', `bench-${name}`),
  ];
}

// ---- Podman ----

/** No journal and no shared memory of the machine; limits that need no CAP_SYS_RESOURCE. */
const containersConf = `[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1000:1000"]
[engine]
cgroup_manager = "cgroupfs"
events_logger = "none"
lock_type = "file"
`;

function podman(world: World, ...args: string[]): Step {
  const directory = join(world.root, 'podman');
  const own = ['root', 'runroot', 'tmpdir', 'volumepath'].flatMap((name) => [
    `--${name}`,
    join(directory, name),
  ]);
  const conf = `CONTAINERS_CONF=${join(directory, 'containers.conf')}`;
  return timed('env', conf, 'podman', ...own, '--storage-driver', 'vfs', '--runtime', 'runc', ...args);
}

const podmanRow: Row = {
  name: 'podman',
  title: '`lxc-start -d` + `lxc-stop -k`',
  peer: 'Podman `run -d` + `rm -f`',
  share: 0.2,
  missing: () => absence('podman') ?? absence('runc'),
  prepare: (world) => {
    mkdirSync(join(world.root, 'podman'));
    writeFileSync(join(world.root, 'podman/containers.conf'), containersConf);
    return {
      [Symbol.dispose]: () => {
        run(world, podman(world, 'rm', '-a', '-f', '-t', '0').argv);
        removeCgroups('bench-podman');
      },
    };
  },
  steps: (side, world) => {
    if (side === 'a') return startAndStop(world);
    const options = ['--name', 'bench-podman', '--network', 'none', '--cgroup-parent', '/bench-podman'];
    return [
      podman(world, 'run', '-d', ...options, '--rootfs', world.rootfs, '/bin/sleep', '100000'),
      podman(world, 'rm', '-f', '-t', '0', 'bench-podman'),
    ];
  },
};

// ---- systemd-nspawn ----

const machine = 'bench-nspawn';

const nspawnRow: Row = {
  name: 'nspawn',
  title: '`lxc-execute -- true`',
  peer: 'systemd-nspawn `true`',
  share: 0.2,
  missing: () => absence('systemd-nspawn'),
  prepare: (world) => {
    makeRootfs(join(world.root, machine));
    // It looks for this to know a system by.
    mkdirSync(join(world.root, machine, 'usr'));
    return {
      [Symbol.dispose]: () => {
        // It leaves this behind where systemd is not pid 1.
        rmSync(join('/run/systemd/nspawn/propagate', machine), { recursive: true, force: true });
        removeCgroups(machine);
      },
    };
  },
  steps: (side: Side, world: World) => {
    if (side === 'a') return [timed(...command('a', world, 'lxc-execute', '--', '/bin/true'))];
    // Neither a unit nor a registration: both ask a systemd that need not be there.
    const options = ['--quiet', '--register=no', '--keep-unit', '--private-network'];
    const directory = join(world.root, machine);
    return [timed('systemd-nspawn', ...options, '-M', machine, '-D', directory, '/bin/true')];
  },
};

/** Directories of that name in every hierarchy, with what is below them. */
function removeCgroups(name: string): void {
  const hierarchies = readdirSync(cgroups, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  for (const { name: hierarchy } of hierarchies) removeCgroup(join(cgroups, hierarchy, name));
  removeCgroup(join(cgroups, name));
}

function removeCgroup(directory: string): void {
  try {
    const below = readdirSync(directory, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    for (const { name } of below) removeCgroup(join(directory, name));
    rmdirSync(directory);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
  }
}

export const engineRows: readonly Row[] = [
  runtime('crun', { hot: 0.3, idle: 0.3 }),
  runtime('runc'),
  podmanRow,
  nspawnRow,
];
