/** The facts that a plan needs, read from the kernel: only what the configuration at hand makes necessary. */

import { existsSync, readFileSync, type Stats } from 'node:fs';
import { release } from 'node:os';
import { dirname } from 'node:path';
import { draw } from '../base/draw.ts';
import { Grounds } from '../base/grounds.ts';
import { textIfThere } from '../base/text-file.ts';
import { type Config, parseDeviceRule } from '../config/index.ts';
import { consoleFiles } from '../plan/check.ts';
import type { HostFacts, PathFact } from '../plan/facts.ts';
import { type NamespaceName, namespaceFlags, sharedUser } from '../plan/namespaces.ts';
import type { StartRequest } from '../plan/request.ts';
import { rootfsOf, trimSlashes } from '../plan/rootfs.ts';
import { storagePaths } from '../plan/storage/index.ts';
import { gatherCgroups } from './cgroups.ts';
import { idFacts, sharedIds } from './ids.ts';
import { lsmFacts } from './lsm.ts';
import { isShared } from './mountinfo.ts';
import { readNetworkFacts } from './network.ts';
import { findView } from './proc-view.ts';
import { seccompFacts } from './seccomp.ts';
import { readStorage } from './storage.ts';

export function gatherFacts(
  config: Config,
  request: StartRequest,
  grounds: Grounds = new Grounds(),
): HostFacts {
  const mountinfo = readFileSync('/proc/self/mountinfo', 'utf8');
  grounds.holds('/proc/self/mountinfo', mountinfo);
  // Of the network, all that a configuration whose grounds count can ask.
  grounds.exists('/proc/sys/net/ipv6');
  return {
    ...kernelFacts(),
    ids: idFacts(request),
    sharedIds: sharedIds(sharedUser({ config, request })),
    cgroups: gatherCgroups(config, request, mountinfo, grounds),
    view: config.value('lxcts.lxcfs') === 'off' ? undefined : findView(mountinfo),
    paths: gatherPaths(config, request, grounds),
    sharedPaths: gatherShared(config, mountinfo),
    files: gatherFiles(config, grounds),
    storage: gatherStorage(config, request, grounds),
    seccomp: seccompFacts(config, request.cwd, request.pid),
    lsm: lsmFacts(config, request, grounds),
    network: readNetworkFacts(config.nets, request),
    draw,
  };
}

/** What a root file system depends on where nothing is started. */
export function gatherRoot(
  config: Config,
  request: Pick<StartRequest, 'uid' | 'gid' | 'env' | 'rootfsMount'>,
): Pick<HostFacts, 'ids' | 'paths' | 'storage'> {
  const rootfs = config.one('lxc.rootfs.path')?.value;
  return {
    ids: idFacts(request),
    paths: pathFacts(rootfs === undefined ? [] : storagePaths(rootfsOf(rootfs)), new Grounds()),
    storage: readStorage(config, request),
  };
}

type KernelFacts = Pick<HostFacts, 'namespaces' | 'lastCapability' | 'kernel'>;

let kernel: KernelFacts | undefined;

/** What cannot change while the kernel runs is read once. */
function kernelFacts(): KernelFacts {
  kernel ??= {
    namespaces: new Set(Object.keys(namespaceFlags).filter(isNamespace)),
    lastCapability: Number(readFileSync('/proc/sys/kernel/cap_last_cap', 'utf8')),
    kernel: kernelVersion(release()),
  };
  return kernel;
}

/** `6.1.0-18-amd64`. */
function kernelVersion(text: string): readonly [number, number] {
  const [major, minor] = text.split(/[.-]/).map(Number);
  return [major ?? 0, minor ?? 0];
}

function isNamespace(name: string): name is NamespaceName {
  return name in namespaceFlags && existsSync(`/proc/self/ns/${name}`);
}

function gatherPaths(config: Config, request: StartRequest, grounds: Grounds): ReadonlyMap<string, PathFact> {
  const rootfs = config.one('lxc.rootfs.path')?.value;
  const mount = config.value('lxc.rootfs.mount') ?? request.rootfsMount;
  const asked = [
    ...(rootfs === undefined ? [] : [...storagePaths(rootfsOf(rootfs)), trimSlashes(mount)]),
    ...devicePaths(config),
    ...consoleFiles(config).flatMap(({ file }) => [file, dirname(file)]),
  ];
  return pathFacts(asked, grounds);
}

function pathFacts(asked: readonly string[], grounds: Grounds): ReadonlyMap<string, PathFact> {
  const found = asked.flatMap((path): [string, PathFact][] => {
    const stats = statOf(path, grounds);
    return stats === undefined ? [] : [[path, pathFact(stats)]];
  });
  return new Map(found);
}

function devicePaths(config: Config): readonly string[] {
  return config.family('lxc.cgroup', 'lxc.cgroup2').flatMap(({ name, value }) => {
    if (!name.startsWith('devices.') || !value.startsWith('/')) return [];
    const rule = parseDeviceRule(value);
    return rule.kind === 'path' ? [rule.path] : [];
  });
}

/** What an image or a device holds is looked at anew each time. */
function gatherStorage(config: Config, request: StartRequest, grounds: Grounds): HostFacts['storage'] {
  const storage = readStorage(config, request);
  if (storage !== undefined) grounds.spoil();
  return storage;
}

function gatherShared(config: Config, mountinfo: string): ReadonlySet<string> {
  const wishes = config.many('lxc.mount.auto').flatMap(({ value }) => value);
  const hosts = wishes.flatMap((mount) => (mount.what === 'shmounts' ? [mount.host] : []));
  return new Set(hosts.filter((path) => isShared(mountinfo, path)));
}

function gatherFiles(config: Config, grounds: Grounds): ReadonlyMap<string, string> {
  const path = config.value('lxc.mount.fstab');
  const text = path === undefined ? undefined : textIfThere(path);
  if (path !== undefined) grounds.holds(path, text);
  return new Map(path === undefined || text === undefined ? [] : [[path, text]]);
}

function statOf(path: string, grounds: Grounds): Stats | undefined {
  try {
    return grounds.stat(path);
  } catch {
    grounds.spoil();
    return undefined;
  }
}

function pathFact(stats: Stats): PathFact {
  return {
    kind: kindOf(stats),
    device: stats.isCharacterDevice() || stats.isBlockDevice() ? deviceOf(stats.rdev) : undefined,
  };
}

function kindOf(stats: Stats): PathFact['kind'] {
  if (stats.isDirectory()) return 'directory';
  if (stats.isFile()) return 'file';
  if (stats.isCharacterDevice()) return 'character';
  return stats.isBlockDevice() ? 'block' : 'other';
}

function deviceOf(rdev: number): { major: number; minor: number } {
  const bits = BigInt(rdev);
  const major = ((bits >> 8n) & 0xfffn) | ((bits >> 32n) & 0xffff_f000n);
  const minor = (bits & 0xffn) | ((bits >> 12n) & 0xffff_ff00n);
  return { major: Number(major), minor: Number(minor) };
}
