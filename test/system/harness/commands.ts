/** Runs the commands under test, and other programs, as a user would: an argument vector in, streams and status out. */

import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { commandOf } from './configured.ts';
import { commandEnded } from './proof.ts';
import { answered } from './transcript.ts';

/** The directory of the lxc commands under test. */
export const binDir = process.env.LXC_UNDER_TEST ?? resolve(import.meta.dirname, '../../../bin');

/** The tests run against another LXC than ours. */
export const underC = process.env.LXC_UNDER_TEST !== undefined;

/** Where Debian keeps the C commands, for the tests that mix both. */
export const cBinDir = '/usr/bin';

export interface Result {
  readonly stdout: string;
  readonly stderr: string;
  /** The exit status as a shell shows it: 128 + N where signal N ended the command. */
  readonly status: number;
}

export interface RunOptions {
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly timeoutMs?: number;
}

/** `lxc('start', ['-n', 'foo'])` runs `lxc-start -n foo` of the implementation under test. */
export function lxc(verb: string, args: readonly string[], options: RunOptions = {}): Promise<Result> {
  return run(join(binDir, `lxc-${verb}`), args, options);
}

/** The same, by Debian's C LXC whatever is under test. */
export function cLxc(verb: string, args: readonly string[], options: RunOptions = {}): Promise<Result> {
  return run(join(cBinDir, `lxc-${verb}`), args, options);
}

export async function run(file: string, args: readonly string[], options: RunOptions = {}): Promise<Result> {
  const result = await finished(start(file, args, options), [file, ...args].join(' '), options);
  if (file.startsWith(`${binDir}/`)) answered([basename(file), ...args], result);
  return result;
}

/** Starts a command that goes on by itself; the caller ends it and awaits {@link finished}. */
export function start(file: string, args: readonly string[], options: RunOptions = {}): ChildProcess {
  const command = commandOf([file, ...args]);
  const path = `${binDir}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`;
  const child = spawn(file, args, {
    cwd: options.cwd,
    env: { ...scrubbed(), PATH: path, ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  if (command !== undefined) child.on('exit', (code) => commandEnded(command, code ?? 1));
  return child;
}

export function finished(child: ChildProcess, what: string, options: RunOptions = {}): Promise<Result> {
  const timeoutMs = options.timeoutMs ?? 30_000;
  return new Promise((done, fail) => {
    let stdout = '';
    let stderr = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      fail(new Error(`${what} did not end within ${timeoutMs} ms\nstdout: ${stdout}\nstderr: ${stderr}`));
    }, timeoutMs);
    child.on('error', fail);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      done({ stdout, stderr, status: code ?? 128 + (signal === null ? 0 : constants.signals[signal]) });
    });
    child.stdin?.on('error', () => undefined);
    if (options.input !== undefined) child.stdin?.end(options.input);
    else if (!('input' in options)) child.stdin?.end();
  });
}

/** The test runner's own variables are no part of what a user's shell hands over. */
function scrubbed(): Record<string, string> {
  const kept: Record<string, string> = { HOME: '/root', LANG: 'C.UTF-8', TERM: 'xterm' };
  for (const key of ['LXC_TS_DAEMON', 'LXC_TS_DAEMON_IDLE']) {
    const value = process.env[key];
    if (value !== undefined) kept[key] = value;
  }
  return kept;
}
