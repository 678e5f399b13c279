/**
 * Runs every check and test one after the other (`sh scripts/test` sets up and calls this) and ends with the line
 * `N passed, N failed, N skipped`, summed over the runs. A run that breaks before it can count is one failure.
 */

import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Counts, countOutcomes, readOutcomes } from '../test/outcomes.ts';

const project = resolve(import.meta.dirname, '..');
const bin = join(project, 'node_modules/.bin');
const scratch = mkdtempSync(join(tmpdir(), 'lxc-ts-test-'));

interface Done {
  readonly status: number;
  readonly lastLine: string;
}

function run(
  title: string,
  argv: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Done> {
  process.stdout.write(`\n==> ${title}\n`);
  const [file = '', ...args] = argv;
  const child = spawn(file, args, {
    cwd: project,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, PATH: `${bin}:${process.env.PATH ?? ''}`, ...env },
  });
  let tail = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    process.stdout.write(text);
    tail = (tail + text).slice(-400);
  });
  return new Promise((done, fail) => {
    child.on('error', fail);
    child.on('close', (code) =>
      done({ status: code ?? 1, lastLine: tail.trimEnd().split('\n').at(-1) ?? '' }),
    );
  });
}

/** A check passes or fails as a whole. */
async function check(title: string, argv: readonly string[]): Promise<Counts> {
  const { status } = await run(title, argv);
  return status === 0 ? { passed: 1, failed: 0, skipped: 0 } : { passed: 0, failed: 1, skipped: 0 };
}

async function vitest(ring: string): Promise<Counts> {
  const results = join(scratch, `${ring}.json`);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${results}`];
  const { status } = await run(`${ring} tests`, ['vitest', 'run', '--project', ring, ...reporters]);
  try {
    const counts = countOutcomes(readOutcomes(readFileSync(results, 'utf8')));
    return status !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts;
  } catch {
    return { passed: 0, failed: 1, skipped: 0 };
  }
}

/** A run that ends with its counts. */
async function counted(
  title: string,
  script: string | readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Counts> {
  const { status, lastLine } = await run(title, ['node', ...[script].flat()], env);
  const numbers = /^(\d+) passed, (\d+) failed, (\d+) skipped$/.exec(lastLine);
  if (numbers === null) return { passed: 0, failed: 1, skipped: 0 };
  const [passed, failed, skipped] = numbers.slice(1).map(Number);
  const counts = { passed: passed ?? 0, failed: failed ?? 0, skipped: skipped ?? 0 };
  return status !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts;
}

async function all(): Promise<Counts> {
  const warm = join(scratch, 'warm.jsonl');
  const cold = join(scratch, 'cold.jsonl');
  const counts = [
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
  return counts.reduce((sum, one) => ({
    passed: sum.passed + one.passed,
    failed: sum.failed + one.failed,
    skipped: sum.skipped + one.skipped,
  }));
}

try {
  const { passed, failed, skipped } = await all();
  process.exitCode = failed === 0 ? 0 : 1;
  process.stdout.write(`\n${passed} passed, ${failed} failed, ${skipped} skipped\n`);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
