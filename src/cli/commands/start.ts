/** lxc-start: start a container, in the background or on the caller's terminal; or print how that would be done. */

import { LxcError } from '../../base/error.ts';
import { type Config, nodeConfigIo, setItem } from '../../config/index.ts';
import { formatPlan, type PlanFormat } from '../../plan/index.ts';
import type { LoadedConfig } from '../../run/load.ts';
import { prepareStart, requestOf, type StartOptions } from '../../run/prepare.ts';
import type { Session } from '../../run/session.ts';
import { start as startContainer } from '../../run/start.ts';
import type { Command, Invocation } from '../command.ts';
import { flag, parsed, text } from '../option.ts';
import { loadFor, reporterOf, sharesOf, startOptions } from '../start-options.ts';

const options = {
  daemon: flag({ short: 'd', long: 'daemon', help: 'Run in the background; the default' }),
  foreground: flag({ short: 'F', long: 'foreground', help: 'Attach the console to this terminal' }),
  pidfile: text({ short: 'p', long: 'pidfile', metavar: 'FILE', help: "Write the monitor's pid to FILE" }),
  console: text({ short: 'c', long: 'console', metavar: 'FILE', help: 'Use FILE as the console, or none' }),
  consoleLog: text({ short: 'L', long: 'console-log', metavar: 'FILE', help: 'Log the console to FILE' }),
  closeFds: flag({ short: 'C', long: 'close-all-fds', help: 'Close inherited descriptors; always done' }),
  ...startOptions,
  plan: flag({ long: 'plan', help: 'Print what would be done and change nothing' }),
  format: parsed({ long: 'format', metavar: 'json', help: 'Print the plan as JSON' }, planFormat),
} as const;

export const start: Command = {
  name: 'lxc-start',
  summary: 'Start a container',
  operands: '[-- COMMAND [ARG...]]',
  named: true,
  options: Object.values(options),
  async run(invocation, session) {
    const loaded = loadFor(invocation, session);
    const config = withConsole(invocation, session, loaded.config);
    const { lxcpath, name } = invocation;
    const request = requestOf(session, { lxcpath, name }, choices(invocation, session, loaded), invocation);
    const head = { request, config, logFile: invocation.log.file };
    if (invocation.get(options.plan)) return printPlan(invocation, session, head);
    const outcome = await startContainer(session, head, reporterOf(invocation, session));
    if (outcome === 'already running') invocation.warn('Container is already running', 'start');
    return 0;
  },
};

function choices(invocation: Invocation, session: Session, { file }: LoadedConfig): StartOptions {
  const pidfile = invocation.get(options.pidfile);
  return {
    kind: 'start',
    detach: !invocation.get(options.foreground) || invocation.get(options.daemon),
    command: invocation.operands,
    configFile: file,
    pidfile: pidfile === undefined ? undefined : session.resolve(pidfile),
    shares: sharesOf(invocation),
  };
}

/** -c and -L are lines of the configuration said last. */
function withConsole(invocation: Invocation, session: Session, config: Config): Config {
  const io = nodeConfigIo(session);
  const path = invocation.get(options.console);
  const log = invocation.get(options.consoleLog);
  const console = path === undefined || path === 'none' ? path : session.resolve(path);
  const lines = [
    { key: 'lxc.console.path', text: console, file: '--console' },
    { key: 'lxc.console.logfile', text: log && session.resolve(log), file: '--console-log' },
  ];
  return lines.reduce(
    (before, { key, text, file }) =>
      text === undefined ? before : setItem(before, { key, text }, { file, line: 1 }, io),
    config,
  );
}

async function printPlan(
  invocation: Invocation,
  session: Session,
  head: Parameters<typeof prepareStart>[1],
): Promise<number> {
  const { plan } = await prepareStart(session, head);
  session.out(formatPlan(plan, invocation.get(options.format) ?? 'text'));
  return 0;
}

function planFormat(given: string): PlanFormat {
  if (given === 'json' || given === 'text') return given;
  throw new LxcError(`Failed to print the plan as ${given}`, { hint: 'the formats are text and json' });
}
