/** What lxc-ls knows of a container: its monitor's answers where it runs, its configuration where it does not. */

import { LxcError } from '../base/error.ts';
import type { Stats } from '../cgroup/stats.ts';
import { type ConfigIo, getItem, loadConfig } from '../config/index.ts';
import { readAddresses, readInterfaces } from '../host/addresses.ts';
import { CommandSocket, type ContainerId } from './command-socket.ts';
import { Memory } from './config-memory.ts';
import { containerStats } from './container-cgroup.ts';
import { byBytes, configPath } from './directory.ts';
import type { State } from './states.ts';

/** What is `undefined` is not known, or has no meaning for a stopped container. */
export interface Listed {
  readonly name: string;
  /** How many containers are around it. */
  readonly depth: number;
  /** `undefined`: it runs, and its monitor tells nothing to whoever asks. */
  readonly state: State | undefined;
  /** Of init, in the pid namespace of whoever asks. */
  readonly pid: number | undefined;
  readonly memoryBytes: number | undefined;
  readonly swapBytes: number | undefined;
  /** Absent with the next two for a container that does not run. */
  readonly cpuNanoseconds?: number | undefined;
  readonly blkioBytes?: number | undefined;
  readonly pids?: number | undefined;
  /** `lxc.start.auto`; `undefined` with the next two: the configuration cannot be read. */
  readonly autostart: boolean | undefined;
  /** `lxc.group` */
  readonly groups: readonly string[];
  /** It has ids of its own (`lxc.idmap`). */
  readonly unprivileged: boolean | undefined;
  /** Network interfaces inside. */
  readonly interfaces: readonly string[];
  readonly ipv4: readonly string[];
  readonly ipv6: readonly string[];
}

/** What costs time and is not always asked for. */
export interface ListingWishes {
  readonly memory: boolean;
  readonly network: boolean;
}

export interface ListingContext {
  readonly wishes: ListingWishes;
  readonly io: ConfigIo;
  warn(message: string): void;
}

export type Settings = Pick<Listed, 'autostart' | 'groups' | 'unprivileged'>;
type Live = Omit<Listed, 'name' | 'depth' | keyof Settings>;

const stopped: Live = {
  state: 'STOPPED',
  pid: undefined,
  memoryBytes: undefined,
  swapBytes: undefined,
  interfaces: [],
  ipv4: [],
  ipv6: [],
};

const noStats: Partial<Stats> = {};

/** One batch of questions, all at once; none for a container that nobody monitors. */
export async function listed(id: ContainerId, active: boolean, context: ListingContext): Promise<Listed> {
  const base = { name: id.name, depth: 0 };
  if (!active) return { ...base, ...stopped, ...fileSettings(id, context) };
  const { live, settings } = await unlessDenied(new CommandSocket(id), context.wishes);
  return { ...base, ...live, ...(settings ?? fileSettings(id, context)) };
}

interface Answers {
  readonly live: Live;
  readonly settings: Settings | undefined;
}

/** A container that belongs to somebody else stays in the list, and does not take the others out of it. */
async function unlessDenied(socket: CommandSocket, wishes: ListingWishes): Promise<Answers> {
  try {
    const [live, settings] = await Promise.all([liveFacts(socket, wishes), liveSettings(socket)]);
    return { live, settings };
  } catch (error) {
    if (!(error instanceof LxcError) || error.code !== 'NOT_PERMITTED') throw error;
    return { live: { ...stopped, state: undefined }, settings: undefined };
  }
}

async function liveFacts(socket: CommandSocket, wishes: ListingWishes): Promise<Live> {
  const [state, pid, stats] = await Promise.all([
    socket.state(),
    socket.initPid(),
    wishes.memory ? containerStats(socket) : undefined,
  ]);
  if (pid === undefined) return { ...stopped, state };
  const { memoryBytes, swapBytes, cpuNanoseconds, blkioBytes, pids } = stats ?? noStats;
  const used = { memoryBytes, swapBytes, cpuNanoseconds, blkioBytes, pids };
  return { ...stopped, state, pid, ...used, ...(wishes.network ? networkOf(pid) : {}) };
}

/** Sorted as texts, as LXC has them. */
export function networkOf(pid: number): Pick<Listed, 'interfaces' | 'ipv4' | 'ipv6'> {
  const addresses = readAddresses(pid);
  const of = (family: 4 | 6) => {
    const texts = addresses.filter((one) => one.family === family).map(({ address }) => address);
    return texts.sort(byBytes);
  };
  return { interfaces: ['lo', ...readInterfaces(pid)].sort(byBytes), ipv4: of(4), ipv6: of(6) };
}

/** `undefined` when the monitor has just gone. */
async function liveSettings(socket: CommandSocket): Promise<Settings | undefined> {
  const [groups, autostart, idmap] = await Promise.all(
    ['lxc.group', 'lxc.start.auto', 'lxc.idmap'].map((key) => socket.configItem(key)),
  );
  return groups === undefined && autostart === undefined ? undefined : settingsOf(groups, autostart, idmap);
}

const settingsOfFiles = new Memory<Settings>(1024);

function fileSettings(id: ContainerId, { io, warn }: ListingContext): Settings {
  try {
    const file = configPath(id);
    return settingsOfFiles.recall(JSON.stringify([io.cwd, file]), io, (listening) => {
      const config = loadConfig(file, listening);
      const item = (key: string) => getItem(config, key);
      return settingsOf(item('lxc.group'), item('lxc.start.auto'), item('lxc.idmap'));
    });
  } catch (error) {
    if (!(error instanceof LxcError)) throw error;
    warn(error.toString());
    return { autostart: undefined, groups: [], unprivileged: undefined };
  }
}

export function settingsOf(groups = '', autostart = '', idmap = ''): Settings {
  return {
    autostart: autostart !== '' && autostart !== '0',
    groups: groups.split('\n').filter((group) => group !== ''),
    unprivileged: idmap !== '',
  };
}
