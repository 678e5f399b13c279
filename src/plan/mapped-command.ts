/** A command of the host run with the ids of a container, as root of a user namespace: templates, and removing files. */

import { stdio } from '../wire/ops.ts';
import type { PlannedOp, Program } from '../wire/program.ts';
import { post, step, wait } from '../wire/step.ts';
import { type IdMapping, mapIds, mapText } from './idmap.ts';
import { flagsOf } from './namespaces.ts';
import { isolateMounts } from './rootfs.ts';

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
}

/** In a mount namespace, too, so that templates can mount. */
export function planMappedCommand(command: MappedCommand): Program {
  const { argv, env, quiet } = command;
  const why = (act: string) => ({ key: 'lxc.idmap', act });
  const clone = { flags: flagsOf(['user', 'mnt']), cgroup2: '', pidNamespace: '' };
  const root = { uid: 0, gid: 0, groups: Buffer.alloc(0), keepGroups: 0 };
  return {
    parent: [
      step({ op: 'clone', args: clone }, why('make a user namespace')),
      ...writeMaps(command),
      post('startup'),
    ],
    child: [
      wait('startup'),
      isolateMounts(),
      step({ op: 'setIds', args: root }, why('become root of the mapped ids')),
      ...(quiet ? [step({ op: 'stdio', args: { mode: stdio.null, controlling: 0 } }, why('be quiet'))] : []),
      step({ op: 'exec', args: { argv, env } }, why(`run ${argv[0] ?? ''}`)),
    ],
    settings: [],
    after: 'attached',
    exit: 'status',
  };
}

function writeMaps({ users, groups, isUser }: MappedCommand): readonly PlannedOp[] {
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
