/** Cgroups that keys of a configuration made and that no container owns alone. */

import { existsSync, readdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from './eventually.ts';
import { hierarchies } from './world.ts';

/** A directory that a key made stays with what is in it, such as the pivot: the leaving monitor sits there. */
export async function removeCgroups(dir: string): Promise<void> {
  const tops = hierarchies().map((top) => join(top, dir));
  await eventually(() => tops.filter((top) => !removed(top)).length === 0, `${dir} can be removed`);
}

function removed(dir: string): boolean {
  try {
    if (!existsSync(dir)) return true;
    for (const entry of readdirSync(dir, { withFileTypes: true }))
      if (entry.isDirectory()) removed(join(dir, entry.name));
    rmdirSync(dir);
    return true;
  } catch {
    return false;
  }
}
