/** Programs of the host, as the caller would find them; those of root are found by everybody. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Paths by name; what is missing is left out. `env`: `NAME=VALUE`. */
export function findTools(names: readonly string[], env: readonly string[]): ReadonlyMap<string, string> {
  const path = env.findLast((one) => one.startsWith('PATH='))?.slice('PATH='.length) ?? '';
  const directories = [...path.split(':').filter((one) => one.startsWith('/')), '/usr/sbin', '/sbin'];
  const found = names.flatMap((name): [string, string][] => {
    const file = directories.map((directory) => join(directory, name)).find((one) => existsSync(one));
    return file === undefined ? [] : [[name, file]];
  });
  return new Map(found);
}
