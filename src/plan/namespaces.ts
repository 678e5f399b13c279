/** Which namespaces a container gets: new, shared with somebody, or the caller's. */

import { LxcError } from '../base/error.ts';
import type { NamespaceSource, RawEntry } from '../config/index.ts';
import type { PlannedOp } from '../wire/program.ts';
import { askedBy, step } from '../wire/step.ts';
import { clockOffsets } from './clocks.ts';
import type { Inputs } from './context.ts';
import type { StartRequest } from './request.ts';

/** The kernel's namespaces and their CLONE_NEW* flags. */
export const namespaceFlags = {
  mnt: 0x0002_0000,
  cgroup: 0x0200_0000,
  uts: 0x0400_0000,
  ipc: 0x0800_0000,
  user: 0x1000_0000,
  pid: 0x2000_0000,
  net: 0x4000_0000,
  time: 0x0000_0080,
} as const;

export type NamespaceName = keyof typeof namespaceFlags;

export interface SharedSpace {
  readonly namespace: NamespaceName;
  /** The namespace's file, as the host sees it. */
  readonly path: string;
  readonly entry: RawEntry | undefined;
}

export interface Spaces {
  readonly cloned: ReadonlySet<NamespaceName>;
  readonly shared: readonly SharedSpace[];
}

const standard: readonly NamespaceName[] = ['mnt', 'pid', 'ipc', 'uts', 'cgroup', 'net'];

/** `cloneNet` is the network's say: false where an interface of type `none` shares the host's. */
export function resolveSpaces(inputs: Inputs, cloneNet: boolean): Spaces {
  const { config, facts } = inputs;
  const shared = resolveShares(inputs);
  const taken = new Set(shared.map(({ namespace }) => namespace));
  const listed = config.many('lxc.namespace.clone').flatMap(({ value }) => value);
  const kept = new Set(config.many('lxc.namespace.keep').flatMap(({ value }) => value));
  const wanted = listed.length > 0 ? listed : standard.filter((one) => !kept.has(one));
  const cloned = [...wanted, ...further(inputs, listed.length > 0, kept)]
    .filter((one) => facts.namespaces.has(one) || listed.includes(one))
    .filter((one) => !taken.has(one) && (one !== 'net' || cloneNet));
  refuseUnmapped(inputs, cloned);
  return { cloned: new Set(cloned), shared };
}

/** Made where something asks for them: ids, clocks, or a list of what alone is kept. */
function further(
  { config }: Inputs,
  listed: boolean,
  kept: ReadonlySet<NamespaceName>,
): readonly NamespaceName[] {
  if (listed) return [];
  const user = config.many('lxc.idmap').length > 0;
  const time = kept.size > 0 || clockOffsets(config).length > 0;
  return [...(user ? (['user'] as const) : []), ...(time ? (['time'] as const) : [])].filter(
    (one) => !kept.has(one),
  );
}

/** Ids are mapped in a user namespace, and in an unmapped one nothing can be done. */
function refuseUnmapped({ config }: Inputs, cloned: readonly NamespaceName[]): void {
  const [map] = config.many('lxc.idmap');
  const list = config.many('lxc.namespace.clone').find(({ value }) => value.includes('user'));
  if (map === undefined && list !== undefined && cloned.includes('user')) {
    throw new LxcError(
      `Failed to start with lxc.namespace.clone = ${list.text}: the new user namespace would have no ids`,
      { origin: list.origin, hint: 'add lines lxc.idmap, or leave "user" out of the list' },
    );
  }
  if (map !== undefined && !cloned.includes('user')) {
    throw new LxcError(`Failed to start with lxc.idmap = ${map.text}: there is no new user namespace`, {
      origin: map.origin,
      hint: 'ids are mapped only in one of the container; see the lines lxc.namespace and --share-user',
    });
  }
}

function resolveShares(inputs: Pick<Inputs, 'config' | 'request'>): readonly SharedSpace[] {
  const shares = new Map<string, SharedSpace>();
  for (const { namespace, source, entry } of allShares(inputs)) {
    shares.set(namespace, { namespace, path: sharedPath(inputs.request, namespace, source, entry), entry });
  }
  return [...shares.values()];
}

interface Wish {
  readonly namespace: NamespaceName;
  readonly source: NamespaceSource;
  readonly entry: RawEntry | undefined;
}

/** The command line comes last, so it wins. */
function allShares({ config, request }: Pick<Inputs, 'config' | 'request'>): readonly Wish[] {
  const lines = config.family('lxc.namespace.share').flatMap((entry): Wish[] => {
    return isNamespace(entry.name) ? [{ namespace: entry.name, source: entry.value, entry }] : [];
  });
  const options = request.shares.map(({ namespace, target }): Wish => {
    return { namespace, source: sourceOf(target), entry: undefined };
  });
  return [...lines, ...options];
}

function isNamespace(name: string): name is NamespaceName {
  return name in namespaceFlags;
}

function sourceOf(target: string): NamespaceSource {
  if (/^[0-9]+$/.test(target)) return { kind: 'pid', pid: Number(target) };
  return target.startsWith('/') ? { kind: 'path', path: target } : { kind: 'container', name: target };
}

/** Names of the containers whose init's pid a start needs, for {@link StartRequest.initPids}. */
export function shareTargets(inputs: Pick<Inputs, 'config' | 'request'>): readonly string[] {
  return allShares(inputs).flatMap(({ source }) => (source.kind === 'container' ? [source.name] : []));
}

function sharedPath(
  { initPids }: StartRequest,
  namespace: NamespaceName,
  source: NamespaceSource,
  entry: RawEntry | undefined,
): string {
  if (source.kind === 'path') return source.path;
  const pid = source.kind === 'pid' ? source.pid : initPids.get(source.name);
  if (pid !== undefined) return `/proc/${pid}/ns/${namespace}`;
  const name = source.kind === 'container' ? source.name : '';
  throw new LxcError(`Failed to share the ${namespace} namespace of ${name}: it is not running`, {
    origin: entry?.origin,
    hint: `start it with lxc-start -n ${name}`,
  });
}

/**
 * What a process in between enters before the child is born: all, where ids are mapped. The user namespace comes last,
 * in which root has no say over others any more; to an ordinary user it gives that say, so his comes first.
 */
export function enteredBefore({ shared }: Spaces, isMapped: boolean, isUser: boolean): readonly string[] {
  if (!isMapped) return [];
  const rank = (namespace: NamespaceName): number =>
    namespace === 'mnt' ? 1 : namespace === 'user' ? (isUser ? -1 : 2) : 0;
  return shared
    .toSorted((left, right) => rank(left.namespace) - rank(right.namespace))
    .map(({ path }) => path);
}

/** The pid of whose user namespace the container is to share, by what is asked for. */
export function sharedUser(inputs: Pick<Inputs, 'config' | 'request'>): string | undefined {
  return resolveShares(inputs).find(({ namespace }) => namespace === 'user')?.path;
}

/** The pid namespace is entered by clone itself; mnt comes last, because it changes what paths mean. */
export function enterShared({ shared }: Spaces, entered: readonly string[]): readonly PlannedOp[] {
  const rank = (namespace: NamespaceName): number => (namespace === 'mnt' ? 1 : 0);
  return shared
    .filter(({ namespace, path }) => namespace !== 'pid' && !entered.includes(path))
    .toSorted((left, right) => rank(left.namespace) - rank(right.namespace))
    .map(({ namespace, path, entry }) =>
      step(
        { op: 'setns', args: { path, type: namespaceFlags[namespace] } },
        askedBy(entry, 'share', `enter the ${namespace} namespace ${path}`),
      ),
    );
}

export function flagsOf(names: Iterable<NamespaceName>): number {
  let flags = 0;
  for (const name of names) flags |= namespaceFlags[name];
  return flags;
}
