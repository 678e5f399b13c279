/** Interfaces and device nodes for a container that runs already. */

import { type Stats, statSync } from 'node:fs';
import { reason } from '../base/errno.ts';
import { LxcError } from '../base/error.ts';
import { readInterfaces } from '../host/addresses.ts';
import { idsOf } from '../host/ids.ts';
import { lendLink } from '../netlink/link.ts';
import { explain } from '../plan/index.ts';
import { netlinkOp } from '../plan/network/nic.ts';
import { setCgroupItem } from './cgroup-item.ts';
import { CommandSocket, type ContainerId, socketName } from './command-socket.ts';
import { type HostAct, hostProgram } from './container.ts';
import { foreignNamespaces } from './processes.ts';
import type { Session } from './session.ts';
import { tendedState } from './tend.ts';

export interface DeviceRequest {
  /** An interface by its name, or the path of a device node. */
  readonly device: string;
  /** What it is called at the other side; the same where absent. */
  readonly as?: string | undefined;
}

/** From the host into the container. */
export async function addDevice(session: Session, id: ContainerId, request: DeviceRequest): Promise<void> {
  const pid = await initOf(session, id);
  const { device, as = device } = request;
  if (readInterfaces('self').includes(device)) await lendInterface(session, id, pid, { device, as });
  else await addNode(session, id, pid, { device, as });
}

/** Out of the container: an interface goes back to the host, a node goes away. */
export async function removeDevice(session: Session, id: ContainerId, request: DeviceRequest): Promise<void> {
  const pid = await initOf(session, id);
  const { device, as = device } = request;
  if (readInterfaces(pid).includes(device)) await takeInterface(session, id, pid, { device, as });
  else await removeNode(session, id, pid, { device, as });
}

async function initOf(session: Session, id: ContainerId): Promise<number> {
  const running = (await tendedState(session, id)) !== 'STOPPED';
  const pid = running ? await new CommandSocket(id).initPid() : undefined;
  if (pid !== undefined) return pid;
  throw new LxcError(`Container ${id.name} is not running`, { code: 'NOT_RUNNING' });
}

type Names = Required<DeviceRequest> & { readonly as: string };

/* ---- interfaces ---- */

async function lendInterface(session: Session, id: ContainerId, pid: number, { device, as }: Names) {
  const act = `move ${device} into ${id.name} as ${as}`;
  if (readInterfaces(pid).includes(as))
    throw new LxcError(`Failed to ${act}: it has an interface of that name`);
  const request = lendLink(device, { name: as, hwaddr: undefined, mtu: undefined, up: false });
  const { op, args } = netlinkOp(request, { key: 'device', act });
  if (op === 'netlink') await onInit(session, id, pid, [{ op: { op, args }, act }]);
}

async function takeInterface(session: Session, id: ContainerId, pid: number, { device, as }: Names) {
  const act = `move ${device} of ${id.name} to the host as ${as}`;
  if (readInterfaces('self').includes(as))
    throw new LxcError(`Failed to ${act}: it has an interface of that name`, {
      hint: 'give another name behind it',
    });
  const hwaddr = Buffer.alloc(0);
  const args = { link: device, name: as, netns: `/proc/${pid}/ns/net`, index: 0, mtu: 0, hwaddr };
  await onInit(session, id, pid, [{ op: { op: 'bringHome', args }, act }]);
}

/* ---- device nodes ---- */

async function addNode(session: Session, id: ContainerId, pid: number, { device, as }: Names) {
  const stats = nodeStats(device);
  const path = pathInside(as);
  const act = `make ${path} in ${id.name}`;
  const root = mappedRoot(session, pid);
  const args = {
    path,
    mode: stats.mode,
    device: stats.rdev,
    uid: root?.uid ?? 0,
    gid: root?.gid ?? 0,
    bind: root === undefined ? 0 : 1,
  };
  await onInit(session, id, pid, [
    { op: { op: 'removeNode', args: { path, absent: 1 } }, act },
    { op: { op: 'placeNode', args }, act },
  ]);
  try {
    await setCgroupItem(new CommandSocket(id), 'devices.allow', ruleOf(stats));
  } catch (error) {
    await onInit(session, id, pid, [removal(path, id)]);
    throw error;
  }
}

/** The users of the host that root of a container with ids of its own is. */
function mappedRoot(
  session: Session,
  pid: number,
): { readonly uid: number; readonly gid: number } | undefined {
  if (!foreignNamespaces(pid, session.pid, session.grounds).has('user')) return undefined;
  const { users, groups } = idsOf(pid);
  const [uid, gid] = [users, groups].map((maps) => maps.find(({ inside }) => inside === 0)?.outside);
  if (uid !== undefined && gid !== undefined) return { uid, gid };
  throw new LxcError('Failed to make a device node: the container has no root user');
}

/** One that the host has no more, because it was unplugged, leaves its permission behind. */
async function removeNode(session: Session, id: ContainerId, pid: number, { device, as }: Names) {
  const stats = statIfThere(device);
  await onInit(session, id, pid, [removal(pathInside(as), id)]);
  if (stats !== undefined && isNode(stats))
    await setCgroupItem(new CommandSocket(id), 'devices.deny', ruleOf(stats));
}

function removal(path: string, { name }: ContainerId): HostAct {
  return { op: { op: 'removeNode', args: { path, absent: 0 } }, act: `remove ${path} from ${name}` };
}

function nodeStats(path: string): Stats {
  const stats = path.startsWith('/') ? statIfThere(path) : undefined;
  if (stats === undefined)
    throw new LxcError(`Failed to find ${path}: the host has no such interface and no such file`);
  if (isNode(stats)) return stats;
  throw new LxcError(`Failed to use ${path}: it is no device node`);
}

function isNode(stats: Stats): boolean {
  return stats.isCharacterDevice() || stats.isBlockDevice();
}

function statIfThere(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    throw new LxcError(`Failed to look at ${path}: ${reason(error)}`, { cause: error });
  }
}

function pathInside(path: string): string {
  if (path.startsWith('/') && !path.split('/').includes('..')) return path;
  throw new LxcError(`Failed to use ${path}: it is no path from the root of the container`);
}

function ruleOf(stats: Stats): string {
  const rdev = BigInt(stats.rdev);
  const major = ((rdev >> 8n) & 0xfffn) | ((rdev >> 32n) & ~0xfffn);
  const minor = (rdev & 0xffn) | ((rdev >> 12n) & 0xffffff00n);
  return `${stats.isBlockDevice() ? 'b' : 'c'} ${major}:${minor} rwm`;
}

/* ---- programs ---- */

async function onInit(session: Session, id: ContainerId, pid: number, acts: readonly HostAct[]) {
  const open: HostAct = {
    op: { op: 'openInit', args: { socket: socketName(id), pid } },
    act: `reach the init of ${id.name}`,
  };
  const program = hostProgram('device', [open, ...acts]);
  const result = await session.run(program);
  if (result.kind === 'failed') throw explain(program, result);
}
