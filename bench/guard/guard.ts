/**
 * `npm run guard`: fails where a hot command needs over 10 % more system calls or instructions than guard.json says.
 * `npm run guard -- --update` writes down what it needs now. Run as root.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { makeWorld } from '../world.ts';
import { type Counts, countAll } from './counts.ts';
import { judge, verdictText } from './judge.ts';

const file = fileURLToPath(new URL('guard.json', import.meta.url));
const ours = fileURLToPath(new URL('../../bin', import.meta.url));

/** Counts by kind of host: how many cgroup hierarchies it has decides how many directories are made. */
function hostKind(): string {
  const lines = readFileSync('/proc/self/cgroup', 'utf8').trim().split('\n');
  return `${process.arch}, ${lines.length} cgroup hierarchies`;
}

const known: Record<string, Counts> = JSON.parse(readFileSync(file, 'utf8'));
using world = makeWorld(ours, '/usr/bin');
const counts = await countAll(world);
const kind = hostKind();
const before = known[kind];
if (process.argv.includes('--update')) {
  writeFileSync(file, `${JSON.stringify({ ...known, [kind]: counts }, undefined, 2)}\n`);
} else if (before === undefined) {
  process.stdout.write(
    `guard.json knows no host with ${kind}: nothing is compared\n0 passed, 0 failed, 1 skipped\n`,
  );
} else {
  const verdicts = judge(before, counts);
  const failed = verdicts.filter(({ isGood }) => !isGood).length;
  process.stdout.write(verdictText(verdicts));
  process.stdout.write(`${verdicts.length - failed} passed, ${failed} failed, 0 skipped\n`);
  process.exitCode = failed === 0 ? 0 : 1;
}
