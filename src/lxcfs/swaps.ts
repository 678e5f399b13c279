/** /proc/swaps by our rules: one line for all swap of the subject, in the kernel's own columns. */

import { type MemoryInputs, memoryOf } from './memory.ts';

const header = 'Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n';

export function renderSwaps(inputs: MemoryInputs | undefined): string {
  if (inputs === undefined) return header;
  const { swapTotal, swapUsed } = memoryOf(inputs);
  if (swapTotal === 0) return header;
  return `${header}${'none'.padEnd(40)}virtual\t\t${swapTotal}\t\t${swapUsed}\t\t0\n`;
}
