/** What a template tells: its steps while somebody looks, warnings always. */

import { LxcError } from '../base/error.ts';

/** Quiet in a pipe and in a log. */
export function progress(step: string): void {
  if (process.stderr.isTTY) process.stderr.write(`${step}\n`);
}

export function warn(template: string, text: string): void {
  process.stderr.write(`lxc-${template}: ${text}\n`);
}

export function complaint(template: string, error: unknown): string {
  if (!(error instanceof LxcError)) return `lxc-${template}: ${String(error)}\n`;
  return `lxc-${template}: ${error.message}${error.hint === undefined ? '' : `; ${error.hint}`}\n`;
}
