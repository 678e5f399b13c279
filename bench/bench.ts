/**
 * `npm run bench [-- --only start,proc-view] [--rounds N] [--largest N] [--format json|md] [--write] [--from FILE]`: our
 * commands and their peers' in alternating pairs, hot (back to back) and idle (60 ms before each command: a hot loop
 * hides the kernel's RCU waits); the proc view, memory, many containers at once. `--write` saves the figures and brings
 * docs/performance.md and its plots up to date. Needs root, a built checkout, a C compiler and Debian's lxc in /usr/bin
 * (LXC_PEER=DIRECTORY for another place, LXCFS_PEER=FILE for another LXCFS).
 */

import { existsSync, readFileSync } from 'node:fs';
import { type Figures, figuresText, merged } from './figures.ts';
import { measureAll, names } from './measure-all.ts';
import { missing } from './needs.ts';
import { type Options, optionsOf } from './options.ts';
import { againWithOwnRun, runIsOnDisk } from './own-run.ts';
import { figuresFile, writeReport } from './report/files.ts';
import { reportText } from './report/report.ts';

process.exitCode = await main().catch((error: unknown) => {
  process.stderr.write(`bench: ${error instanceof Error ? error.message : error}\n`);
  return 1;
});

async function main(): Promise<number> {
  const options = optionsOf(process.argv.slice(2), names);
  const { from, only, write } = options;
  if (from !== undefined) return tell(options, figuresIn(from));
  const programs = {
    ours: new URL('../bin', import.meta.url).pathname,
    theirs: process.env.LXC_PEER ?? '/usr/bin',
    lxcfs: process.env.LXCFS_PEER ?? '/usr/bin/lxcfs',
  };
  const lacking = missing(programs.ours, programs.theirs);
  if (lacking.length > 0) throw new Error(lacking.join('\nbench: '));
  if (runIsOnDisk()) return againWithOwnRun();
  // Rows measured again take their places in the run that is saved; read first, because measuring takes long.
  const saved = write && only !== undefined ? figuresIn(figuresFile) : undefined;
  const { figures, failed } = await measureAll(options, programs);
  // As they are when they are read again: short of a few digits.
  const short = parsed(figuresText(figures));
  tell(options, saved === undefined ? short : merged(saved, short, only ?? []));
  return failed ? 1 : 0;
}

function tell({ format, write }: Options, figures: Figures): number {
  process.stdout.write(format === 'json' ? figuresText(figures) : reportText(figures));
  if (write) writeReport(figures);
  return 0;
}

function figuresIn(file: string): Figures {
  if (!existsSync(file))
    throw new Error(`There is no ${file}; npm run bench -- --write makes docs/performance/figures.json`);
  return parsed(readFileSync(file, 'utf8'));
}

function parsed(text: string): Figures {
  return JSON.parse(text);
}
