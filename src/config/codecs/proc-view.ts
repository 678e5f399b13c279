/** `lxcts.lxcfs`: which files of the proc view a container gets. */

import { bad, splitBlank } from '../codec.ts';
import { nearest } from '../nearest.ts';
import type { Codec } from '../row.ts';

/** What LXCFS 5.0.3 serves below /proc; every mount has these. */
export const classicFiles = [
  'cpuinfo',
  'diskstats',
  'loadavg',
  'meminfo',
  'slabinfo',
  'stat',
  'swaps',
  'uptime',
] as const;

/** What ours serves besides, and later ones in part. */
export const furtherFiles = ['vmstat', 'pressure/cpu', 'pressure/io', 'pressure/memory'] as const;

/** Kernels may be built without these, so that no container has them. */
export const rareFiles: ReadonlySet<string> = new Set(['slabinfo', ...furtherFiles]);

/** The directory of processors, below the mount as below the root. */
export const cpuDirectory = 'sys/devices/system/cpu';

/** `auto`: what there is; `required`: all that matters, or no start; a list: just these, or no start. */
export type ProcView = 'auto' | 'off' | 'required' | readonly string[];

/** All that can be named. */
export const viewFiles = [...classicFiles, ...furtherFiles, 'cpu'] as const;

const modes = ['auto', 'off', 'required'] as const;
const known = new Map<string, string>(
  viewFiles.map((name) => [name, name === 'cpu' ? cpuDirectory : `proc/${name}`]),
);

export const procView: Codec<ProcView> = {
  form: 'auto|off|required|FILE...',
  choices: modes,
  parse(value) {
    const mode = modes.find((one) => one === value);
    return mode ?? [...new Set(splitBlank(value).map(fileOf))];
  },
  show: (value) => (typeof value === 'string' ? value : value.join(' ')),
};

/** Below the mount: `meminfo`, `/proc/meminfo` and `proc/meminfo` are `proc/meminfo`. */
function fileOf(word: string): string {
  const path = word.replace(/^\/+/, '');
  const file = known.get(path) ?? [...known.values()].find((one) => one === path);
  if (file !== undefined) return file;
  const near = nearest(path.replace(/^proc\//, ''), [...modes, ...known.keys()]);
  throw bad(
    `the proc view has no file "${word}"`,
    near === undefined ? `it has ${[...known.keys()].join(', ')}` : `did you mean "${near}"?`,
  );
}
