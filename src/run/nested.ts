/**
 * Containers inside a container. Their monitors listen in another network namespace, where a daemon cannot call them,
 * so everything is read from outside: sockets, cgroups and processes by /proc, configurations in their directories.
 */

import { LxcError } from '../base/error.ts';
import { textIfReadable } from '../base/text-file.ts';
import { type ConfigIo, getItem, parseConfig } from '../config/index.ts';
import { cgroupDirectory } from '../host/cgroup-mounts.ts';
import { namesInside, textInside } from '../host/inside.ts';
import { byBytes, isActive, listeners } from './directory.ts';
import { type Listed, type ListingContext, networkOf, type Settings, settingsOf } from './listing.ts';
import { cgroupsOf } from './processes.ts';
import type { State } from './states.ts';

export interface NestedContext {
  readonly lxcpath: string;
  /** Levels that are still to be looked into. */
  readonly depth: number;
  readonly context: ListingContext;
}

/** Below each container those inside it, to the depth asked for; named `outer/inner`. */
export function nested(outer: Listed, asked: NestedContext): readonly Listed[] {
  const { pid } = outer;
  if (asked.depth <= 0 || pid === undefined) return [];
  const listening = listeners(readText(`/proc/${pid}/net/unix`));
  return namesInside(pid, asked.lxcpath)
    .flatMap((name) => {
      const config = textInside(pid, `${asked.lxcpath}/${name}`, 'config');
      return config === undefined ? [] : [{ name, config }];
    })
    .sort((left, right) => byBytes(left.name, right.name))
    .flatMap(({ name, config }) => {
      const active = isActive({ lxcpath: asked.lxcpath, name }, listening);
      const row = inner({ outer, name, config, active, asked });
      return [row, ...nested(row, { ...asked, depth: asked.depth - 1 })];
    });
}

interface Inner {
  readonly outer: Listed;
  readonly name: string;
  readonly config: string;
  readonly active: boolean;
  readonly asked: NestedContext;
}

function inner({ outer, name, config, active, asked }: Inner): Listed {
  const pid = active && outer.pid !== undefined ? nestedInit(outer.pid, name) : undefined;
  const network = pid !== undefined && asked.context.wishes.network ? networkOf(pid) : undefined;
  return {
    name: `${outer.name}/${name}`,
    depth: outer.depth + 1,
    state: active ? stateOf(pid) : 'STOPPED',
    pid,
    memoryBytes: undefined,
    swapBytes: undefined,
    interfaces: network?.interfaces ?? [],
    ipv4: network?.ipv4 ?? [],
    ipv6: network?.ipv6 ?? [],
    ...settings(config, asked.context.io),
  };
}

/** Includes would be read on this side of the wall, and are left out. */
function settings(text: string, io: ConfigIo): Settings {
  const closed: ConfigIo = { ...io, readFile: () => '', list: () => [] };
  try {
    const config = parseConfig(text, { file: 'config', io: closed });
    const item = (key: string) => getItem(config, key);
    return settingsOf(item('lxc.group'), item('lxc.start.auto'), item('lxc.idmap'));
  } catch (error) {
    if (!(error instanceof LxcError)) throw error;
    return { autostart: undefined, groups: [], unprivileged: undefined };
  }
}

/** The process in the inner container's cgroup that is pid 1 of its own namespace. */
function nestedInit(outerInit: number, name: string): number | undefined {
  const pids = directoriesOf(outerInit).flatMap((directory) =>
    [`lxc.payload.${name}`, `lxc/${name}`].flatMap((below) =>
      readText(`${directory}/${below}/cgroup.procs`).split('\n'),
    ),
  );
  return pids.map(Number).find((pid) => pid > 0 && isInit(pid));
}

function isInit(pid: number): boolean {
  return /^NSpid:.*\t1$/m.test(readText(`/proc/${pid}/status`));
}

function directoriesOf(pid: number): readonly string[] {
  return cgroupsOf(pid).flatMap((membership) => cgroupDirectory(membership) ?? []);
}

function stateOf(pid: number | undefined): State {
  if (pid === undefined) return 'RUNNING';
  const frozen = directoriesOf(pid).some(
    (directory) =>
      readText(`${directory}/freezer.state`) === 'FROZEN\n' ||
      /^frozen 1$/m.test(readText(`${directory}/cgroup.events`)),
  );
  return frozen ? 'FROZEN' : 'RUNNING';
}

/** Whatever is not there any more tells nothing. */
function readText(path: string): string {
  return textIfReadable(path, 'latin1') ?? '';
}
