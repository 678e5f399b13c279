/**
 * `npm run bench [-- --only start,proc-view] [--rounds N] [--largest N] [--format json|md] [--write] [--from FILE]`: our
 * commands and their peers' in alternating pairs, hot (back to back) and idle (60 ms before each command: a hot loop
 * hides the kernel's RCU waits); the proc view, memory, many containers at once. `--write` saves the figures and brings
 * docs/performance.md and its plots up to date. Needs root, a built checkout, a C compiler and Debian's lxc in /usr/bin
 * (LXC_PEER=DIRECTORY for another place, LXCFS_PEER=FILE for another LXCFS).
 */

import { readFileSync } from 'node:fs';
import { type Figures, figuresText, merged } from './figures.ts';
import { measureAll, names } from './measure-all.ts';
import { missing } from './needs.ts';
import { optionsOf } from './options.ts';
import { figuresFile, writeReport } from './report/files.ts';
import { reportText } from './report/report.ts';

process.exitCode = await main().catch((error: unknown) => {
  process.stderr.write(`bench: ${error instanceof Error ? error.message : error}\n`);
  return 1;
});

async function main(): Promise<number> {
  const options = optionsOf(process.argv.slice(2), names);
  const ours = new URL('../bin', import.meta.url).pathname;
  const theirs = process.env.LXC_PEER ?? '/usr/bin';
  const lacking = options.from === undefined ? missing(ours, theirs) : [];
  if (lacking.length > 0) throw new Error(lacking.join('\nbench: '));
  const measured =
    options.from === undefined
      ? await measureAll(options, { ours, theirs, lxcfs: process.env.LXCFS_PEER ?? '/usr/bin/lxcfs' })
      : undefined;
  // What is saved is short of a few digits; what is printed is the same.
  const figures = parsed(measured ? figuresText(measured.figures) : readFileSync(options.from ?? '', 'utf8'));
  const whole = options.only === undefined || !options.write ? figures : together(figures, options.only);
  process.stdout.write(options.format === 'json' ? figuresText(whole) : reportText(whole));
  if (options.write) writeReport(whole);
  return measured?.failed ? 1 : 0;
}

function parsed(text: string): Figures {
  return JSON.parse(text);
}

/** Rows measured again take their places in the run that is saved. */
function together(figures: Figures, only: readonly string[]): Figures {
  const saved = parsed(readFileSync(figuresFile, 'utf8'));
  return merged(saved, figures, only);
}
