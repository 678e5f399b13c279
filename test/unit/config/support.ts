/** Short forms for tests of configurations. */

import { LxcError } from '../../../src/base/error.ts';
import { type Config, parseConfig } from '../../../src/config/index.ts';
import { fakeIo, type World } from './fake-io.ts';

export const file = 'foo.conf';

export function parse(text: string | readonly string[], world: World = {}): Config {
  const lines = typeof text === 'string' ? text : text.join('\n');
  return parseConfig(lines, { file, io: fakeIo(world) });
}

/** The line that the user sees when it fails. */
export function failure(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof LxcError) return error.toString();
    throw error;
  }
  throw new Error('nothing was refused');
}

export function notes(config: Config): readonly string[] {
  return config.notes.map(({ origin, message }) => `${origin.file}:${origin.line}: ${message}`);
}
