/** The root file systems of the run: Debian, the same with mapped ids, and layers with the programs of other inits. */

import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { binDir } from '../system/harness/commands.ts';

/** Debian's packages that are laid over Debian, by the init that they make. */
const layers = {
  'dumb-init': ['dumb-init'],
  finit: ['finit', 'finit-sysv', 'libite5', 'libuev3'],
  openrc: ['libeinfo1', 'librc1', 'openrc'],
  runit: ['runit', 'runit-init'],
  sysvinit: ['sysvinit-core'],
  tini: ['tini'],
} as const;

export type Layer = keyof typeof layers;

/** Halts and reboots as LXC's templates have always had it. */
const inittab = `id:2:initdefault:
l0:0:wait:/sbin/halt -d -f -n
l6:6:wait:/sbin/reboot -d -f -n
p0::powerfail:/sbin/init 0
p6::ctrlaltdel:/sbin/init 6
`;

/** What ids 0 to 65535 of a mapped container are outside. */
export const firstId = 100_000;

interface Step {
  readonly name: string;
  /** Without a network there is no Debian; everything else that fails is a failure. */
  readonly fetches: boolean;
  make(path: string): void;
}

/** Makes what is not there yet in `trees`; answers why it cannot be had. */
export function buildTrees(trees: string): string | undefined {
  const steps: readonly Step[] = [
    { name: 'debian', fetches: true, make: (path) => debootstrap(path, packageCache(trees)) },
    { name: 'mapped', fetches: false, make: (path) => copyMapped(join(trees, 'debian'), path) },
    { name: 'layers', fetches: true, make: unpackLayers },
    { name: 'template', fetches: true, make: (path) => keepForTemplate(path, join(trees, 'cache')) },
  ];
  for (const { name, fetches, make } of steps) {
    const path = join(trees, name);
    if (existsSync(path)) continue;
    const partial = `${path}.partial`;
    rmSync(partial, { recursive: true, force: true });
    try {
      make(partial);
    } catch (error) {
      if (!fetches) throw error;
      return error instanceof Error ? error.message : String(error);
    }
    renameSync(partial, path);
  }
  return undefined;
}

/** Where the template `debian` keeps packages under LXC_CACHE_PATH=`trees`/cache, so that nothing is fetched twice. */
function packageCache(trees: string): string {
  const path = resolve(trees, 'cache/debian/archives');
  mkdirSync(path, { recursive: true });
  return path;
}

/** The world of the tests has no network: there the template takes what it keeps in its cache now. */
function keepForTemplate(path: string, cache: string): void {
  const rootfs = join(path, 'rootfs');
  mkdirSync(rootfs, { recursive: true });
  writeFileSync(join(path, 'config'), '');
  const template = join(binDir, '../templates/lxc-debian');
  must('env', [`LXC_CACHE_PATH=${cache}`, template, '--name', 'kept', '--path', path, '--rootfs', rootfs]);
  rmSync(rootfs, { recursive: true });
}

/** In a mount namespace of its own: it mounts /proc inside for the time of the installation. */
function debootstrap(path: string, cache: string): void {
  const { site, codename } = mirror();
  const include = '--include=dbus,systemd-sysv';
  const args = ['--variant=minbase', include, `--cache-dir=${cache}`, codename, path, site];
  must('unshare', ['--mount', '--propagation', 'private', 'debootstrap', ...args]);
  // Debian needs a network for them, and time.
  rmSync(join(path, 'var/cache/apt/archives'), { recursive: true, force: true });
}

/** Where apt gets Debian itself from. */
function mirror(): { readonly site: string; readonly codename: string } {
  const release = /^VERSION_CODENAME=(.*)$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1];
  const format = '$(ORIGIN) $(CODENAME) $(SITE)';
  const targets = must('apt-get', ['indextargets', '--format', format, 'Created-By: Packages']);
  const sites = targets.split('\n').map((line) => line.split(' '));
  const found = sites.find(([origin, codename]) => origin === 'Debian' && codename === release);
  const [, codename = '', site = ''] = found ?? [];
  if (site === '') throw new Error(`apt knows no mirror for Debian ${release}`);
  return { site, codename };
}

/** Extracted by the mapped root, so that set-user-ID bits stay. */
function copyMapped(debian: string, path: string): void {
  mkdirSync(path);
  must('chown', [`${firstId}:${firstId}`, path]);
  const map = `b:0:${firstId}:65536`;
  const script = 'tar -C "$1" --exclude="./dev/*" -c . | "$2" -m "$3" -- tar -C "$4" -x -p --numeric-owner';
  must('sh', ['-euc', script, 'sh', debian, join(binDir, 'lxc-usernsexec'), map, path]);
}

function unpackLayers(path: string): void {
  const archives = join(path, 'archives');
  mkdirSync(archives, { recursive: true });
  download(archives);
  for (const [layer, packages] of Object.entries(layers))
    for (const name of packages) unpack(archives, name, join(path, layer));
  mkdirSync(join(path, 'sysvinit/etc'), { recursive: true });
  writeFileSync(join(path, 'sysvinit/etc/inittab'), inittab);
  rmSync(archives, { recursive: true });
}

function download(directory: string): void {
  const args = ['-qq', '-o', 'APT::Sandbox::User=root', 'download', ...Object.values(layers).flat()];
  try {
    must('apt-get', args, directory);
  } catch {
    must('apt-get', ['-qq', 'update']);
    must('apt-get', args, directory);
  }
}

/** /sbin and so on are links of Debian's, which a directory of a layer would hide. */
function unpack(archives: string, name: string, layer: string): void {
  const archive = readdirSync(archives).find((file) => file.startsWith(`${name}_`));
  must('dpkg-deb', ['--extract', join(archives, archive ?? name), layer]);
  for (const old of ['bin', 'lib', 'sbin'].map((one) => join(layer, one))) {
    if (!existsSync(old)) continue;
    cpSync(old, old.replace(/(?=[^/]*$)/, 'usr/'), { recursive: true, verbatimSymlinks: true });
    rmSync(old, { recursive: true });
  }
}

function must(file: string, args: readonly string[], cwd?: string): string {
  const done = spawnSync(file, args, { encoding: 'utf8', cwd, maxBuffer: 1 << 26 });
  if (done.status === 0) return done.stdout;
  const why = done.error?.message ?? (done.stderr.trim() || done.stdout.trim().split('\n').at(-1));
  throw new Error(`Failed to run ${file} ${args.join(' ')}: ${why}`);
}
