/**
 * What lxc-checkconfig looks at: the configuration that the kernel was built from and a few signs of the running
 * one. Reads files as any user may.
 */

import { accessSync, readFileSync, statSync } from 'node:fs';
import { release } from 'node:os';
import { gunzipSync } from 'node:zlib';
import { textIfReadable } from '../base/text-file.ts';

/** How an option of the kernel was built: into it, or as a module. */
export type Built = 'y' | 'm';

/** newuidmap and newgidmap make user namespaces useful to users other than root. */
export type IdMapTool = 'usable' | 'plain' | 'absent';

export interface KernelFacts {
  readonly options: ReadonlyMap<string, Built>;
  /** Of the configuration, which may be that of another kernel; the first two numbers. */
  readonly version: readonly [major: number, minor: number] | undefined;
  readonly cgroupNamespace: boolean;
  readonly cgroupV1: readonly string[];
  readonly cgroupV2: readonly string[];
  readonly cloneChildren: boolean;
  readonly newuidmap: IdMapTool;
  readonly newgidmap: IdMapTool;
  /** Names of loaded modules; `undefined` on a kernel without modules. */
  readonly loaded: ReadonlySet<string> | undefined;
}

export interface ConfigFile {
  readonly path: string;
  readonly text: string;
}

export const usualConfig = '/proc/config.gz';

/** The kernel's configuration: at `path`, or where distributions put it. */
export function findConfig(path: string): ConfigFile | undefined {
  const version = release();
  const candidates = [path, `/boot/config-${version}`, `/lib/modules/${version}/build/.config`];
  for (const candidate of candidates) {
    const text = readConfig(candidate);
    if (text !== undefined) return { path: candidate, text };
  }
  return undefined;
}

export function readKernelFacts(config: string, searchPath: string): KernelFacts {
  const mounts = textIfReadable('/proc/mounts') ?? '';
  const cgroupV1 = mountPoints(mounts, 'cgroup');
  const modules = textIfReadable('/proc/modules');
  const cpuset = cgroupV1.find((path) => path.split('/').at(-1)?.split(',').includes('cpuset'));
  return {
    options: kernelOptions(config),
    version: kernelVersion(config),
    cgroupNamespace: exists('/proc/self/ns/cgroup'),
    cgroupV1,
    cgroupV2: mountPoints(mounts, 'cgroup2'),
    cloneChildren: cpuset !== undefined && exists(`${cpuset}/cgroup.clone_children`),
    newuidmap: idMapTool('newuidmap', searchPath),
    newgidmap: idMapTool('newgidmap', searchPath),
    loaded: modules === undefined ? undefined : moduleNames(modules),
  };
}

/** `CONFIG_VETH=m` lines; what is not set does not appear. */
export function kernelOptions(config: string): ReadonlyMap<string, Built> {
  const lines = config.matchAll(/^(CONFIG_\w+)=([ym])$/gm);
  return new Map(Array.from(lines, ([, name = '', built]) => [name, built === 'm' ? 'm' : 'y']));
}

/** From the comment at its top: `# Linux/x86 6.1.0 Kernel Configuration`. */
export function kernelVersion(config: string): readonly [number, number] | undefined {
  const found = /^# Linux.* (\d+)\.(\d+)\S* Kernel Configuration$/m.exec(config);
  return found === null ? undefined : [Number(found[1]), Number(found[2])];
}

export function mountPoints(mounts: string, fstype: string): readonly string[] {
  return mounts.split('\n').flatMap((line) => {
    const [, path, type] = line.split(' ');
    return type === fstype && path !== undefined ? [path] : [];
  });
}

function moduleNames(modules: string): ReadonlySet<string> {
  return new Set(Array.from(modules.matchAll(/^\S+/gm), ([name]) => name));
}

/** setuid root, or the same by a file capability, which only an attribute would show. */
function idMapTool(name: string, searchPath: string): IdMapTool {
  for (const dir of searchPath.split(':')) {
    const stat = statSync(`${dir}/${name}`, { throwIfNoEntry: false });
    if (dir !== '' && stat?.isFile() === true) return (stat.mode & 0o4000) !== 0 ? 'usable' : 'plain';
  }
  return 'absent';
}

function readConfig(path: string): string | undefined {
  try {
    const bytes = readFileSync(path);
    const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
    return (isGzip ? gunzipSync(bytes) : bytes).toString('utf8');
  } catch {
    return undefined;
  }
}

function exists(path: string): boolean {
  try {
    accessSync(path);
    return true;
  } catch {
    return false;
  }
}
