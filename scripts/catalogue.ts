/** All commands, loaded: what the manual and the completion are made of. */

import type { Command } from '../src/cli/command.ts';
import { commands } from '../src/cli/commands.ts';

export const catalogue: readonly Command[] = (
  await Promise.all(Object.values(commands).map((load) => load()))
).toSorted((left, right) => (left.name < right.name ? -1 : 1));
