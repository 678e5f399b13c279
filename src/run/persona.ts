/** Personalities of personality(2) for `lxc.arch`, which an attached command has as well. */

import type { Config } from '../config/index.ts';

/** PER_LINUX and PER_LINUX32. */
export const personas = { bits64: 0, bits32: 8 } as const;

/** `undefined`: that of the caller stays. */
export function personaOf(config: Config): number | undefined {
  const arch = config.one('lxc.arch')?.value;
  if (arch === undefined) return undefined;
  return arch.bits === 32 ? personas.bits32 : personas.bits64;
}
