/** What is known of one container: its monitor and the kernel are asked for what is wanted, all at once. */

import type { Stats } from '../cgroup/stats.ts';
import { readAddresses } from '../host/addresses.ts';
import type { CommandSocket, ContainerId } from './command-socket.ts';
import { containerStats } from './container-cgroup.ts';
import { byBytes } from './directory.ts';
import { type LinkUse, linkTypes, linkUses } from './link-use.ts';
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

/** One that lost its monitor is taken over, so that it is told as what it is. */
export async function containerInfo(session: Session, id: ContainerId, wishes: InfoWishes): Promise<Info> {
  const socket = monitorOf(session, id);
  const info = await ask(socket, wishes);
  return info.state === 'STOPPED' && (await tend(session, id)) === 'running' ? ask(socket, wishes) : info;
}

async function ask(socket: CommandSocket, { ips, stats }: InfoWishes): Promise<Info> {
  const [state, pid, used, types] = await Promise.all([
    socket.state(),
    socket.initPid(),
    stats ? containerStats(socket) : undefined,
    stats ? linkTypes(socket) : [],
  ]);
  if (state === 'STOPPED' || pid === undefined) return { state };
  return {
    state,
    pid,
    ips: ips ? addressTexts(pid) : undefined,
    stats: used,
    links: stats ? await linkUses(socket, pid, types) : undefined,
  };
}

function addressTexts(pid: number): readonly string[] {
  return readAddresses(pid)
    .map(({ address }) => address)
    .sort(byBytes);
}
