/**
 * `lxc.mount.auto` for cgroups. With a cgroup namespace the file systems are mounted anew and show the
 * container's own part as root; without one, parts of the host's mounts are bound.
 */

import type { Place } from '../cgroup/placement.ts';
import type { AutoCgroup, AutoMount } from '../config/index.ts';
import type { PlannedOp } from '../wire/program.ts';
import { asked } from '../wire/step.ts';
import { type AutoWish, lastAuto } from './auto-mounts.ts';
import { capSysAdmin, keeps } from './capabilities.ts';
import type { Context } from './context.ts';
import { ms } from './mount-flags.ts';
import { type InnerMount, mkdirInside, mountInside, symlinkInside } from './mount-step.ts';

const isCgroup = (mount: AutoMount): mount is AutoCgroup =>
  mount.what === 'cgroup' || mount.what === 'cgroup-full' || mount.what === 'cgroup2';

const safe = ms.nosuid | ms.nodev | ms.noexec;
const top = 'sys/fs/cgroup';

type Mode = 'mixed' | 'ro' | 'rw';

interface Job {
  readonly context: Context;
  readonly wish: AutoWish<AutoCgroup>;
  readonly mode: Mode;
}

export function autoCgroup(context: Context): readonly PlannedOp[] {
  const wish = lastAuto(context, isCgroup);
  if (wish === undefined || leftToInit(context, wish.mount)) return [];
  const { mode } = wish.mount;
  const free = keeps(context.capabilities, capSysAdmin) ? 'rw' : 'mixed';
  const job: Job = { context, wish, mode: mode === 'auto' ? free : mode };
  const unified = wish.mount.what === 'cgroup2' || context.facts.cgroups.kind === 'unified';
  if (unified) return mountUnified(job);
  return context.spaces.cloned.has('cgroup') ? mountNew(job) : bindParts(job);
}

/** On v1 an init that may mount does it itself, as it likes. */
function leftToInit({ spaces, capabilities, facts }: Context, { what, force }: AutoCgroup): boolean {
  if (force || what === 'cgroup2' || facts.cgroups.kind === 'unified') return false;
  return spaces.cloned.has('cgroup') && keeps(capabilities, capSysAdmin);
}

function mount(
  { context, wish }: Job,
  target: string,
  what: Omit<InnerMount, 'target'>,
  act: string,
): PlannedOp {
  return mountInside(context, { ...what, target }, asked(wish.entry, act));
}

function mkdir({ context, wish }: Job, path: string): PlannedOp {
  return mkdirInside(context, path, asked(wish.entry, `make ${path}`));
}

function readOnly(mode: Mode): number {
  return mode === 'ro' ? ms.rdonly : 0;
}

function mountUnified(job: Job): readonly PlannedOp[] {
  const cgroup2 = { source: 'cgroup2', fstype: 'cgroup2', flags: safe | readOnly(job.mode) };
  return [mkdir(job, top), mount(job, top, cgroup2, `mount cgroup2 on ${top}`)];
}

function mountTmpfs(job: Job): readonly PlannedOp[] {
  const tmpfs = { source: 'none', fstype: 'tmpfs', flags: safe, data: 'size=10240k,mode=755' };
  return [mkdir(job, top), mount(job, top, tmpfs, `mount a tmpfs on ${top}`)];
}

function mountNew(job: Job): readonly PlannedOp[] {
  return [
    ...mountTmpfs(job),
    ...job.context.cgroups.places.flatMap((place) => {
      const target = targetOf(place);
      const { controllers, version } = place.hierarchy;
      const data = controllers.startsWith('name=') ? `none,${controllers}` : controllers;
      const what = version === 2 ? { fstype: 'cgroup2' } : { fstype: 'cgroup', data };
      const flags = safe | readOnly(job.mode);
      return [
        mkdir(job, target),
        mount(job, target, { source: 'cgroup', ...what, flags }, `mount the cgroups on ${target}`),
        ...shortNames(job, place),
      ];
    }),
  ];
}

/** `full` shows the whole hierarchy, else only the own part appears; mixed keeps that part writable. */
function bindParts(job: Job): readonly PlannedOp[] {
  const full = job.wish.mount.what === 'cgroup-full';
  return [
    ...mountTmpfs(job),
    ...job.context.cgroups.places.flatMap((place) => [
      mkdir(job, targetOf(place)),
      ...(full ? bindWhole(job, place) : bindOwn(job, place)),
      ...shortNames(job, place),
    ]),
  ];
}

function bindWhole(job: Job, place: Place): readonly PlannedOp[] {
  const target = targetOf(place);
  const own = `${target}${place.payloadPath}`;
  const bind = (source: string, on: string, flags: number): PlannedOp =>
    mount(job, on, { source, flags: ms.bind | flags }, `bind ${source} on ${on}`);
  const whole = bind(place.hierarchy.mount, target, job.mode === 'rw' ? 0 : ms.rdonly);
  return job.mode === 'mixed' ? [whole, bind(place.payload, own, 0)] : [whole];
}

function bindOwn(job: Job, place: Place): readonly PlannedOp[] {
  const target = targetOf(place);
  const own = `${target}${place.payloadPath}`;
  const parts = [
    mkdir(job, own),
    mount(
      job,
      own,
      { source: place.payload, flags: ms.bind | readOnly(job.mode) },
      `bind ${place.payload} on ${own}`,
    ),
  ];
  if (job.mode === 'rw') return parts;
  const above = { source: target, within: true, flags: ms.bind | ms.rec };
  const fixed = { source: target, within: true, flags: ms.remount | ms.bind | ms.rdonly | safe };
  return [
    mount(job, target, above, `bind ${target} on itself`),
    ...parts,
    mount(job, target, fixed, `make ${target} read-only`),
  ];
}

function targetOf({ hierarchy }: Place): string {
  return `${top}/${hierarchy.mount.slice(hierarchy.mount.lastIndexOf('/') + 1)}`;
}

/** Several controllers on one hierarchy: each has a link of its own name. */
function shortNames({ context, wish }: Job, { hierarchy }: Place): readonly PlannedOp[] {
  const names = hierarchy.controllers.split(',');
  const directory = hierarchy.mount.slice(hierarchy.mount.lastIndexOf('/') + 1);
  if (names.length < 2) return [];
  return names.map((name) =>
    symlinkInside(context, directory, `${top}/${name}`, asked(wish.entry, `link ${top}/${name}`)),
  );
}
