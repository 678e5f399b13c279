/** The bridge of the host, started, stopped and looked at. */

import { existsSync, readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { LxcError } from '../base/error.ts';
import { textIfReadable } from '../base/text-file.ts';
import { readAddresses } from '../host/addresses.ts';
import { findTools } from '../host/tools.ts';
import { explain, explainNotes } from '../plan/index.ts';
import { type NetFacts, netFiles, planNetStart, planNetStop } from '../plan/lxc-net/plan.ts';
import { type NetSettings, readSettings } from '../plan/lxc-net/settings.ts';
import type { Program } from '../wire/program.ts';
import type { Session } from './session.ts';

const settingsFile = '/etc/default/lxc-net';

export function netSettings(): NetSettings {
  return readSettings(settingsFile, textIfReadable(settingsFile, 'latin1'));
}

export interface NetStatus {
  readonly bridge: string;
  readonly up: boolean;
  readonly addresses: readonly string[];
  /** 0 where none runs. */
  readonly dnsmasq: number;
  /** Interfaces that are on the bridge. */
  readonly ports: readonly string[];
}

export function netStatus({ bridge }: NetSettings): NetStatus {
  return {
    bridge,
    up: existsSync(`/sys/class/net/${bridge}`) && existsSync(netFiles.up),
    addresses: readAddresses('self').flatMap(({ name, address, prefix }) =>
      name === bridge ? [`${address}/${prefix}`] : [],
    ),
    dnsmasq: dnsmasqPid(),
    ports: portsOf(bridge),
  };
}

/** For `start` and `--plan`. */
export function startProgram(session: Session, settings: NetSettings): Program {
  return planNetStart(settings, factsOf(session, settings));
}

export function stopProgram(session: Session, settings: NetSettings): Program {
  return planNetStop(settings, factsOf(session, settings));
}

/** What failed and did not matter, as lines. */
export async function runNet(session: Session, program: Program): Promise<readonly string[]> {
  const signalled = program.parent.flatMap(({ op, args }) => (op === 'signal' ? Number(args.pid) : []));
  const result = await session.run(program);
  if (result.kind === 'failed') throw explain(program, result);
  for (const pid of signalled) await gone(pid);
  return explainNotes(program, result.notes);
}

const patience = { turns: 100, milliseconds: 20 } as const;

/** The next one wants its ports. */
async function gone(pid: number): Promise<void> {
  for (let turn = 0; turn < patience.turns && existsSync(`/proc/${pid}`); turn += 1)
    await sleep(patience.milliseconds);
}

function factsOf(session: Session, { bridge }: NetSettings): NetFacts {
  const tools = findTools(['nft', 'dnsmasq'], [`PATH=${session.env.PATH ?? ''}`]);
  const passwd = textIfReadable('/etc/passwd', 'latin1') ?? '';
  return {
    nft: mustHave(tools, 'nft', 'nftables'),
    dnsmasq: mustHave(tools, 'dnsmasq', 'dnsmasq-base'),
    user: ['lxc-dnsmasq', 'dnsmasq', 'nobody'].find((name) => new RegExp(`^${name}:`, 'm').test(passwd)),
    // Services of root are to be the same whoever starts them.
    env: ['PATH=/usr/sbin:/usr/bin:/sbin:/bin', 'LANG=C.UTF-8'],
    dnsmasqPid: dnsmasqPid(),
    hasBridge: existsSync(`/sys/class/net/${bridge}`),
    inUse: portsOf(bridge).length > 0,
  };
}

function mustHave(tools: ReadonlyMap<string, string>, tool: string, from: string): string {
  const path = tools.get(tool);
  if (path !== undefined) return path;
  throw new LxcError(`Failed to find ${tool}, which lxc-net works with`, { hint: `install ${from}` });
}

/** Of the one that we started, whose arguments name its pid file: the number may belong to another process by now. */
function dnsmasqPid(): number {
  const pid = Number(textIfReadable(netFiles.pid, 'latin1') ?? 0);
  if (!Number.isInteger(pid) || pid <= 0) return 0;
  return textIfReadable(`/proc/${pid}/cmdline`, 'latin1')?.includes(`--pid-file=${netFiles.pid}\0`) === true
    ? pid
    : 0;
}

function portsOf(bridge: string): readonly string[] {
  try {
    return readdirSync(`/sys/class/net/${bridge}/brif`);
  } catch {
    return [];
  }
}
