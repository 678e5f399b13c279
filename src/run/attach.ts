/** Running a command in a container: what the running container tells, the plan, the outcome. */

import { errnoNumber, errnoText } from '../base/errno.ts';
import { LxcError } from '../base/error.ts';
import type { Config } from '../config/index.ts';
import { cgroupDirectory } from '../host/cgroup-mounts.ts';
import { idsOf } from '../host/ids.ts';
import { seccompFacts } from '../host/seccomp.ts';
import { type AttachFacts, type AttachRequest, planAttach } from '../plan/attach.ts';
import { toHost } from '../plan/idmap.ts';
import { limitResources, shareNoCore } from '../plan/init.ts';
import { resolveFilter } from '../plan/seccomp.ts';
import { lists } from '../wire/frames.ts';
import type { Program } from '../wire/program.ts';
import { CommandSocket, type ContainerId, socketName } from './command-socket.ts';
import { shellStatus } from './connection.ts';
import { headOf } from './head.ts';
import { isWatched } from './leftovers.ts';
import { loadContainerConfig } from './load.ts';
import { recordFile } from './places.ts';
import { cgroupsOf, foreignNamespaces, labelOf, processFacts } from './processes.ts';
import { type ContainerRecord, isAlive, readRecord } from './record.ts';
import { isGrounded } from './replay.ts';
import type { RunResult, Session } from './session.ts';

/** A container that runs: its first process and the configuration it runs by. */
export interface Running {
  readonly id: ContainerId;
  readonly initPid: number;
  readonly config: Config;
  /** Its monitor answers sysinfo(2). */
  readonly sysinfo: boolean;
}

/** Our record tells without a question; for a container of C LXC, its monitor and its file. */
export async function findRunning(
  session: Session,
  id: ContainerId,
  rcfile: string | undefined,
): Promise<Running> {
  const record = await ownRecord(session, id);
  const known = record?.running === true && record.init !== undefined && isAlive(record.init);
  const initPid = known ? record.init?.pid : await new CommandSocket(id).initPid();
  if (initPid === undefined)
    throw new LxcError('Failed to get init pid: the container is not running', {
      code: 'NOT_RUNNING',
      hint: `start it with lxc-start -n ${id.name}`,
    });
  if (known && record.monitor !== undefined && record.init !== undefined) {
    session.grounds.process(record.monitor.pid, record.monitor.startTime);
    session.grounds.process(record.init.pid, record.init.startTime);
  } else session.grounds.spoil();
  const own = known && rcfile === undefined;
  const config = own
    ? headOf(record).config
    : loadContainerConfig(session, { id, rcfile, definitions: [] }).config;
  return { id, initPid, config, sysinfo: known && headOf(record).sysinfo };
}

/** A killed monitor is replaced first: it is the way to init. */
async function ownRecord(session: Session, id: ContainerId): Promise<ContainerRecord | undefined> {
  const path = recordFile(session, id.lxcpath, id.name);
  session.grounds.unchanged(path);
  const record = readRecord(path);
  if (record === undefined || isWatched(record)) return record;
  const { tend } = await import('./tend.ts');
  return (await tend(session, id)) === 'running' ? record : undefined;
}

/** Root, or the user and group of init in a container that has no root. */
export function usualIds({ initPid, config }: Running): { readonly uid: number; readonly gid: number } {
  const { users, groups } = idsOf(initPid);
  return {
    uid: toHost(users, 0) === undefined ? config.value('lxc.init.uid') : 0,
    gid: toHost(groups, 0) === undefined ? config.value('lxc.init.gid') : 0,
  };
}

/** The status of the command as a shell tells it. */
export async function attach(session: Session, running: Running, request: AttachRequest): Promise<number> {
  return shellStatus(await runAttached(session, running, request));
}

/** The wait status of the command. */
export async function runAttached(
  session: Session,
  running: Running,
  request: AttachRequest,
): Promise<number> {
  const program = planAttach(request, factsOf(session, running, request));
  // The shell that passwd names is looked up in the container.
  const isKnown = request.otherwise === undefined && isGrounded(running.config);
  const result = await session.runLast(program, { isGrounded: isKnown });
  if (result.kind === 'exited') return result.value;
  throw failure(program, request, result);
}

function factsOf(
  session: Session,
  { id, initPid, config, sysinfo }: Running,
  { uid }: AttachRequest,
): AttachFacts {
  const { grounds } = session;
  const facts = processFacts(initPid, grounds);
  if (facts === undefined) throw new LxcError('Failed to attach: the container has just stopped');
  // A container of a user without cgroups of his own is in those of whoever started it.
  const own = new Map(
    cgroupsOf(session.pid, grounds, 'self').map(({ controllers, path }) => [controllers, path]),
  );
  const cgroups = cgroupsOf(initPid, grounds).filter(
    ({ controllers, path }) => own.get(controllers) !== path,
  );
  const { users, setgroups } = idsOf(initPid);
  const unified = cgroups.find(({ controllers }) => controllers === '');
  const directories = cgroups
    .filter((one) => one !== unified)
    .map(cgroupDirectory)
    .filter((directory) => directory !== undefined);
  return {
    ...facts,
    socket: socketName(id),
    initPid,
    namespaces: foreignNamespaces(initPid, session.pid, grounds),
    tasks: directories.map((directory) => `${directory}/tasks`),
    cgroup2: (unified && cgroupDirectory(unified)) ?? '',
    label: labelOf(initPid, grounds),
    owner: toHost(users, uid) ?? -1,
    setgroups,
    sysinfo,
    limits: [...shareNoCore({ config }, initPid), ...limitResources({ config })],
    filter: resolveFilter(config, seccompFacts(config, session.cwd, session.pid), []),
  };
}

const notFound = 127;
const notExecutable = 126;

/** The statuses of shells for a command that could not be run. */
function failure(program: Program, request: AttachRequest, result: RunResult): LxcError {
  const argv = request.otherwise ?? request.argv;
  const { list, index, errno, detail } = result;
  const ops = list === lists.child ? program.child : program.parent;
  const failed = ops[index];
  const why = detail || errnoText(errno);
  if (failed?.op !== 'exec') return new LxcError(`Failed to ${failed?.why.act ?? 'attach'}: ${why}`);
  const missing = errno === errnoNumber('ENOENT') || errno === errnoNumber('ENOTDIR');
  return new LxcError(`Failed to run ${argv[0] ?? ''}: ${errnoText(errno)}`, {
    code: 'NOT_EXECUTABLE',
    exit: missing ? notFound : notExecutable,
    hint:
      missing && !argv[0]?.includes('/')
        ? 'its name is looked for in the PATH that the command gets'
        : undefined,
  });
}
