/** Configuration lines as a program writes them: keys that the compiler knows, values of the obvious types. */

import { type Config, type ConfigIo, setItem } from '../config/index.ts';
import type { Family, ListKey, NetList, NetScalar, ScalarKey } from '../config/keys/index.ts';

/**
 * A key of a configuration in its current spelling, such as `lxc.uts.name`, `lxc.net.0.type` or
 * `lxc.cgroup.memory.limit_in_bytes`. What each means: `lxc.container.conf(5)`.
 */
export type ConfigKey =
  | ScalarKey
  | ListKey
  | 'lxc.include'
  | `${Family}.${string}`
  | `lxc.net.${number}`
  | `lxc.net.${number}.${NetScalar | NetList}`;

/** True and false are written as 1 and 0. */
export type ConfigScalar = string | number | boolean;

/** Several values are several lines, in their order; an empty text clears what was said before. */
export type ConfigValue = ConfigScalar | readonly ConfigScalar[];

/** Lines of a configuration, in the order of the members. */
export type ConfigLines = { readonly [K in ConfigKey]?: ConfigValue | undefined };

export interface Line {
  readonly key: string;
  readonly text: string;
}

export function linesOf(config: ConfigLines): readonly Line[] {
  return Object.entries(config).flatMap(([key, value]) => textsOf(value).map((text) => ({ key, text })));
}

export function textsOf(value: ConfigValue | undefined): readonly string[] {
  if (value === undefined) return [];
  return isList(value) ? value.map(textOf) : [textOf(value)];
}

function isList(value: ConfigValue): value is readonly ConfigScalar[] {
  return Array.isArray(value);
}

function textOf(value: ConfigScalar): string {
  if (typeof value === 'boolean') return value ? '1' : '0';
  return String(value);
}

/** As if the lines were said last. */
export function withLines(config: Config, lines: ConfigLines | undefined, io: ConfigIo): Config {
  return linesOf(lines ?? {}).reduce(
    (before, { key, text }, index) => setItem(before, { key, text }, { file: 'config', line: index + 1 }, io),
    config,
  );
}
