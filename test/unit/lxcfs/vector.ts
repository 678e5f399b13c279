/** Recorded views of LXCFS as inquiries: what a daemon read, what it answered. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CgroupLayout, Hierarchy } from '../../../src/cgroup/layout.ts';
import type { Profile } from '../../../src/lxcfs/contract.ts';
import { groupsOf } from '../../../src/lxcfs/groups.ts';
import type { Inquiry } from '../../../src/lxcfs/inquiry.ts';
import { makeProfile } from '../../../src/lxcfs/profile.ts';

type Texts = Readonly<Record<string, string>>;

export interface Step {
  readonly changes: Readonly<Record<string, string | null>>;
  readonly outputs: Texts;
}

export interface Vector {
  readonly name: string;
  readonly kind: 'mock' | 'real';
  readonly reference: string;
  readonly layout: string;
  readonly flags: readonly string[];
  readonly note: string;
  readonly caller: {
    readonly reader: string;
    readonly init_starttime_ticks: number | null;
    readonly boottime_seconds?: number;
  };
  readonly inputs: Texts;
  readonly outputs: Texts;
  readonly steps?: readonly Step[];
}

export function readVectors(
  directory: string,
): readonly { readonly file: string; readonly vector: Vector }[] {
  const files = readdirSync(directory)
    .filter((file) => file.endsWith('.json'))
    .sort();
  return files.map((file) => {
    const vector: Vector = JSON.parse(readFileSync(join(directory, file), 'utf8'));
    return { file, vector };
  });
}

export function vectorProfile({ flags, reference }: Pick<Vector, 'flags' | 'reference'>): Profile {
  return makeProfile({
    rules: /\b7\.0/.test(reference) ? '7.0' : '5.0.3',
    cfs: flags.includes('--enable-cfs'),
    loadavg: flags.includes('-l') || flags.includes('--enable-loadavg'),
    swap: !flags.includes('-u') && !flags.includes('--disable-swap'),
    zswap: !flags.includes('--disable-zswap'),
  });
}

/** With the inputs of a vector, or of one of its steps. */
export function inquiryOf(vector: Vector, inputs: Texts, profile: Profile): Inquiry {
  const { caller } = vector;
  const cgroups = inputs['/proc/INIT/cgroup'] ?? ownCgroups(inputs);
  const uptime =
    caller.boottime_seconds === undefined ? undefined : `${caller.boottime_seconds.toFixed(2)} 0.00\n`;
  const texts: Texts = uptime === undefined ? inputs : { ...inputs, '/proc/uptime': uptime };
  return {
    source: { text: (path) => texts[path] },
    profile,
    init: initOf(inputs),
    started: caller.init_starttime_ticks ?? 0,
    host: caller.reader === 'host process',
    group: groupsOf(layoutOf(cgroups, inputs), cgroups),
  };
}

/** A process of the host: its cgroup is the one whose files were recorded. */
function ownCgroups(inputs: Texts): string {
  const found = Object.keys(inputs).flatMap((path) => {
    const match = /^\/sys\/fs\/cgroup\/(\w+)(\/.+)\/[^/]+$/.exec(path);
    return match === null ? [] : [`1:${match[1]}:${match[2]}`];
  });
  return [...new Set(found)].join('\n');
}

function initOf(inputs: Texts): number {
  return Number.parseInt(inputs['/proc/INIT/stat'] ?? '4711', 10);
}

function layoutOf(cgroups: string, inputs: Texts): CgroupLayout {
  const offers = (inputs['/sys/fs/cgroup/cgroup.controllers'] ?? '').trim().split(' ');
  const lines = cgroups.split('\n').filter((line) => line !== '');
  const unified = lines.every((line) => line.startsWith('0::'));
  const hierarchies = lines.map((line): Hierarchy => {
    const controllers = line.split(':')[1] ?? '';
    const version = controllers === '' ? 2 : 1;
    const mount = version === 1 ? `/${controllers}` : unified ? '' : '/unified';
    return { controllers, version, mount: `/sys/fs/cgroup${mount}`, own: '/', base: '/', offers };
  });
  return { kind: unified ? 'unified' : 'hybrid', hierarchies };
}

export function changed(inputs: Texts, { changes }: Step): Texts {
  const entries = Object.entries({ ...inputs, ...changes });
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => entry[1] !== null));
}
