/** Which capabilities the container keeps: `lxc.cap.drop` and `lxc.cap.keep` as one mask. */

import type { RawEntry } from '../config/index.ts';
import type { PlannedOp } from '../wire/program.ts';
import { asked, step } from '../wire/step.ts';
import type { Inputs } from './context.ts';

export const capNetAdmin = 12;
export const capSysAdmin = 21;

export interface Capabilities {
  /** A bit for each capability to drop. */
  readonly drop: bigint;
  /** The last line that asked for it. */
  readonly entry: RawEntry | undefined;
}

export function resolveCapabilities({ config, facts }: Inputs): Capabilities {
  const known = (1n << BigInt(facts.lastCapability + 1)) - 1n;
  const kept = config.many('lxc.cap.keep');
  const dropped = config.many('lxc.cap.drop');
  const mask = (entries: typeof kept): bigint =>
    entries.flatMap(({ value }) => value).reduce((bits, { number }) => bits | (1n << BigInt(number)), 0n);
  if (kept.length > 0) return { drop: known & ~mask(kept), entry: kept.at(-1) };
  return { drop: known & mask(dropped), entry: dropped.at(-1) };
}

export function keeps({ drop }: Capabilities, capability: number): boolean {
  return (drop & (1n << BigInt(capability))) === 0n;
}

export function dropCapabilities({ drop, entry }: Capabilities): readonly PlannedOp[] {
  if (drop === 0n || entry === undefined) return [];
  return [step({ op: 'capDrop', args: { drop } }, asked(entry, 'drop capabilities'))];
}
