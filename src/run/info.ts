/** What is known of one container: its monitor and the kernel are asked for what is wanted, all at once. */

import type { Grounds } from '../base/grounds.ts';
import { textIfReadable } from '../base/text-file.ts';
import { type StatReadings, type Stats, valuesOf } from '../cgroup/stats.ts';
import { type InterfaceAddress, readAddresses } from '../host/addresses.ts';
import type { CommandSocket, ContainerId } from './command-socket.ts';
import { statReadings } from './container-cgroup.ts';
import { byBytes } from './directory.ts';
import { type LinkReading, type LinkUse, linkTypes, linkUseOf, linkUses } from './link-use.ts';
import { monitorOf } from './monitor.ts';
import type { Session } from './session.ts';
import type { State } from './states.ts';
import { tend } from './tend.ts';

export interface InfoWishes {
  readonly ips: boolean;
  readonly stats: boolean;
}

/** Of a stopped container the state alone. */
export interface Info {
  readonly state: State;
  /** Init, as the caller's pid namespace has it. */
  readonly pid?: number;
  /** In the order of LXC, which sorts them as texts. */
  readonly ips?: readonly string[] | undefined;
  readonly stats?: Stats | undefined;
  readonly links?: readonly LinkUse[] | undefined;
}

/** The same, and where its numbers can be read again. What else it rests on is among the session's grounds. */
export interface InfoReadings extends Omit<Info, 'stats' | 'links'> {
  readonly stats?: StatReadings | undefined;
  readonly links?: readonly LinkReading[] | undefined;
}

export async function containerInfo(session: Session, id: ContainerId, wishes: InfoWishes): Promise<Info> {
  return infoOf(await readInfo(session, id, wishes));
}

function infoOf({ stats, links, ...facts }: InfoReadings): Info {
  return {
    ...facts,
    stats: stats === undefined ? undefined : valuesOf(stats),
    links: links?.map(linkUseOf),
  };
}

/** One that lost its monitor is taken over, so that it is told as what it is. */
export async function readInfo(session: Session, id: ContainerId, wishes: InfoWishes): Promise<InfoReadings> {
  const { grounds } = session;
  const socket = monitorOf(session, id, grounds);
  const info = await ask(socket, wishes, grounds);
  if (info.state === 'RUNNING') return info;
  grounds.spoil();
  const isTended = info.state === 'STOPPED' && (await tend(session, id)) === 'running';
  return isTended ? ask(socket, wishes, grounds) : info;
}

async function ask(
  socket: CommandSocket,
  { ips, stats }: InfoWishes,
  grounds: Grounds,
): Promise<InfoReadings> {
  const [state, pid, used, types] = await Promise.all([
    socket.state(),
    socket.initPid(),
    stats ? statReadings(socket, (file) => readNumbers(file, grounds)) : undefined,
    stats ? linkTypes(socket) : [],
  ]);
  if (state === 'STOPPED' || pid === undefined) return { state };
  return {
    state,
    pid,
    ips: ips ? addressTexts(pid, grounds) : undefined,
    stats: used,
    links: stats ? await linkUses(socket, pid, types) : undefined,
  };
}

/** Its numbers are read each time; that it is not there leads to another file. */
function readNumbers(file: string, grounds: Grounds): string | undefined {
  const text = textIfReadable(file);
  if (text === undefined) grounds.holds(file, undefined);
  return text;
}

function addressTexts(pid: number, grounds: Grounds): readonly string[] {
  const found = readAddresses(pid, grounds);
  // Whose such an address is depends on interfaces that have none, of which no ground tells.
  if (found.some(isAlone)) grounds.spoil();
  return found.map(({ address }) => address).sort(byBytes);
}

function isAlone({ family, prefix }: InterfaceAddress): boolean {
  return family === 4 && prefix === 32;
}
