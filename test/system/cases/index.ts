/** Every tool of C LXC with its cases, and those that we have no counterpart of. */

import type { Cases } from '../harness/case.ts';
import { host } from './host.ts';
import { inside } from './inside.ts';
import { life } from './life.ts';
import { making } from './making.ts';

export const cases: Cases = { ...host, ...inside, ...life, ...making };

/** Programs in the package of Debian that are not LXC's, each with the decision about it. */
export const foreign: Readonly<Record<string, string>> = {
  'unpriv-attach': 'small-commands.md',
  'unpriv-start': 'small-commands.md',
};
