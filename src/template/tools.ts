/** The programs that a template runs. A signal ends the one that runs, and with it the template. */

import { type ChildProcess, spawn } from 'node:child_process';
import { LxcError } from '../base/error.ts';
import { isExecutable } from '../base/executable.ts';

/** Debian's package of a program, where it has another name. */
const packages: Readonly<Record<string, string>> = { xz: 'xz-utils' };

export interface ToolOptions {
  /** On a terminal its own progress is shown. */
  readonly shown?: boolean;
}

/** Ends what waits for a server. */
export const interruption = new AbortController();

let running: ChildProcess | undefined;
let interrupted: NodeJS.Signals | undefined;

/** What was begun is taken back by the callers' `finally`, as after any failure. */
export function endOnSignals(): void {
  for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => {
      interrupted = signal;
      interruption.abort();
      running?.kill('SIGTERM');
    });
}

/** @throws LxcError after a signal */
export function goOn(): void {
  if (interrupted === undefined) return;
  throw new LxcError(`Interrupted by ${interrupted}`, { exit: interrupted === 'SIGINT' ? 130 : 143 });
}

export function needTools(...names: readonly string[]): void {
  const directories = (process.env.PATH ?? '').split(':').filter((directory) => directory !== '');
  const missing = names.filter(
    (name) => !directories.some((directory) => isExecutable(`${directory}/${name}`)),
  );
  if (missing.length === 0) return;
  const wanted = missing.map((name) => packages[name] ?? name).join(' ');
  throw new LxcError(`Failed to find ${missing.join(' and ')}`, { hint: `apt-get install ${wanted}` });
}

/** What it wrote to its output. @throws LxcError with its last line where it fails */
export async function must(
  file: string,
  args: readonly string[],
  { shown = false }: ToolOptions = {},
): Promise<string> {
  goOn();
  const output = shown && process.stderr.isTTY ? 'inherit' : 'pipe';
  const child = spawn(file, args, { stdio: ['ignore', output, 'pipe'] });
  running = child;
  const [out, err] = [collected(child.stdout), collected(child.stderr)];
  const status = await new Promise<number>((done, fail) => {
    child.on('error', fail);
    child.on('close', (code) => done(code ?? -1));
  });
  running = undefined;
  goOn();
  if (status === 0) return out();
  const last = err().trim().split('\n').at(-1) ?? '';
  throw new LxcError(`Failed to run ${file} ${args[0] ?? ''}: ${last === '' ? `status ${status}` : last}`);
}

function collected(stream: NodeJS.ReadableStream | null): () => string {
  let text = '';
  stream?.setEncoding('utf8').on('data', (piece: string) => {
    text += piece;
  });
  return () => text;
}
