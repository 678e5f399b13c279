/** Commands in containers: in one that runs (`exec`), or as the only one of a container made for it (`run`). */

import { LxcError } from '../base/error.ts';
import type { AttachRequest, Privilege } from '../plan/attach.ts';
import type { NamespaceName } from '../plan/namespaces.ts';
import { findRunning, type Running, runAttached, usualIds } from '../run/attach.ts';
import { attachEnvironment } from '../run/attach-environment.ts';
import type { ContainerId } from '../run/command-socket.ts';
import { Client } from '../run/in-process.ts';
import { personaOf } from '../run/persona.ts';
import type { Session } from '../run/session.ts';
import type { CommandOptions, ExecOptions, Freedom } from './exec-options.ts';
import { type AnyExecution, execution } from './execution.ts';
import { endWithProcess } from './orphans.ts';
import { type Place, refuseAborted } from './place.ts';
import { type StreamKind, statusOf } from './result.ts';

export function execIn(
  id: ContainerId,
  place: Place,
  command: readonly string[],
  options: ExecOptions,
): AnyExecution {
  checkCommand(command, options);
  const client = startClient(place, options);
  const status = client.session
    .then(async (session) => {
      const running = await findRunning(session, id, undefined);
      return statusOf(await runAttached(session, running, requestOf(session, running, command, options)));
    })
    .finally(() => client.leave());
  return execution(command, options, {
    client,
    status,
    signal: (number) => void client.session.then((session) => session.sendSignal(number)),
    resize: (size) => void client.session.then((session) => session.resize(size)),
  });
}

/** Throws before anything is started. */
export function checkCommand(command: readonly string[], { signal }: CommandOptions): void {
  if (command.length === 0 || command.some((word) => word.includes('\0')))
    throw new LxcError('Failed to run a command: it is empty, or has a NUL in it', {
      code: 'INVALID_ARGUMENT',
    });
  refuseAborted(signal);
}

/** Its standard streams are those of the command. */
export function startClient({ env }: Place, options: CommandOptions): Client {
  const usualIn: StreamKind = options.input === undefined ? 'ignore' : 'pipe';
  const { stdin = usualIn, stdout = 'pipe', stderr = 'pipe' } = options;
  const client = new Client({ env, stdio: [stdin, stdout, stderr] });
  endWithProcess(client.process);
  return client;
}

const privileges: Readonly<Record<Freedom, Privilege>> = {
  cgroup: 'CGROUP',
  capabilities: 'CAP',
  lsm: 'LSM',
};
const usualSize = { rows: 24, columns: 80 };

function requestOf(
  session: Session,
  running: Running,
  argv: readonly string[],
  options: ExecOptions,
): AttachRequest {
  const usual = usualIds(running);
  const { pty = false, cwd = '/', elevated = [], namespaces } = options;
  const { stdin, stdout, stderr } = session.isatty;
  return {
    argv,
    env: attachEnvironment(running.config, session.env, {
      path: true,
      callers: [],
      set: Object.entries(options.env ?? {}).map(([name, value]) => `${name}=${value}`),
    }),
    cwd,
    strictCwd: true,
    uid: options.uid ?? usual.uid,
    gid: options.gid ?? usual.gid,
    namespaces: namespaces && new Set<NamespaceName>(namespaces),
    elevated: new Set(elevated.map((one) => privileges[one])),
    persona: personaOf(running.config),
    remount: false,
    terminal: pty === false ? stdin || stdout || stderr : pty === true ? usualSize : pty,
    ptyLog: '',
    context: undefined,
  };
}
