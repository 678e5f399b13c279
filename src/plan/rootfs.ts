/**
 * The root file system: brought onto the mount point in the container's own mount namespace, then taken by
 * descriptor, below which all further paths are resolved. Without one the container sees the host's tree.
 */

import { LxcError } from '../base/error.ts';
import type { RawEntry, Rootfs } from '../config/index.ts';
import { where } from '../wire/ops.ts';
import type { PlannedOp } from '../wire/program.ts';
import { always, asked, askedBy, step } from '../wire/step.ts';
import type { Context, Inputs } from './context.ts';
import type { HostFacts } from './facts.ts';
import { resolveIds } from './idmap.ts';
import { placeRoot } from './mapped-mounts.ts';
import { mountFlags, ms } from './mount-flags.ts';
import type { StartRequest } from './request.ts';
import type { StorageKind, StoragePlan } from './storage/contract.ts';
import { driverOf, kindOf } from './storage/index.ts';

export interface Root {
  /** Absolute, without a trailing slash; `undefined`: the host's tree. */
  readonly path: string | undefined;
  /** Where it is mounted before the change of root. */
  readonly mount: string;
  readonly entry: RawEntry | undefined;
  /** `undefined`: what the path leads to decides. */
  readonly type: Rootfs['type'];
}

export function resolveRoot({ config, request, facts }: Inputs): Root {
  const entry = config.one('lxc.rootfs.path');
  const mountEntry = config.one('lxc.rootfs.mount');
  const mount = trimSlashes(mountEntry?.value ?? request.rootfsMount);
  if (entry === undefined) return { path: undefined, mount, entry, type: undefined };
  const { type, path } = rootfsOf(entry.value);
  if (!path.startsWith('/') && type !== 'zfs') {
    throw new LxcError(`Failed to use the root file system ${path}: it is not an absolute path`, {
      origin: entry.origin,
    });
  }
  if (mountEntry !== undefined && facts.paths.get(mount)?.kind !== 'directory') {
    throw new LxcError(`Failed to mount the root file system on ${mount}: No such directory`, {
      origin: mountEntry.origin,
      hint: `make it with mkdir -p ${mount}`,
    });
  }
  return { path, mount, entry, type };
}

/** With the path as it is looked up. */
export function rootfsOf({ type, path }: Rootfs): Rootfs {
  return { type, path: trimSlashes(path) };
}

export function trimSlashes(path: string): string {
  const trimmed = path.replace(/\/+/g, '/').replace(/\/$/, '');
  return trimmed === '' ? '/' : trimmed;
}

/** What is mounted from here on stays in the container; what the host mounts still comes in. */
export function isolateMounts(): PlannedOp {
  return propagate(ms.slave, 'make the mounts of the host slaves');
}

/** Of all mounts below `/`. */
function propagate(kind: number, act: string): PlannedOp {
  return step(
    {
      op: 'mount',
      args: {
        source: '',
        sourceWhere: where.host,
        target: '/',
        targetWhere: where.host,
        fstype: '',
        flags: 0,
        data: '',
        propagation: kind | ms.rec,
      },
    },
    always(act),
  );
}

/** What the parent does for the root file system before init is born. */
export function attachRoot(context: Context): readonly PlannedOp[] {
  return storageOf(context)?.attach ?? [];
}

/** The part of the child before its ids are mapped. */
export function mountRoot(context: Context): readonly PlannedOp[] {
  const { root, facts } = context;
  const storage = storageOf(context);
  if (storage === undefined) return [];
  const point = makeMountPoint(root, facts.paths.has(root.mount));
  return storage.asMapped === true ? point : [...point, ...storage.mount, openRoot(root)];
}

/** What is mounted with ids of the container. */
export function mountMappedRoot(context: Context): readonly PlannedOp[] {
  const storage = storageOf(context);
  return storage?.asMapped === true ? [...storage.mount, openRoot(context.root)] : [];
}

/** What {@link mountApart} looks at. */
export interface RootInputs extends Pick<Inputs, 'config'> {
  readonly request: Pick<StartRequest, 'uid' | 'env'>;
  readonly facts: Pick<HostFacts, 'paths' | 'storage' | 'ids'>;
}

/** A root file system without its container, to be copied or filled: as its files are, with ids not mapped. */
export function mountApart(inputs: RootInputs, target: string, writable: boolean): StoragePlan {
  const { config, facts } = inputs;
  const entry = config.one('lxc.rootfs.path');
  if (entry === undefined) return { attach: [], mount: [] };
  const { type, path } = rootfsOf(entry.value);
  const options = mountFlags(config.one('lxc.rootfs.options')?.value.options ?? []);
  const flags = writable ? options.flags & ~ms.rdonly : options.flags;
  return driverOf(kindOf({ type, path }, facts))({
    context: {
      ...inputs,
      root: { path, mount: target, entry, type },
      ids: config.many('lxc.idmap').length === 0 ? undefined : resolveIds(inputs),
    },
    path,
    target,
    options: { ...options, flags },
    why: (act) => asked(entry, act),
  });
}

function openRoot({ mount }: Root): PlannedOp {
  return step({ op: 'openRoot', args: { path: mount } }, always(`open the root file system ${mount}`));
}

function storageOf(context: Context): StoragePlan | undefined {
  const { root, config, facts } = context;
  const { path, entry, type, mount } = root;
  if (path === undefined || entry === undefined) return undefined;
  const options = config.one('lxc.rootfs.options');
  const kind = kindOf({ type, path }, facts);
  const mapped = placeRoot(context);
  if (mapped !== undefined) return mappedStorage(context, kind, mapped);
  return driverOf(kind)({
    context,
    path,
    target: mount,
    options: mountFlags(options?.value.options ?? []),
    why: (act) => ({ ...asked(entry, act), origin: options?.origin ?? entry.origin }),
  });
}

function mappedStorage(
  { config, root }: Context,
  kind: StorageKind,
  mount: readonly PlannedOp[],
): StoragePlan {
  if (kind === 'dir' || kind === 'btrfs') return { attach: [], mount };
  throw new LxcError(`Failed to map the ids of ${root.path}: it is no directory but ${kind}`, {
    origin: config.one('lxc.rootfs.options')?.origin,
    hint: 'take the option idmap out, and give the files to the ids of the container',
  });
}

function makeMountPoint({ mount }: Root, exists: boolean): readonly PlannedOp[] {
  if (exists) return [];
  const act = `make the mount point ${mount}`;
  return [step({ op: 'mkdir', args: { path: mount, where: where.host, mode: 0o755 } }, always(act))];
}

/** Programs inside that unshare mounts, such as services of systemd, expect to find shared ones. */
export function changeRoot({ root }: Context): readonly PlannedOp[] {
  if (root.path === undefined) return [];
  return [
    step({ op: 'pivotRoot', args: {} }, askedBy(root.entry, 'start', `change the root to ${root.path}`)),
    propagate(ms.shared, 'share the mounts of the container among its own namespaces'),
  ];
}

/** A path inside the container, and how the helper finds it: below the root's descriptor, or on the host. */
export function inside({ root }: { readonly root: Root }, path: string): { path: string; where: number } {
  if (root.path === undefined) return { path: `/${path}`, where: where.host };
  return { path, where: where.rootfs };
}
