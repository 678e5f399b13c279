/** `lxc.mount.fstab` and `lxc.mount.entry`: mounts that the user lists. */

import { LxcError } from '../base/error.ts';
import {
  type AutoMount,
  type AutoShmounts,
  type MountEntry,
  parseFstabLine,
  type RawEntry,
} from '../config/index.ts';
import { where } from '../wire/ops.ts';
import type { PlannedOp } from '../wire/program.ts';
import { asked, step } from '../wire/step.ts';
import { lastAuto } from './auto-mounts.ts';
import { type Context, note } from './context.ts';
import { cloneTree, takeTree } from './mapped-mounts.ts';
import { type MountFlags, mountFlags, ms } from './mount-flags.ts';
import { mkdirInside, mkfileInside, mountInside } from './mount-step.ts';
import { inside, trimSlashes } from './rootfs.ts';

export function listedMounts(context: Context): readonly PlannedOp[] {
  const own = listed(context).flatMap(({ line, entry }) => oneMount(context, line, entry));
  return [...own, ...sharedMounts(context), ...nestingMounts(context)];
}

/**
 * The kernel lets a container inside mount /proc and /sys only where whole ones are to be seen. C LXC has them too, but
 * only where there is a line lxc.mount.entry.
 */
function nestingMounts(context: Context): readonly PlannedOp[] {
  const entry = context.config.one('lxc.apparmor.allow_nesting');
  if (entry?.value !== true) return [];
  const whole = { options: [], create: 'dir', optional: true, relative: false, idmap: undefined } as const;
  return [
    ...oneMount(context, { ...whole, source: 'proc', target: 'dev/.lxc/proc', type: 'proc' }, entry),
    ...oneMount(context, { ...whole, source: 'sys', target: 'dev/.lxc/sys', type: 'sysfs' }, entry),
  ];
}

function listed(context: Context): readonly FstabLine[] {
  const entries = context.config.many('lxc.mount.entry').map((entry) => ({ line: entry.value, entry }));
  return [...fstabMounts(context), ...entries];
}

/**
 * `shmounts`: a directory of the host whose later mounts come into the container. The container's mounts are slaves of
 * the host's, so that is all that it takes, if the host shares its own.
 */
function sharedMounts(context: Context): readonly PlannedOp[] {
  const wish = lastAuto(context, isShmounts);
  if (wish === undefined) return [];
  const { mount, entry } = wish;
  if (!context.facts.sharedPaths.has(mount.host))
    note(context, entry, `${mount.host} is on no shared mount, so what is mounted there later stays outside`);
  const line: MountEntry = {
    source: mount.host,
    target: mount.container.replace(/^\/+/, ''),
    type: 'none',
    options: ['bind'],
    create: 'dir',
    optional: false,
    relative: false,
    idmap: undefined,
  };
  return oneMount(context, line, entry);
}

const isShmounts = (mount: AutoMount): mount is AutoShmounts => mount.what === 'shmounts';

/** What the user mounts by hand: the places, and the types. */
export function listedTargets(context: Context): ReadonlyMap<string, string> {
  const lines = [
    ...fstabMounts(context).map(({ line }) => line),
    ...context.config.many('lxc.mount.entry').map(({ value }) => value),
  ];
  return new Map(lines.map(({ target, type }) => [targetInside(context, target) ?? '', type]));
}

interface FstabLine {
  readonly line: MountEntry;
  readonly entry: RawEntry;
}

/** The origin of a line of a fstab is that line. */
function fstabMounts({ config, facts }: Context): readonly FstabLine[] {
  const fstab = config.one('lxc.mount.fstab');
  if (fstab === undefined) return [];
  const text = facts.files.get(fstab.value);
  if (text === undefined) {
    throw new LxcError(`Failed to read the mounts of ${fstab.value}: No such file`, {
      origin: fstab.origin,
      hint: 'make the file, or remove the line',
    });
  }
  return text.split('\n').flatMap((content, index) => {
    const entry = { ...fstab, text: content, origin: { file: fstab.value, line: index + 1 } };
    const line = parseLine(content, entry);
    return line === undefined ? [] : [{ line, entry }];
  });
}

function parseLine(content: string, { origin }: RawEntry): MountEntry | undefined {
  try {
    return parseFstabLine(content);
  } catch (error) {
    if (!(error instanceof LxcError)) throw error;
    throw new LxcError(`Cannot use the mount "${content.trim()}": ${error.message}`, {
      origin,
      hint: error.hint,
    });
  }
}

function oneMount(context: Context, line: MountEntry, entry: RawEntry): readonly PlannedOp[] {
  const target = targetInside(context, line.target);
  if (target === undefined) {
    note(context, entry, `the mount on ${line.target} is ignored: it is not below the root file system`);
    return [];
  }
  return [
    ...overlayDirectories(context, line, mountFlags(line.options), entry),
    ...created(context, line, target, entry),
    ...(line.idmap === undefined
      ? [plainMount(context, line, target, entry)]
      : placeTree(context, line, target, entry)),
  ];
}

function plainMount(context: Context, line: MountEntry, target: string, entry: RawEntry): PlannedOp {
  const flags = mountFlags(line.options);
  return mountInside(
    context,
    { ...sourceOf(context, line, flags), target, fstype: line.type, ...flags },
    asked(entry, mountAct(line, target, flags)),
    { optional: line.optional },
  );
}

/** Only the parent may map the ids of a mount. In the order in which the child takes them. */
export function listedTrees(context: Context): readonly PlannedOp[] {
  return listed(context).flatMap(({ line, entry }) => {
    const { options, idmap, optional } = line;
    if (idmap === undefined || targetInside(context, line.target) === undefined) return [];
    if (line.relative || (mountFlags(options).flags & ms.bind) === 0) {
      throw new LxcError(`Failed to map the ids of ${line.target}: it is no bind of a path of the host`, {
        origin: entry.origin,
        hint: 'give it the option bind or rbind, without "relative"',
      });
    }
    const { source } = sourceOf(context, line, mountFlags(options));
    return [cloneTree(context, { source, options, idmap, optional }, entry)];
  });
}

function placeTree(
  context: Context,
  { options, optional }: MountEntry,
  target: string,
  entry: RawEntry,
): readonly PlannedOp[] {
  const { path, where } = inside(context, target);
  return takeTree(
    { target: path, where, options, optional },
    asked(entry, `mount ${target} with mapped ids`),
  );
}

function mountAct({ source, type }: MountEntry, target: string, { flags }: MountFlags): string {
  if ((flags & ms.bind) !== 0) return `bind ${source} on ${target}`;
  if ((flags & ms.remount) !== 0) return `remount ${target}`;
  return `mount ${type} ${source} on ${target}`;
}

/**
 * A relative target lies below the root. An absolute one is meant below the root when it names the root file
 * system as the host sees it; others are `undefined`, as LXC ignores them. Without a root all lie on the host.
 */
function targetInside({ root, request }: Context, target: string): string | undefined {
  if (!target.startsWith('/')) return trimmed(target);
  if (root.path === undefined) return trimmed(target);
  const own = trimSlashes(target);
  const prefixes = [root.path, root.mount, `${request.lxcpath}/${request.name}/rootfs`];
  const prefix = prefixes.find((one) => own === one || own.startsWith(`${one === '/' ? '' : one}/`));
  return prefix === undefined ? undefined : trimmed(own.slice(prefix.length));
}

function trimmed(path: string): string {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  return parts.length === 0 ? '.' : parts.join('/');
}

function created(context: Context, line: MountEntry, target: string, entry: RawEntry): readonly PlannedOp[] {
  const more = { optional: line.optional };
  const why = asked(entry, `make ${target}`);
  if (line.create === 'dir') return [mkdirInside(context, target, why, more)];
  if (line.create === 'file') return [mkfileInside(context, target, why, more)];
  return [];
}

/** The sources of binds are paths: below the root where `relative` says so, else on the host, from `/`. */
function sourceOf(
  { root }: Context,
  { source, relative }: MountEntry,
  { flags }: MountFlags,
): { source: string; within: boolean } {
  if (relative && root.path !== undefined) return { source: trimmed(source), within: true };
  const isPath = (flags & (ms.bind | ms.move)) !== 0;
  return { source: isPath && !source.startsWith('/') ? `/${source}` : source, within: false };
}

/** Upper and work directories of an overlay are made where they belong to the container. */
function overlayDirectories(
  { request }: Context,
  line: MountEntry,
  { data }: MountFlags,
  entry: RawEntry,
): readonly PlannedOp[] {
  if (!line.type.startsWith('overlay')) return [];
  const own = `${request.lxcpath}/${request.name}/`;
  return data.split(',').flatMap((option) => {
    const path = /^(?:upperdir|workdir)=(.*)$/.exec(option)?.[1];
    if (path === undefined || !path.startsWith(own)) return [];
    const why = asked(entry, `make ${path}`);
    return [step({ op: 'mkdir', args: { path, where: where.host, mode: 0o755 } }, why)];
  });
}
