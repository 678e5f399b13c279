/**
 * The text of a file for a subject: which rules make it, from which inputs, and what the next read must know. Pure
 * but for the source that it reads; who keeps the state is not its business.
 */

import { type Account, emptyAccount } from './account.ts';
import { collectAge } from './age.ts';
import { renderCpuinfo } from './cpuinfo.ts';
import { formatCpus } from './cpulist.ts';
import { collectCpus, cpusOf } from './cpus.ts';
import { collectDisks, renderDiskstats } from './diskstats.ts';
import type { Inquiry } from './inquiry.ts';
import { emptyLoad, type Load, parseLoad, renderLoad } from './load.ts';
import type { CpuView } from './lxcfs-cpu-view.ts';
import { renderLxcfsCpuinfo, renderLxcfsOnline } from './lxcfs-cpus.ts';
import { renderLxcfsDiskstats } from './lxcfs-diskstats.ts';
import { renderLxcfsMeminfo, renderLxcfsSwaps } from './lxcfs-meminfo.ts';
import { renderLxcfsStat, renderLxcfsUptime } from './lxcfs-stat.ts';
import { renderMeminfo } from './meminfo.ts';
import { collectMemory } from './memory.ts';
import { type Pressure, renderLxcfsPressure, renderPressure } from './pressure.ts';
import { renderLxcfsSlabinfo, renderSlabinfo } from './slabinfo.ts';
import { collectAccount, nextAccount, renderStat, renderUptime } from './stat.ts';
import { renderSwaps } from './swaps.ts';
import { renderSysinfo, sysinfoPath } from './sysinfo.ts';
import { taskGroup } from './task-group.ts';
import { collectVmstat, renderVmstat } from './vmstat.ts';

/** What goes from one read of a subject to the next. */
export interface State {
  readonly account?: Account;
  readonly view?: CpuView;
  /** Written by the sampler alone. */
  readonly load?: Load;
}

export interface Answer {
  readonly text: string;
  /** Where the read moved it on. */
  readonly state?: State;
}

type Rule = (inquiry: Inquiry, state: State) => Answer;
type Text = (inquiry: Inquiry) => string;

interface Rules {
  readonly ours: Rule;
  /** A file that a release does not serve has none. */
  readonly lxcfs?: Rule;
}

const text =
  (render: Text): Rule =>
  (inquiry) => ({ text: render(inquiry) });

const host = (inquiry: Inquiry, path: string): string => inquiry.source.text(path) ?? '';

/** A process in the root of a hierarchy is limited by nothing there: the host's file is its own. */
function unlessRoot(controller: string, path: string, render: Text): Text {
  return (inquiry) =>
    inquiry.host && (inquiry.group(controller)?.path ?? '/') === '/' ? host(inquiry, path) : render(inquiry);
}

export const files: Readonly<Record<string, Rules>> = {
  '/proc/cpuinfo': {
    ours: text((inquiry) => renderCpuinfo(host(inquiry, '/proc/cpuinfo'), visible(inquiry))),
    lxcfs: text(renderLxcfsCpuinfo),
  },
  '/proc/meminfo': { ours: text(meminfo), lxcfs: text(renderLxcfsMeminfo) },
  '/proc/stat': { ours: stat, lxcfs: lxcfsStat },
  '/proc/uptime': { ours: uptime, lxcfs: text(renderLxcfsUptime) },
  '/proc/diskstats': {
    ours: text(unlessRoot('blkio', '/proc/diskstats', (one) => renderDiskstats(collectDisks(one)))),
    lxcfs: text(renderLxcfsDiskstats),
  },
  '/proc/swaps': { ours: text(swaps), lxcfs: text(renderLxcfsSwaps) },
  '/proc/loadavg': { ours: loadavg, lxcfs: loadavg },
  '/proc/slabinfo': {
    ours: text(unlessRoot('memory', '/proc/slabinfo', renderSlabinfo)),
    lxcfs: text(renderLxcfsSlabinfo),
  },
  '/proc/vmstat': { ours: text((inquiry) => renderVmstat(collectVmstat(inquiry))) },
  '/proc/pressure/cpu': pressure('cpu'),
  '/proc/pressure/io': pressure('io'),
  '/proc/pressure/memory': pressure('memory'),
  '/sys/devices/system/cpu/online': { ours: text(online), lxcfs: text(renderLxcfsOnline) },
  '/sys/devices/system/cpu/possible': { ours: text(online) },
  '/sys/devices/system/cpu/present': { ours: text(online) },
  '/sys/devices/system/cpu/offline': { ours: text(() => '\n') },
  [sysinfoPath]: { ours: sysinfo },
};

const rules: ReadonlyMap<string, Rules> = new Map(Object.entries(files));

/** `undefined`: the profile does not make this file; it is the host's, or not there. */
export function ruleFor(path: string, inquiry: Pick<Inquiry, 'profile'>): Rule | undefined {
  const found = rules.get(path);
  return inquiry.profile.rules === 'default' ? found?.ours : found?.lxcfs;
}

/** A file that is not made but passed through is the host's. */
export function answer(path: string, inquiry: Inquiry, state: State): Answer {
  return ruleFor(path, inquiry)?.(inquiry, state) ?? { text: host(inquiry, path) };
}

export function visible(inquiry: Inquiry): readonly number[] {
  return cpusOf(collectCpus(inquiry)).visible;
}

function online(inquiry: Inquiry): string {
  return `${formatCpus(visible(inquiry))}\n`;
}

function meminfo(inquiry: Inquiry): string {
  const inputs = collectMemory(inquiry);
  return inputs === undefined ? host(inquiry, '/proc/meminfo') : renderMeminfo(inputs);
}

function swaps(inquiry: Inquiry): string {
  const inputs = collectMemory(inquiry);
  const whole = inputs === undefined && inquiry.profile.swap;
  return whole ? host(inquiry, '/proc/swaps') : renderSwaps(inputs);
}

function pressure(what: Pressure): Rules {
  return {
    ours: text(unlessRoot('', `/proc/pressure/${what}`, (inquiry) => renderPressure(inquiry, what))),
    lxcfs: text((inquiry) => renderLxcfsPressure(inquiry, what)),
  };
}

/** A process of the host has no age that would mean something: it reckons from boot. */
function accountOf(inquiry: Inquiry, state: State) {
  const inputs = collectAccount(inquiry.host ? { ...inquiry, started: 0 } : inquiry);
  return { inputs, account: nextAccount(state.account ?? emptyAccount, inputs) };
}

function isHostItself(inquiry: Inquiry): boolean {
  const group = inquiry.group('cpuacct') ?? inquiry.group('');
  return inquiry.host && (group?.path ?? '/') === '/';
}

function stat(inquiry: Inquiry, state: State): Answer {
  if (isHostItself(inquiry)) return { text: host(inquiry, '/proc/stat') };
  const { inputs, account } = accountOf(inquiry, state);
  const all = { ...inputs, host: host(inquiry, '/proc/stat'), running: state.load?.running };
  return { text: renderStat(account, all), state: { ...state, account } };
}

function uptime(inquiry: Inquiry, state: State): Answer {
  if (inquiry.host) return { text: host(inquiry, '/proc/uptime') };
  const { account } = accountOf(inquiry, state);
  return { text: renderUptime(account), state: { ...state, account } };
}

function loadavg(inquiry: Inquiry, state: State): Answer {
  const { rules } = inquiry.profile;
  if (!hasOwnLoad(inquiry)) return { text: host(inquiry, '/proc/loadavg') };
  if (state.load !== undefined) return { text: renderLoad(state.load) };
  return { text: renderLoad({ ...emptyLoad, last: rules === 'default' ? 1 : inquiry.init }) };
}

function hasOwnLoad(inquiry: Inquiry): boolean {
  const { rules, loadavg: counted } = inquiry.profile;
  const group = rules === 'default' ? taskGroup(inquiry) : inquiry.group('cpu');
  return counted && group !== undefined && !(rules === 'default' && inquiry.host);
}

function sysinfo(inquiry: Inquiry, state: State): Answer {
  const ofHost = () => parseLoad(host(inquiry, '/proc/loadavg'));
  const inputs = {
    memory: collectMemory(inquiry),
    host: host(inquiry, '/proc/meminfo'),
    age: collectAge(inquiry.host ? { ...inquiry, started: 0 } : inquiry),
    load: hasOwnLoad(inquiry) ? (state.load ?? emptyLoad) : ofHost(),
  };
  return { text: renderSysinfo(inputs) };
}

function lxcfsStat(inquiry: Inquiry, state: State): Answer {
  if (inquiry.init === 1) return { text: host(inquiry, '/proc/stat') };
  const { text: made, view } = renderLxcfsStat(inquiry, state.view);
  return view === undefined ? { text: made } : { text: made, state: { ...state, view } };
}
