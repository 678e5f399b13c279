/** A command of the host run with the ids of a container, as root of a user namespace: templates, and removing files. */

import { stdio } from '../wire/ops.ts';
import type { PlannedOp, Program } from '../wire/program.ts';
import { post, step, wait } from '../wire/step.ts';
import { type IdMapping, mapIds, mapText } from './idmap.ts';
import { flagsOf } from './namespaces.ts';
import { isolateMounts } from './rootfs.ts';

/** The key of ops that run a command of the host, without a container around it. */
export const onHost = 'command';

export interface MappedCommand {
  readonly users: readonly IdMapping[];
  readonly groups: readonly IdMapping[];
  readonly argv: readonly string[];
  /** `NAME=VALUE`, the whole environment. */
  readonly env: readonly string[];
  /** Its output is nobody's business. */
  readonly quiet: boolean;
  /** newuidmap writes the maps. */
  readonly isUser: boolean;
  /** Who runs it, in the ids of the namespace; root where absent. */
  readonly as?: { readonly uid: number; readonly gid: number };
  /** Where a user maps nothing but his own group, nobody can leave groups. */
  readonly keepsGroups?: boolean;
}

/** In a mount namespace, too, so that templates can mount. */
export function planMappedCommand(command: MappedCommand): Program {
  const { argv, env, quiet } = command;
  const why = (act: string) => ({ key: 'lxc.idmap', act });
  const clone = { flags: flagsOf(['user', 'mnt']), cgroup2: '', pidNamespace: '' };
  const { uid, gid } = command.as ?? { uid: 0, gid: 0 };
  const ids = { uid, gid, groups: Buffer.alloc(0), keepGroups: command.keepsGroups === true ? 1 : 0 };
  return {
    parent: [
      step({ op: 'clone', args: clone }, why('make a user namespace')),
      ...writeMaps(command),
      post('startup'),
    ],
    child: [
      wait('startup'),
      isolateMounts(),
      step(
        { op: 'setIds', args: ids },
        why(uid === 0 ? 'become root of the mapped ids' : `become user ${uid}`),
      ),
      ...(quiet ? [step({ op: 'stdio', args: { mode: stdio.null, controlling: 0 } }, why('be quiet'))] : []),
      runOnHost(argv, env),
    ],
    settings: [],
    after: 'attached',
    exit: 'status',
  };
}

export function runOnHost(argv: readonly string[], env: readonly string[]): PlannedOp {
  return step({ op: 'exec', args: { argv, env } }, { key: onHost, act: `run ${argv[0] ?? ''}` });
}

export function writeMaps({
  users,
  groups,
  isUser,
}: Pick<MappedCommand, 'users' | 'groups' | 'isUser'>): readonly PlannedOp[] {
  const why = { key: 'lxc.idmap', act: 'map the ids' };
  if (isUser) return [step({ op: 'call', args: { what: mapIds } }, why)];
  return [
    step({ op: 'writeProc', args: { file: 'uid_map', text: Buffer.from(mapText(users)) } }, why),
    step({ op: 'writeProc', args: { file: 'gid_map', text: Buffer.from(mapText(groups)) } }, why),
  ];
}

/** The first id of the container that no line maps. */
export function freeId(maps: readonly IdMapping[]): number {
  return maps.reduce((most, { inside, range }) => Math.max(most, inside + range), 0);
}
