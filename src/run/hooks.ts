/** Runs hooks and network scripts on the host, in the context of the client or the monitor, one after the other. */

import { LxcError } from '../base/error.ts';
import type { HookCommand } from '../plan/index.ts';
import type { Log } from './log.ts';
import type { Session } from './session.ts';

/** The first that fails ends it. */
export async function runHooks(
  session: Session,
  hooks: readonly HookCommand[],
  log: Pick<Log, 'write'>,
): Promise<void> {
  for (const hook of hooks) {
    const { status, output } = await session.spawn({
      argv: ['/bin/sh', '-c', hook.text],
      env: environment(hook.env),
      cwd: '/',
      stdio: 'capture',
    });
    for (const line of lines(output)) log.write('DEBUG', 'hook', `${hook.why.act}: ${line}`);
    if (status !== 0) throw hookFailed(hook, status, output);
  }
}

/** For what must be tried to the end: failures go to the log. */
export async function runEveryHook(
  session: Session,
  hooks: readonly HookCommand[],
  log: Pick<Log, 'write'>,
): Promise<void> {
  for (const hook of hooks) {
    try {
      await runHooks(session, [hook], log);
    } catch (error) {
      log.write('ERROR', 'hook', error instanceof LxcError ? error.toString() : String(error));
    }
  }
}

function hookFailed({ why }: HookCommand, status: number, output: string): LxcError {
  const last = lines(output).at(-1);
  const how = status > 128 ? `signal ${status - 128} ended it` : `it exited with status ${status}`;
  return new LxcError(`Failed to ${why.act}: ${how}${last === undefined ? '' : ` (${last})`}`, {
    origin: why.origin,
    hint: status === 127 ? 'give the full path of a program that exists' : undefined,
  });
}

function lines(output: string): string[] {
  return output.split('\n').filter((line) => line.trim() !== '');
}

function environment(assignments: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    assignments.map((one) => [one.slice(0, one.indexOf('=')), one.slice(one.indexOf('=') + 1)]),
  );
}
