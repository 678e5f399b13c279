/** A reader over files in memory, so that no test depends on the machine. */

import type { ConfigIo } from '../../../src/config/index.ts';

export interface World {
  /** By absolute path. */
  readonly files?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Random digits, repeated as needed. */
  readonly digits?: readonly number[];
}

export function fakeIo({ files = {}, env = {}, cwd = '/cfg', digits = [7] }: World = {}): ConfigIo {
  let drawn = 0;
  return {
    cwd,
    readFile: (path) => files[path],
    list: (path) => namesIn(path, Object.keys(files)),
    env: (name) => (Object.hasOwn(env, name) ? env[name] : undefined),
    nibble: () => digits[drawn++ % digits.length] ?? 0,
  };
}

function namesIn(directory: string, paths: readonly string[]): readonly string[] | undefined {
  const prefix = `${directory.replace(/\/$/, '')}/`;
  const names = paths.flatMap((path) =>
    path.startsWith(prefix) ? [path.slice(prefix.length).split('/')[0] ?? ''] : [],
  );
  return names.length === 0 ? undefined : [...new Set(names)];
}
