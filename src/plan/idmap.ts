/**
 * `lxc.idmap`: which ids of the host stand behind those of the container. Checked here as the kernel would, which
 * only says EINVAL or EPERM for all lines together.
 */

import { LxcError } from '../base/error.ts';
import type { Entry, IdMap } from '../config/index.ts';
import type { Op } from '../wire/ops.ts';
import type { PlannedOp } from '../wire/program.ts';
import { askedBy, step } from '../wire/step.ts';
import type { Context, Inputs } from './context.ts';
import type { HostFacts } from './facts.ts';

/** Ids inside, and the ones outside that stand behind them. */
export type IdMapping = Pick<IdMap, 'inside' | 'outside' | 'range'>;

/** A range of ids, in the numbers of the host. */
export interface IdRange {
  readonly first: number;
  readonly count: number;
}

export interface IdFacts {
  /** What can be mapped: for root what the user namespace has, for a user what /etc/subuid and subgid give. */
  readonly users: readonly IdRange[];
  readonly groups: readonly IdRange[];
  /** An ordinary user, whose maps newuidmap writes; his own ids can be mapped besides. */
  readonly user?: { readonly name: string; readonly uid: number; readonly gid: number } | undefined;
}

type Line = Entry<IdMap>;

/** Ids of a user namespace. */
export interface SharedIds {
  readonly users: readonly IdMapping[];
  readonly groups: readonly IdMapping[];
  /** False where a user maps nothing but his own group, which newgidmap allows only if nobody can leave groups. */
  readonly setgroups: boolean;
}

export interface Ids extends SharedIds {
  /** The line to blame; none where the user namespace is that of another container. */
  readonly first: Line | undefined;
  readonly isShared: boolean;
  /** Who sets the container up inside: root, or the user of init where root is not mapped. */
  readonly inside: { readonly uid: number; readonly gid: number };
  /** The same in the numbers of the host: the owner of what the container is given. */
  readonly outside: { readonly uid: number; readonly gid: number };
}

const words = { u: 'user', g: 'group' } as const;

export interface IdInputs extends Pick<Inputs, 'config'> {
  readonly facts: Pick<HostFacts, 'ids' | 'sharedIds'>;
}

/** `undefined` without a line: the ids of the container are those of the host. */
export function resolveIds({ config, facts }: IdInputs): Ids | undefined {
  const lines = config.many('lxc.idmap');
  const [first] = lines;
  if (facts.sharedIds !== undefined) return idsOfOther(facts.sharedIds);
  if (first === undefined) return withoutIds(facts.ids);
  const users = checked(lines, 'u', facts.ids);
  const groups = checked(lines, 'g', facts.ids);
  const inside = {
    uid: setUpBy(users, config.value('lxc.init.uid')),
    gid: setUpBy(groups, config.value('lxc.init.gid')),
  };
  const outside = { uid: onHost(lines, 'u', inside.uid), gid: onHost(lines, 'g', inside.gid) };
  const setgroups = groups.some((map) => facts.ids.groups.some((range) => lies(map, range)));
  return { first, isShared: false, users, groups, inside, outside, setgroups };
}

/** A user namespace that is shared has its maps. */
function idsOfOther({ users, groups, setgroups }: SharedIds): Ids {
  const [uid, gid] = [toHost(users, 0), toHost(groups, 0)];
  if (uid === undefined || gid === undefined) {
    throw new LxcError('Failed to share a user namespace: it has no root', {
      hint: 'share that of a container whose lxc.idmap maps 0',
    });
  }
  const inside = { uid: 0, gid: 0 };
  return { first: undefined, isShared: true, users, groups, inside, outside: { uid, gid }, setgroups };
}

/** Root needs none, but only root can do without. */
function withoutIds({ user, users, groups }: IdFacts): undefined {
  if (user === undefined) return undefined;
  const [u, g] = [users[0], groups[0]];
  throw new LxcError(`Failed to start as user ${user.name}: no ids are mapped`, {
    hint:
      u === undefined || g === undefined
        ? `have root run ${allowance(user.name, 100000, 65536)}, then add lxc.idmap = u 0 100000 65536 and lxc.idmap = g 0 100000 65536`
        : `add lxc.idmap = u 0 ${u.first} ${u.count} and lxc.idmap = g 0 ${g.first} ${g.count}`,
  });
}

function allowance(name: string, first: number, count: number): string {
  const range = `${first}-${first + count - 1}`;
  return `usermod --add-subuids ${range} --add-subgids ${range} ${name}`;
}

function lies({ outside, range }: IdMapping, { first, count }: IdRange): boolean {
  return outside >= first && outside + range <= first + count;
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

function checked(lines: readonly Line[], type: IdMap['type'], ids: IdFacts): readonly IdMap[] {
  const own = lines.filter(({ value }) => value.type === type);
  if (own.length === 0) throw missing(lines, type);
  refuseTooMany(own);
  for (const [index, line] of own.entries()) {
    refuseEnd(line);
    refuseOverlap(line, own.slice(0, index));
    refuseForeign(line, ids);
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

function refuseForeign({ value, origin }: Line, ids: IdFacts): void {
  const { type, outside, range } = value;
  const allowed = type === 'u' ? ids.users : ids.groups;
  const isOwn = range === 1 && outside === (type === 'u' ? ids.user?.uid : ids.user?.gid);
  if (isOwn || allowed.some((one) => lies(value, one))) return;
  const ranges = allowed.map(({ first, count }) => `${first}-${first + count - 1}`).join(', ') || 'none';
  const wanted = `${words[type]} ids ${outside}-${outside + range - 1}`;
  if (ids.user === undefined) {
    throw new LxcError(`Failed to map ${show(value)}: the ${wanted} are not all here to be mapped`, {
      origin,
      hint: `those of this user namespace are ${ranges}`,
    });
  }
  throw new LxcError(`Failed to map ${show(value)}: the ${wanted} are not given to ${ids.user.name}`, {
    origin,
    hint: `/etc/sub${type}id gives ${ranges}; map these, or have root add the line ${ids.user.name}:${outside}:${range} to it`,
  });
}

function show({ type, inside, outside, range }: IdMap): string {
  return `${type} ${inside} ${outside} ${range}`;
}

/** As /proc/PID/uid_map takes it. */
export function mapText(maps: readonly IdMapping[]): string {
  return maps.map(({ inside, outside, range }) => `${inside} ${outside} ${range}\n`).join('');
}

interface OfIds extends Pick<Context, 'ids'> {
  readonly facts: Pick<HostFacts, 'ids'>;
}

/** In a user namespace: the container's own, or that of a caller who is in one. */
export function isMapped({ ids, facts }: OfIds): boolean {
  return ids !== undefined || !facts.ids.users.some(({ first, count }) => first === 0 && count > lastId);
}

/** Whether the container has a group of this number. */
export function hasGroup({ ids, facts }: OfIds, group: number): boolean {
  if (ids !== undefined) return toHost(ids.groups, group) !== undefined;
  return facts.ids.groups.some(({ first, count }) => group >= first && group < first + count);
}

/** What the brain is called for, to have newuidmap and newgidmap run: they may do what an ordinary user may not. */
export const mapIds = 'idmap';

/** The parent's part, as soon as there is a child. */
export function writeMaps({ first, isShared, users, groups }: Ids, { user }: IdFacts): readonly PlannedOp[] {
  if (isShared) return [];
  if (user !== undefined) {
    const call: Op = { op: 'call', args: { what: mapIds } };
    return [step(call, askedBy(first, 'lxc.idmap', 'map the ids by newuidmap and newgidmap'))];
  }
  const write = (file: string, maps: readonly IdMapping[]): PlannedOp => {
    const op: Op = { op: 'writeProc', args: { file, text: Buffer.from(mapText(maps)) } };
    return step(op, askedBy(first, 'lxc.idmap', `write the id map /proc/PID/${file} of init`));
  };
  return [write('uid_map', users), write('gid_map', groups)];
}

/** From here on nothing of the host's root is left in the child: neither ids nor groups. */
export function becomeMapped({ first, inside, setgroups }: Ids): readonly PlannedOp[] {
  const { uid, gid } = inside;
  const op: Op = { op: 'setIds', args: { uid, gid, groups: Buffer.alloc(0), keepGroups: setgroups ? 0 : 1 } };
  const die: Op = { op: 'pdeathsig', args: { signal: 9 } };
  return [
    step(op, askedBy(first, 'lxc.idmap', `become user ${uid} of the container`)),
    step(die, askedBy(first, 'lxc.idmap', 'ask for a signal when the monitor dies')),
  ];
}
