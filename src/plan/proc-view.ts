/**
 * `lxcts.lxcfs`: files of the proc view over those of /proc, and its processors over those of /sys. Run by the child
 * when proc and sys are mounted. Without the key a container gets what there is, and a view that cannot be had is
 * only worth a line in the log.
 */

import { LxcError } from '../base/error.ts';
import {
  classicFiles,
  cpuDirectory,
  furtherFiles,
  type ProcView,
  type RawEntry,
  rareFiles,
} from '../config/index.ts';
import type { PlannedOp } from '../wire/program.ts';
import { askedBy } from '../wire/step.ts';
import { hasProc, hasSys } from './auto-mounts.ts';
import type { Context } from './context.ts';
import type { ViewMount } from './facts.ts';
import { ms } from './mount-flags.ts';
import { mountInside } from './mount-step.ts';
import { listedTargets } from './mounts.ts';

export const viewKey = 'lxcts.lxcfs';

const rare: ReadonlySet<string> = new Set([...rareFiles].map((name) => `proc/${name}`));

/** What was asked for by name is not left out in silence. */
export function refuseMissingView(context: Context): void {
  const entry = context.config.one(viewKey);
  if (entry === undefined || entry.value === 'auto' || entry.value === 'off') return;
  const missing = whatIsMissing(context, entry.value);
  if (missing === undefined) return;
  throw new LxcError(`Failed to show the container its own limits: ${missing.reason}`, {
    origin: entry.origin,
    hint: missing.hint,
  });
}

function whatIsMissing(
  context: Context,
  wish: ProcView,
): { readonly reason: string; readonly hint: string } | undefined {
  if (context.facts.view === undefined)
    return { reason: 'no lxcfs is mounted', hint: 'run lxcfs /var/lib/lxcfs, or take auto' };
  if (!context.spaces.cloned.has('mnt'))
    return {
      reason: 'its mounts are those of somebody else',
      hint: 'let it have a mount namespace, or take auto',
    };
  const listed = listedTargets(context);
  const places = typeof wish === 'string' ? (['proc'] as const) : [...new Set(wish.map(placeOf))];
  const place = places.find((one) => !hasPlace(context, listed, one));
  return place && { reason: `there is no ${place} in it`, hint: `add lxc.mount.auto = ${place}` };
}

export function procView(context: Context): readonly PlannedOp[] {
  const entry = context.config.one(viewKey);
  const wish = context.config.value(viewKey);
  if (wish === 'off') return [];
  const { view } = context.facts;
  if (view === undefined || (wish === 'auto' && isHookedIn(context, view))) return [];
  const listed = listedTargets(context);
  const files = typeof wish === 'string' ? filesOf(view) : wish;
  return files
    .filter((file) => !listed.has(file) && hasPlace(context, listed, placeOf(file)))
    .map((file) => {
      const optional = wish === 'auto' || (wish === 'required' && rare.has(file));
      return bindFile(context, view, file, { entry, optional });
    });
}

function filesOf({ own }: ViewMount): readonly string[] {
  const pressure = furtherFiles.filter((name) => name.startsWith('pressure/'));
  const names = [...classicFiles, ...(own ? furtherFiles : pressure)];
  return [...names.map((name) => `proc/${name}`), own ? cpuDirectory : `${cpuDirectory}/online`];
}

interface How {
  readonly entry: RawEntry | undefined;
  readonly optional: boolean;
}

function bindFile(context: Context, view: ViewMount, file: string, { entry, optional }: How): PlannedOp {
  const source = `${treeOf(context, view)}/${file}`;
  const why = askedBy(entry, viewKey, `bind ${source} on ${file}`);
  const args = { source, target: file, flags: ms.bind };
  return mountInside(context, args, why, optional ? { optional } : {});
}

function treeOf(context: Context, { at }: ViewMount): string {
  return namedTree(context) ?? at;
}

/** Ours knows the containers of root by their names; whoever reads is then told of this one. */
export function namedTree({ request, facts: { view } }: Context): string | undefined {
  const known = view?.byName === true && request.record.path.startsWith('/run/lxc-ts/');
  return known ? `${view.at}/by-name/${request.name}` : undefined;
}

type PlaceName = 'proc' | 'sys';

function placeOf(file: string): PlaceName {
  return file.startsWith('sys/') ? 'sys' : 'proc';
}

/** Without a root file system the places are those of the host. */
function hasPlace(context: Context, listed: ReadonlyMap<string, string>, place: PlaceName): boolean {
  const auto = place === 'proc' ? hasProc : hasSys;
  return context.root.path === undefined || listed.has(place) || auto(context);
}

/** The hook of LXCFS does the same from the same place. */
function isHookedIn({ config }: Context, { at }: ViewMount): boolean {
  const hooks = config.many('lxc.hook.mount').map(({ value }) => value.split(' ')[0]);
  return at === '/var/lib/lxcfs' && hooks.includes('/usr/share/lxcfs/lxc.mount.hook');
}
