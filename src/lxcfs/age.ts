/** Time since a container's init started. LXCFS and the kernel reckon it on the clock that counts suspended time. */

import type { Inquiry } from './inquiry.ts';

export interface AgeInputs {
  /** /proc/uptime of the host. */
  readonly uptime: string;
  /** Clock ticks between boot and start. */
  readonly started: number;
}

export function collectAge({ source, started }: Inquiry): AgeInputs {
  return { uptime: source.text('/proc/uptime') ?? '', started };
}

/** In clock ticks of 1/100 s. */
export function ageOf({ uptime, started }: AgeInputs): number {
  return Math.max(0, bootTicks(uptime) - started);
}

/** `2363.03 3465.96`: seconds since boot, with two digits as the ticks have them. */
function bootTicks(uptime: string): number {
  const match = /^(\d+)\.(\d\d)/.exec(uptime);
  return match === null ? 0 : Number(`${match[1]}${match[2]}`);
}

export function seconds(ticks: number): string {
  return `${Math.floor(ticks / 100)}.${String(ticks % 100).padStart(2, '0')}`;
}
