/** Rules of `devices.allow` and `devices.deny`, as v1 writes them and as lists that a v2 program is made of. */

import { LxcError } from '../base/error.ts';
import { type DeviceRule, type NamedEntry, parseDeviceRule } from '../config/index.ts';

/** `all` forgets the rules before it. */
export interface ResolvedRule {
  readonly allow: boolean;
  readonly type: 'a' | 'b' | 'c';
  readonly major: number | '*';
  readonly minor: number | '*';
  /** Some of r, w, m. */
  readonly access: string;
}

export interface DeviceNode {
  readonly type: 'b' | 'c';
  readonly major: number;
  readonly minor: number;
}

export type FindDevice = (path: string) => DeviceNode | undefined;

export function isDeviceRule(name: string): boolean {
  return name === 'devices.allow' || name === 'devices.deny';
}

export function resolveRule(entry: NamedEntry<string>, find: FindDevice): ResolvedRule {
  const rule = parseRule(entry);
  const allow = entry.name === 'devices.allow';
  if (rule.kind === 'all') return { allow, type: 'a', major: '*', minor: '*', access: 'rwm' };
  if (rule.kind === 'node') return { allow, ...rule };
  const node = find(rule.path);
  if (node !== undefined) return { allow, ...node, access: rule.access };
  throw new LxcError(`Failed to find the device ${rule.path}: there is no such device node`, {
    origin: entry.origin,
    hint: 'name its numbers instead, as in "c 1:3 rwm"',
  });
}

function parseRule({ key, text, origin }: NamedEntry<string>): DeviceRule {
  try {
    return parseDeviceRule(text);
  } catch (error) {
    if (!(error instanceof LxcError)) throw error;
    throw new LxcError(`Cannot use "${text}" for ${key}: ${error.message}`, { origin, hint: error.hint });
  }
}

/** The line that the v1 files take. */
export function ruleText({ type, major, minor, access }: ResolvedRule): string {
  return type === 'a' ? 'a' : `${type} ${major}:${minor} ${access}`;
}
