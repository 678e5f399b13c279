/** lxc-info: what is known about one container. */

import { existsSync } from 'node:fs';
import { getItem, loadConfig, nodeConfigIo } from '../../config/index.ts';
import { configPath } from '../../run/directory.ts';
import { readInfo } from '../../run/info.ts';
import type { Session } from '../../run/session.ts';
import { type Command, type Invocation, rcfile } from '../command.ts';
import { format, jsonText } from '../format.ts';
import { type InfoFacts, infoJson, infoPieces } from '../info-text.ts';
import { flag, list } from '../option.ts';
import { partsOf, textOf } from '../pieces.ts';

const config = list({
  short: 'c',
  long: 'config',
  metavar: 'KEY',
  help: 'Show the value of KEY in the configuration file; may repeat',
});
const ips = flag({ short: 'i', long: 'ips', help: 'Show the IP addresses' });
const pid = flag({ short: 'p', long: 'pid', help: 'Show the process id of init, as the host sees it' });
const stats = flag({
  short: 'S',
  long: 'stats',
  help: 'Show what was used of processor, memory and network',
});
const raw = flag({
  short: 'H',
  long: 'no-humanize',
  help: 'Show plain numbers; a single fact without its label',
});
const state = flag({ short: 's', long: 'state', help: 'Show the state' });

export const info: Command = {
  name: 'lxc-info',
  summary: 'Show what is known about a container',
  named: true,
  options: [config, ips, pid, stats, raw, state, rcfile, format],
  async run(invocation, session) {
    const { lxcpath, name } = invocation;
    const file = configFile(invocation, session);
    const asked = wanted(invocation);
    const facts = await readInfo(session, { lxcpath, name }, asked);
    if (facts.state === 'STOPPED' && !existsSync(file)) {
      session.err(`${name} doesn't exist\n`);
      return 1;
    }
    print(invocation, session, {
      ...(asked.name ? { name } : {}),
      ...facts,
      state: asked.state ? facts.state : undefined,
      pid: asked.pid ? facts.pid : undefined,
      items: configItems(invocation, session, file),
    });
    return 0;
  },
};

interface Wanted {
  readonly name: boolean;
  readonly state: boolean;
  readonly pid: boolean;
  readonly ips: boolean;
  readonly stats: boolean;
}

const filters = [state, pid, ips, stats];

/** Without a filter everything but the configuration. */
function wanted(invocation: Invocation): Wanted {
  const all = invocation.get(config).length === 0 && !filters.some((filter) => invocation.get(filter));
  return {
    name: all,
    state: all || invocation.get(state),
    pid: all || invocation.get(pid),
    ips: all || invocation.get(ips),
    stats: all || invocation.get(stats),
  };
}

function configFile(invocation: Invocation, session: Session): string {
  const given = invocation.get(rcfile);
  return given === undefined ? configPath(invocation) : session.resolve(given);
}

function configItems(invocation: Invocation, session: Session, file: string): InfoFacts['items'] {
  const keys = invocation.get(config);
  if (keys.length === 0) return undefined;
  const loaded = loadConfig(file, nodeConfigIo(session));
  return keys.map((key) => {
    const value = getItem(loaded, key);
    if (value === undefined) session.err(`${key} invalid\n`);
    return { key, value };
  });
}

function print(invocation: Invocation, session: Session, facts: InfoFacts): void {
  if (invocation.get(format) === 'json') {
    session.out(jsonText(infoJson(facts)));
    return;
  }
  const isRaw = invocation.get(raw);
  const given = filters.filter((filter) => invocation.get(filter)).length;
  const pieces = infoPieces(facts, {
    humanize: !isRaw,
    bare: isRaw && given === 1,
    bareItem: isRaw && invocation.get(config).length === 1,
  });
  session.report(textOf(pieces), partsOf(pieces));
}
