/**
 * Runs every check and test one after the other (`sh scripts/test` sets up and calls this) and ends with the line
 * `N passed, N failed, N skipped`, summed over the runs. Before it stands once more what failed, for the run takes half an
 * hour. A run that breaks before it can count is one failure.
 */

import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Counts, countOutcomes, failuresText, readOutcomes } from '../test/outcomes.ts';

const project = resolve(import.meta.dirname, '..');
const bin = join(project, 'node_modules/.bin');
const scratch = mkdtempSync(join(tmpdir(), 'lxc-ts-test-'));

/** Where the rings write down which tests failed, so that the end of an hour of output can say it again. */
const failures = join(scratch, 'failures');

/** How much of the output of a run that failed is repeated when no test of it can be named. */
const repeatedLines = 25;

interface Done {
  readonly status: number;
  /** Of stdout alone. */
  readonly lastLine: string;
  /** The end of all that it printed. */
  readonly tail: string;
}

interface Part {
  readonly title: string;
  readonly counts: Counts;
  /** What failed; empty when nothing did. */
  readonly failures: string;
}

function run(
  title: string,
  argv: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Done> {
  process.stdout.write(`\n==> ${title}\n`);
  const [file = '', ...args] = argv;
  rmSync(failures, { force: true });
  const child = spawn(file, args, {
    cwd: project,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, PATH: `${bin}:${process.env.PATH ?? ''}`, LXC_TS_FAILURES: failures, ...env },
  });
  const ends = { stdout: '', all: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    process.stdout.write(text);
    ends.stdout = (ends.stdout + text).slice(-400);
    ends.all = (ends.all + text).slice(-8000);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    process.stderr.write(text);
    ends.all = (ends.all + text).slice(-8000);
  });
  return new Promise((done, fail) => {
    child.on('error', fail);
    child.on('close', (code) => {
      const lastLine = ends.stdout.trimEnd().split('\n').at(-1) ?? '';
      const tail = ends.all.trimEnd().split('\n').slice(-repeatedLines).join('\n');
      done({ status: code ?? 1, lastLine, tail });
    });
  });
}

/** `undefined`: it broke before it could count. One that ended badly fails even where none of what it counted did. */
function part(title: string, counts: Counts | undefined, { status, tail }: Done): Part {
  const known = counts ?? { passed: 0, failed: 1, skipped: 0 };
  const failed = status === 0 ? known.failed : Math.max(1, known.failed);
  const told = existsSync(failures) ? readFileSync(failures, 'utf8') : '';
  return { title, counts: { ...known, failed }, failures: failed === 0 ? '' : told || `${tail}\n` };
}

/** A check passes or fails as a whole. */
async function check(title: string, argv: readonly string[]): Promise<Part> {
  const done = await run(title, argv);
  return part(title, done.status === 0 ? { passed: 1, failed: 0, skipped: 0 } : undefined, done);
}

async function vitest(ring: string): Promise<Part> {
  const results = join(scratch, `${ring}.json`);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${results}`];
  const title = `${ring} tests`;
  const done = await run(title, ['vitest', 'run', '--project', ring, ...reporters]);
  try {
    const outcomes = readOutcomes(readFileSync(results, 'utf8'));
    writeFileSync(failures, failuresText(outcomes));
    return part(title, countOutcomes(outcomes), done);
  } catch {
    return part(title, undefined, done);
  }
}

/** A run that ends with its counts. */
async function counted(
  title: string,
  script: string | readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Part> {
  const done = await run(title, ['node', ...[script].flat()], env);
  const numbers = /^(\d+) passed, (\d+) failed, (\d+) skipped$/.exec(done.lastLine);
  if (numbers === null) return part(title, undefined, done);
  const [passed = 0, failed = 0, skipped = 0] = numbers.slice(1).map(Number);
  return part(title, { passed, failed, skipped }, done);
}

async function all(): Promise<Part[]> {
  const warm = join(scratch, 'warm.jsonl');
  const cold = join(scratch, 'cold.jsonl');
  return [
    await check('types', ['tsc', '--noEmit']),
    await check('style', ['biome', 'check', '.']),
    await check('generated files', ['node', 'scripts/generate.ts', '--check']),
    await check('reference of the library', ['node', 'scripts/api.ts', '--check']),
    await vitest('unit'),
    await counted('what hot commands cost', 'bench/guard/guard.ts'),
    await vitest('conformance'),
    await counted('system tests', 'test/system/run.ts', { LXC_TS_TRANSCRIPT: warm }),
    await counted('system tests without the daemon', 'test/system/run.ts', {
      LXC_TS_DAEMON: '0',
      LXC_TS_TRANSCRIPT: cold,
    }),
    await counted('system tests against C LXC', 'test/system/run.ts', { LXC_UNDER_TEST: '/usr/bin' }),
    await counted('what tests say of keys', 'test/system/run.ts', { LXC_TS_WITHOUT: '1' }),
    await counted('the installed package and the examples', 'test/package/run.ts'),
    await counted('Debian and its inits', 'test/boot/run.ts'),
    await counted('containers of Docker and Podman', 'test/engines/run.ts'),
    await counted('the same answers with and without the daemon', [
      'test/system/same-answers.ts',
      warm,
      cold,
    ]),
  ];
}

try {
  const parts = await all();
  for (const { title, failures } of parts.filter((one) => one.failures !== ''))
    process.stdout.write(`\n==> failed: ${title}\n${failures}`);
  const sum = (of: keyof Counts) => parts.reduce((total, { counts }) => total + counts[of], 0);
  const [passed, failed, skipped] = [sum('passed'), sum('failed'), sum('skipped')];
  process.exitCode = failed === 0 ? 0 : 1;
  process.stdout.write(`\n${passed} passed, ${failed} failed, ${skipped} skipped\n`);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
