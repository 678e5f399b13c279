/**
 * Files of settings below `/etc/default`. LXC has them read by a shell; here they are lists of assignments, and what only
 * a shell understands is refused with its line.
 */

import { LxcError, type Origin } from '../base/error.ts';

export interface Given {
  readonly value: string;
  readonly origin: Origin;
}

/** By name; the last of two counts. */
export function assignments(file: string, text: string): ReadonlyMap<string, Given> {
  const given = new Map<string, Given>();
  text.split('\n').forEach((line, index) => {
    const origin = { file, line: index + 1 };
    const [name, value] = assignment(line.trim(), origin) ?? [];
    if (name !== undefined && value !== undefined) given.set(name, { value, origin });
  });
  return given;
}

const form = /^(?:export\s+)?([A-Za-z_]\w*)=(?:"([^"$`\\]*)"|'([^']*)'|([^\s"'$`\\;&|<>()]*))\s*(?:#.*)?$/;

/** Debian's /etc/default/lxc has that of lxc-net read, which is asked itself. */
const reading = /^\[ ! -f (\S+) \] \|\| \. \1$/;

function assignment(line: string, origin: Origin): readonly [string, string] | undefined {
  if (line === '' || line.startsWith('#') || reading.test(line)) return undefined;
  const [, name, double, single, bare] = form.exec(line) ?? [];
  if (name !== undefined) return [name, double ?? single ?? bare ?? ''];
  throw new LxcError(`Cannot read "${line}": it is no plain assignment`, {
    origin,
    hint: 'write NAME="VALUE", without what a shell would have to work out',
  });
}
