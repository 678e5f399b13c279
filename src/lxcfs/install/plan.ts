/**
 * What to write and to remove, decided before anything is touched: what somebody else wrote is never replaced and never
 * removed. Our own files say in their second line or before who wrote them; those in JSON are known by our hook.
 */

import { dirname } from 'node:path';
import { LxcError } from '../../base/error.ts';

/** What is to be in a file of somebody else's, the rest of which stays to the letter. */
export interface Part {
  add(path: string, old: string | undefined, bin: string): { readonly text: string; readonly note?: string };
  /** No text: nothing else is in it. */
  remove(path: string, old: string): { readonly text: string | undefined };
}

interface Where {
  readonly path: string;
  readonly mode: number;
}

/** Its text is `source` below configs/ with `@BIN@` filled in. */
export interface Whole extends Where {
  readonly source: string;
  /** Only where this directory is: the program is installed. */
  readonly ifThere?: string;
  /** Whose file may be there already, and does the same. */
  readonly or?: string;
}

export interface Shared extends Where {
  readonly part: Part;
}

export type Installed = Whole | Shared;

export interface Integration {
  readonly files: readonly Installed[];
  /** What the user does next; nothing is run for him. */
  readonly next: string;
  readonly nextGone: string;
}

/** What is known of the machine and of the package. */
export interface World {
  /** Directory of the commands. */
  readonly bin: string;
  /** Put in front of every path; '' for the machine itself. */
  readonly root: string;
  read(path: string): string | undefined;
  exists(path: string): boolean;
  /** A file below configs/ of the package. */
  source(name: string): string;
}

export type Outcome = 'written' | 'unchanged' | 'kept' | 'left out' | 'removed' | 'absent';

export interface Step {
  readonly path: string;
  readonly outcome: Outcome;
  /** `written`. */
  readonly text?: string;
  readonly mode: number;
  /** `kept`: whose it is. */
  readonly owner?: string;
  readonly note?: string;
}

const mark = /^# Written by (?:lxcfs|lxc-net) install |"--oci-hook"/m;

export function planInstall({ files }: Integration, world: World): readonly Step[] {
  return files.map((file) => {
    const path = `${world.root}${file.path}`;
    return 'part' in file ? partStep(file, path, world) : wholeStep(file, path, world);
  });
}

export function planUninstall({ files }: Integration, world: World): readonly Step[] {
  return files.map((file) => {
    const path = `${world.root}${file.path}`;
    const old = world.read(path);
    if (old === undefined) return { path, mode: file.mode, outcome: 'absent' };
    return 'part' in file ? partGone(file, path, old) : wholeGone(file, path, old);
  });
}

function wholeStep(file: Whole, path: string, world: World): Step {
  const { mode, or: owner, ifThere } = file;
  if (ifThere !== undefined && !world.exists(`${world.root}${ifThere}`))
    return { path, mode, outcome: 'left out' };
  const old = world.read(path);
  if (old !== undefined && !mark.test(old)) {
    if (owner !== undefined) return { path, mode, outcome: 'kept', owner };
    throw new LxcError(`Failed to write ${path}: it is there, and somebody else wrote it`, {
      hint: 'move it away and try again',
    });
  }
  const bin = file.source.endsWith('.json') ? JSON.stringify(world.bin).slice(1, -1) : world.bin;
  return written(
    path,
    mode,
    old,
    world.source(file.source).replaceAll('@BIN@', () => bin),
  );
}

function partStep({ part, mode }: Shared, path: string, world: World): Step {
  const old = world.read(path);
  const { text, note } = part.add(path, old, world.bin);
  return { ...written(path, mode, old, text), ...(note !== undefined && { note }) };
}

function wholeGone({ mode, or }: Whole, path: string, old: string): Step {
  if (!mark.test(old)) return { path, mode, outcome: 'kept', owner: or ?? 'somebody else' };
  return { path, mode, outcome: 'removed' };
}

function partGone({ part, mode }: Shared, path: string, old: string): Step {
  const { text } = part.remove(path, old);
  return text === undefined ? { path, mode, outcome: 'removed' } : written(path, mode, old, text);
}

function written(path: string, mode: number, old: string | undefined, text: string): Step {
  return text === old ? { path, mode, outcome: 'unchanged' } : { path, mode, outcome: 'written', text };
}

/** Our own directories; those of others have files of theirs, or are wanted empty. */
export function isOwnDirectory(path: string): boolean {
  return dirname(path).endsWith('/lxc-ts');
}
