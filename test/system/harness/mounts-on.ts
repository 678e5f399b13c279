/** The mounts of this world at a path and below it. */

import { readFileSync } from 'node:fs';

export function mountsOn(path: string): string[] {
  const lines = readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
  const targets = lines.map((line) => line.split(' ')[4] ?? '');
  return targets.filter((target) => target === path || target.startsWith(`${path}/`));
}
