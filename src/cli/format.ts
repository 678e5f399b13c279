/** `--format`: the same facts for people and for programs. */

import { LxcError } from '../base/error.ts';
import { parsed } from './option.ts';

export const format = parsed(
  { long: 'format', metavar: 'FORMAT', help: 'Print text (the default) or json' },
  (value) => {
    if (value === 'text' || value === 'json') return value;
    throw new LxcError(`Failed to print as '${value}': no such format`, { hint: 'give text or json' });
  },
);

/** JSON as the commands print it: two blanks deep, keys in the order of the text. */
export function jsonText(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
