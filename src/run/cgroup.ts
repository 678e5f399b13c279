/** Getting and setting a value of the cgroup of a container, with the blame where it belongs. */

import { LxcError } from '../base/error.ts';
import { type CgroupItem, getCgroupItem, plainFile, setCgroupItem } from './cgroup-item.ts';
import { CommandSocket, type ContainerId } from './command-socket.ts';
import { hostProgram } from './container.ts';
import { monitorOf } from './monitor.ts';
import type { Session } from './session.ts';
import { tend } from './tend.ts';

/** `key` is its name in either generation of cgroups. */
export function readCgroup(session: Session, id: ContainerId, key: string): Promise<CgroupItem> {
  const act = `Failed to retrieve value of '${key}' for '${id.lxcpath}:${id.name}'`;
  return blaming(session, id, act, () => getCgroupItem(monitorOf(session, id, session.grounds), key));
}

export interface WriteOptions {
  /** Nothing else is done for this caller, so his process may do it, and do it again by itself. */
  readonly last?: boolean;
}

export function writeCgroup(
  session: Session,
  id: ContainerId,
  item: { readonly key: string; readonly value: string },
  { last = false }: WriteOptions = {},
): Promise<void> {
  const { key, value } = item;
  const act = `Failed to assign '${value}' value to '${key}' for '${id.name}'`;
  return blaming(session, id, act, async () => {
    const monitor = monitorOf(session, id, session.grounds);
    const file = last ? await plainFile(monitor, key) : undefined;
    if (file !== undefined && (await isWrittenByCaller(session, file, value))) return;
    await setCgroupItem(monitor, key, value);
  });
}

/** False where it could not; writing it again tells why. */
async function isWrittenByCaller(session: Session, path: string, value: string): Promise<boolean> {
  const args = { path, text: Buffer.from(value), flags: 0, mode: 0 };
  const program = hostProgram('cgroup', [{ op: { op: 'writeFile', args }, act: `write ${path}` }]);
  const result = await session.runLast(program, { isGrounded: true });
  return result.kind !== 'failed';
}

/** Whether the container runs is asked only when something went wrong: that saves the common case a round trip. */
async function blaming<T>(session: Session, id: ContainerId, act: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof LxcError)) throw error;
    const wasStopped = (await new CommandSocket(id).state()) === 'STOPPED';
    if (wasStopped && (await tend(session, id)) === 'running') return run();
    if (wasStopped) throw new LxcError(`'${id.lxcpath}:${id.name}' is not running`, { code: 'NOT_RUNNING' });
    throw new LxcError(`${act}: ${error.message}`, { code: error.code, hint: error.hint, cause: error });
  }
}
