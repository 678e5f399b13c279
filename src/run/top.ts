/** What the containers of a container path use at a moment. */

import { LxcError } from '../base/error.ts';
import { textIfReadable } from '../base/text-file.ts';
import { type Stats, statsOf } from '../cgroup/stats.ts';
import { type Usage, usageOf } from '../cgroup/usage.ts';
import { CommandSocket, type ContainerId } from './command-socket.ts';
import { containerStats, limitDir } from './container-cgroup.ts';
import { findCandidates } from './list.ts';

export interface Consumer extends Stats, Usage {
  readonly name: string;
  /** Of one processor, since the sample before; `undefined` in the first. */
  readonly cpuPercent: number | undefined;
}

export interface Sample {
  /** Since 1970. */
  readonly milliseconds: number;
  readonly containers: readonly Consumer[];
}

/** Those that run, all asked at once. */
export async function sampleContainers(lxcpath: string, before?: Sample): Promise<Sample> {
  const milliseconds = Date.now();
  const names = findCandidates(lxcpath, 'active').map(({ name }) => name);
  const used = await Promise.all(names.map((name) => usedBy({ lxcpath, name })));
  const containers = used.map((one) => ({ ...one, cpuPercent: percentOf(one, milliseconds, before) }));
  return { milliseconds, containers };
}

type Used = Omit<Consumer, 'cpuPercent'>;

const unread = () => undefined;

/** Of a container that belongs to somebody else one is told no more than that it runs. */
async function usedBy(id: ContainerId): Promise<Used> {
  try {
    return await askedOf(id);
  } catch (error) {
    if (!(error instanceof LxcError) || error.code !== 'NOT_PERMITTED') throw error;
    return { name: id.name, ...statsOf({}, unread), ...usageOf({}, unread) };
  }
}

async function askedOf(id: ContainerId): Promise<Used> {
  const socket = new CommandSocket(id);
  const [stats, cpuacct, blkio, memory, unified] = await Promise.all([
    containerStats(socket),
    ...['cpuacct', 'blkio', 'memory', ''].map((controller) => limitDir(socket, controller)),
  ]);
  const read = (dir: string | undefined, file: string) =>
    dir === undefined ? undefined : textIfReadable(`${dir}/${file}`);
  return { name: id.name, ...stats, ...usageOf({ cpuacct, blkio, memory, unified }, read) };
}

function percentOf(
  { name, cpuNanoseconds }: Used,
  milliseconds: number,
  before: Sample | undefined,
): number | undefined {
  const past = before?.containers.find((one) => one.name === name)?.cpuNanoseconds;
  if (past === undefined || cpuNanoseconds === undefined || before === undefined) return undefined;
  const passed = (milliseconds - before.milliseconds) * 1e6;
  // One that was started again in between begins anew.
  return passed <= 0 || cpuNanoseconds < past ? undefined : (100 * (cpuNanoseconds - past)) / passed;
}
