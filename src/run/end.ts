/**
 * The role `end`: a monitor says that its container has ended. Down scripts and stop hooks run before it cleans up,
 * post-stop hooks afterwards, and for a reboot the same monitor gets the program of the next run. All by the record's
 * head, because files may have been edited since.
 */

import { LxcError } from '../base/error.ts';
import { installRoot } from '../base/install.ts';
import { type HookContext, hookCommands } from '../plan/index.ts';
import type { EndSession } from './connection.ts';
import { decodeHead, type Head } from './head.ts';
import { runEveryHook, runHooks } from './hooks.ts';
import { Log, logKeysOf, parseLogLevel } from './log.ts';
import { downScripts } from './network-scripts.ts';
import { prepareStart } from './prepare.ts';
import { readRecord } from './record.ts';
import type { Call, Exit } from './session.ts';
import { type Reporter, runStart } from './start.ts';

export async function end(session: EndSession): Promise<Exit> {
  const [path = '', , target, ...held] = session.argv;
  const record = readRecord(path);
  if (record === undefined) return { status: 1, signal: 0 };
  const head = decodeHead(record.head);
  const log = logOf(session, head);
  const context = {
    target: target === 'reboot' ? ('reboot' as const) : ('stop' as const),
    namespaces: spaces(held),
  };
  try {
    const again = await farewell(session, head, context, log);
    if (again) await restart(session, head, reporterOf(log));
    return { status: 0, signal: 0 };
  } catch (error) {
    log.write('ERROR', 'stop', error instanceof LxcError ? error.toString() : String(error));
    return { status: 1, signal: 0 };
  } finally {
    log.close();
  }
}

/** `net:/proc/4711/fd/9` */
function spaces(held: readonly string[]): ReadonlyMap<string, string> {
  return new Map(held.map((one) => [one.slice(0, one.indexOf(':')), one.slice(one.indexOf(':') + 1)]));
}

/** Done when the monitor has asked for the last time; true when the container is to run again. */
function farewell(session: EndSession, head: Head, context: HookContext, log: Log): Promise<boolean> {
  return new Promise((resolve, reject) => {
    session.signal.addEventListener('abort', () => resolve(false), { once: true });
    session.answer(async (call) => {
      if (call.what === 'stop') return before(session, head, call, context, log);
      try {
        await runHooks(
          session,
          hookCommands(head.config, head.request, 'post-stop', withPid({ target: context.target }, call)),
          log,
        );
        if (context.target === 'stop' && head.config.value('lxc.ephemeral')) await vanish(session, head, log);
        resolve(context.target === 'reboot');
      } catch (error) {
        // A post-stop hook that fails cancels a reboot.
        reject(error);
      }
    });
  });
}

/** An ephemeral container is destroyed by the command that does so, as its owner would. */
async function vanish(session: EndSession, { request }: Head, log: Log): Promise<void> {
  const { status, output } = await session.spawn({
    argv: [`${installRoot}/bin/lxc-destroy`, '-n', request.name, '-P', request.lxcpath],
    env: { ...session.env, LXC_TS_DAEMON: '0' },
    cwd: '/',
    stdio: 'capture',
  });
  if (status !== 0) log.write('ERROR', 'stop', `Failed to destroy ${request.name}: ${output.trim()}`);
}

/** What fails here is logged and stops nothing. */
async function before(
  session: EndSession,
  head: Head,
  call: Call,
  context: HookContext,
  log: Log,
): Promise<void> {
  const stopHooks = hookCommands(head.config, head.request, 'stop', withPid(context, call));
  await runEveryHook(session, [...downScripts(head), ...stopHooks], log);
}

function withPid(context: HookContext, { initPid }: Call): HookContext {
  return initPid === 0 ? context : { ...context, initPid };
}

/** The caller of the first start may have gone: its cgroups are those of the monitor now. */
async function restart(session: EndSession, head: Head, reporter: Reporter): Promise<void> {
  const request = { ...head.request, pid: session.pid };
  const prepared = await prepareStart(session, { ...head, request }, 'reboot');
  await runStart(session, prepared, reporter);
}

function logOf(session: EndSession, { request, logFile, config }: Head): Log {
  return new Log({
    program: request.kind === 'execute' ? 'lxc-execute' : 'lxc-start',
    name: request.name,
    file: logFile,
    level: parseLogLevel(request.logLevel),
    ...logKeysOf(config, session),
  });
}

function reporterOf(log: Log): Reporter {
  return { log, warn: (message) => log.write('WARN', 'start', message) };
}
