/**
 * `lxc.idmap`: which ids of the host stand behind those of the container. Checked here as the kernel would, which
 * only says EINVAL or EPERM for all lines together.
 */

import { LxcError } from '../base/error.ts';
import type { Entry, IdMap } from '../config/index.ts';
import type { Op } from '../wire/ops.ts';
import type { PlannedOp } from '../wire/program.ts';
import { asked, step } from '../wire/step.ts';
import type { Context, Inputs } from './context.ts';

/** Ids inside, and the ones outside that stand behind them. */
export type IdMapping = Pick<IdMap, 'inside' | 'outside' | 'range'>;

/** A range of ids, in the numbers of the host. */
export interface IdRange {
  readonly first: number;
  readonly count: number;
}

export interface IdFacts {
  /** What the caller's user namespace has, so what can be mapped at all. */
  readonly users: readonly IdRange[];
  readonly groups: readonly IdRange[];
}

type Line = Entry<IdMap>;

export interface Ids {
  readonly first: Line;
  readonly users: readonly IdMap[];
  readonly groups: readonly IdMap[];
  /** Who sets the container up inside: root, or the user of init where root is not mapped. */
  readonly inside: { readonly uid: number; readonly gid: number };
  /** The same in the numbers of the host: the owner of what the container is given. */
  readonly outside: { readonly uid: number; readonly gid: number };
}

const words = { u: 'user', g: 'group' } as const;

/** `undefined` without a line: the ids of the container are those of the host. */
export function resolveIds({ config, facts }: Inputs): Ids | undefined {
  const lines = config.many('lxc.idmap');
  const [first] = lines;
  if (first === undefined) return undefined;
  const users = checked(lines, 'u', facts.ids.users);
  const groups = checked(lines, 'g', facts.ids.groups);
  const inside = {
    uid: setUpBy(users, config.value('lxc.init.uid')),
    gid: setUpBy(groups, config.value('lxc.init.gid')),
  };
  const outside = { uid: onHost(lines, 'u', inside.uid), gid: onHost(lines, 'g', inside.gid) };
  return { first, users, groups, inside, outside };
}

function setUpBy(maps: readonly IdMap[], init: number): number {
  return toHost(maps, 0) === undefined ? init : 0;
}

/** The id of the host behind one of the container. */
export function toHost(maps: readonly IdMapping[], id: number): number | undefined {
  const map = maps.find(({ inside, range }) => id >= inside && id < inside + range);
  return map === undefined ? undefined : id - map.inside + map.outside;
}

function onHost(lines: readonly Line[], type: IdMap['type'], id: number): number {
  const own = lines.filter(({ value }) => value.type === type);
  const found = toHost(
    own.map(({ value }) => value),
    id,
  );
  if (found !== undefined) return found;
  throw new LxcError(`Failed to map the ids: ${words[type]} ${id}, which is to run init, is not mapped`, {
    origin: own[0]?.origin,
    hint: `map ${words[type]} 0, or set lxc.init.${type}id to one that is mapped`,
  });
}

function checked(lines: readonly Line[], type: IdMap['type'], allowed: readonly IdRange[]): readonly IdMap[] {
  const own = lines.filter(({ value }) => value.type === type);
  if (own.length === 0) throw missing(lines, type);
  refuseTooMany(own);
  for (const [index, line] of own.entries()) {
    refuseEnd(line);
    refuseOverlap(line, own.slice(0, index));
    refuseForeign(line, allowed);
  }
  return own.map(({ value }) => value);
}

function missing([line]: readonly Line[], type: IdMap['type']): LxcError {
  return new LxcError(`Failed to map the ids: no ${words[type]} id is mapped`, {
    origin: line?.origin,
    hint: `add a line lxc.idmap = ${type} 0 FIRST COUNT`,
  });
}

/** Since Linux 4.15; before, 5. The lines must fit into one page, too. */
const mostLines = 340;
const pageBytes = 4096;

function refuseTooMany(own: readonly Line[]): void {
  let bytes = 0;
  for (const [index, line] of own.entries()) {
    bytes += mapText([line.value]).length;
    if (index < mostLines && bytes < pageBytes) continue;
    throw new LxcError(
      `Failed to map the ids: the kernel takes at most ${mostLines} lines of ${words[line.value.type]} ids, in less than ${pageBytes} bytes`,
      { origin: line.origin, hint: 'join ranges that follow each other' },
    );
  }
}

const lastId = 0xffff_fffe;

function refuseEnd({ value, origin }: Line): void {
  const { inside, outside, range } = value;
  if (Math.max(inside, outside) + range - 1 <= lastId) return;
  throw new LxcError(`Failed to map ${show(value)}: the range goes beyond ${lastId}, the last id`, {
    origin,
    hint: 'take a smaller count',
  });
}

function refuseOverlap({ value, origin }: Line, earlier: readonly Line[]): void {
  for (const side of ['inside', 'outside'] as const) {
    const other = earlier.find((one) => overlap(value, one.value, side));
    if (other === undefined) continue;
    const where = side === 'inside' ? 'in the container' : 'on the host';
    throw new LxcError(`Failed to map ${show(value)}: its ids ${where} overlap those of another line`, {
      origin,
      hint: `the other one is ${other.origin.file}:${other.origin.line}: ${show(other.value)}`,
    });
  }
}

function overlap(left: IdMap, right: IdMap, side: 'inside' | 'outside'): boolean {
  return left[side] < right[side] + right.range && right[side] < left[side] + left.range;
}

function refuseForeign({ value, origin }: Line, allowed: readonly IdRange[]): void {
  const { type, outside, range } = value;
  const fits = ({ first, count }: IdRange): boolean => outside >= first && outside + range <= first + count;
  if (allowed.some(fits)) return;
  const ranges = allowed.map(({ first, count }) => `${first}-${first + count - 1}`).join(', ') || 'none';
  throw new LxcError(
    `Failed to map ${show(value)}: the ${words[type]} ids ${outside}-${outside + range - 1} are not all here to be mapped`,
    { origin, hint: `those of this user namespace are ${ranges}` },
  );
}

function show({ type, inside, outside, range }: IdMap): string {
  return `${type} ${inside} ${outside} ${range}`;
}

/** As /proc/PID/uid_map takes it. */
export function mapText(maps: readonly IdMap[]): string {
  return maps.map(({ inside, outside, range }) => `${inside} ${outside} ${range}\n`).join('');
}

type Mapped = Pick<Context, 'ids' | 'facts'>;

/** In a user namespace: the container's own, or that of a caller who is in one. */
export function isMapped({ ids, facts }: Mapped): boolean {
  return ids !== undefined || !facts.ids.users.some(({ first, count }) => first === 0 && count > lastId);
}

/** Whether the container has a group of this number. */
export function hasGroup({ ids, facts }: Mapped, group: number): boolean {
  if (ids !== undefined) return toHost(ids.groups, group) !== undefined;
  return facts.ids.groups.some(({ first, count }) => group >= first && group < first + count);
}

/** The parent's part, as soon as there is a child. */
export function writeMaps({ first, users, groups }: Ids): readonly PlannedOp[] {
  const write = (file: string, maps: readonly IdMap[]): PlannedOp => {
    const op: Op = { op: 'writeProc', args: { file, text: Buffer.from(mapText(maps)) } };
    return step(op, asked(first, `write the id map /proc/PID/${file} of init`));
  };
  return [write('uid_map', users), write('gid_map', groups)];
}

/** From here on nothing of the host's root is left in the child: neither ids nor groups. */
export function becomeMapped({ first, inside }: Ids): readonly PlannedOp[] {
  const { uid, gid } = inside;
  const op: Op = { op: 'setIds', args: { uid, gid, groups: Buffer.alloc(0), keepGroups: 0 } };
  const die: Op = { op: 'pdeathsig', args: { signal: 9 } };
  return [
    step(op, asked(first, `become user ${uid} of the container`)),
    step(die, asked(first, 'ask for a signal when the monitor dies')),
  ];
}
