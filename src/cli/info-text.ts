/** What lxc-info prints, from facts that were gathered before. Pure. */

import type { Stats } from '../cgroup/stats.ts';
import type { LinkUse } from '../run/link-use.ts';
import { secondsText, sizeText } from './units.ts';

export interface ConfigItem {
  readonly key: string;
  /** `undefined`: there is no such key. */
  readonly value: string | undefined;
}

/** Present: asked for. An absent pid is that of a stopped container. */
export interface InfoFacts {
  readonly name?: string | undefined;
  readonly state?: string | undefined;
  readonly pid?: number | undefined;
  readonly ips?: readonly string[] | undefined;
  readonly stats?: Stats | undefined;
  readonly links?: readonly LinkUse[] | undefined;
  readonly items?: readonly ConfigItem[] | undefined;
}

export interface InfoStyle {
  /** Sizes and times with a unit. */
  readonly humanize: boolean;
  /** One fact was asked, for a script: its value stands alone. */
  readonly bare: boolean;
  /** The same of the one configuration item. */
  readonly bareItem: boolean;
}

export function infoText(facts: InfoFacts, style: InfoStyle): string {
  const { name, state, pid, ips = [] } = facts;
  return [
    ...row('Name', name, style),
    ...row('State', state, style),
    ...row('PID', pid?.toString(), style),
    ...ips.flatMap((address) => row('IP', address, style)),
    ...statRows(facts.stats, style),
    ...(facts.links ?? []).flatMap((link) => linkRows(link, style)),
    ...(facts.items ?? []).map((item) => itemText(item, style)),
  ].join('');
}

/** A value that is not there has no row. */
function row(label: string, value: string | undefined, { bare }: InfoStyle): readonly string[] {
  if (value === undefined) return [];
  return [bare ? `${value}\n` : `${`${label}:`.padEnd(15)} ${value}\n`];
}

/** Statistics keep their labels: there are several of them even where nothing else was asked. */
function statRows(stats: Stats | undefined, style: InfoStyle): readonly string[] {
  const labelled = { ...style, bare: false };
  const size = sizeOrNumber(style);
  return [
    ...row('CPU use', time(stats?.cpuNanoseconds, style), labelled),
    ...row('BlkIO use', size(stats?.blkioBytes), labelled),
    ...row('Memory use', size(stats?.memoryBytes), labelled),
    ...row('KMem use', size(stats?.kernelMemoryBytes), labelled),
  ];
}

function linkRows({ link, txBytes, rxBytes }: LinkUse, style: InfoStyle): readonly string[] {
  const labelled = { ...style, bare: false };
  const size = sizeOrNumber(style);
  return [
    ...row('Link', link, labelled),
    ...row(' TX bytes', size(txBytes), labelled),
    ...row(' RX bytes', size(rxBytes), labelled),
    ...row(' Total bytes', size(txBytes + rxBytes), labelled),
  ];
}

/** A list's own line ends stand in its value, so a blank line follows it. */
function itemText({ key, value }: ConfigItem, { bareItem }: InfoStyle): string {
  if (value === undefined) return '';
  if (bareItem) return `${value}\n`;
  return value === '' ? `${key} =\n` : `${key} = ${value}\n`;
}

function time(nanoseconds: number | undefined, { humanize }: InfoStyle): string | undefined {
  if (nanoseconds === undefined) return undefined;
  return humanize ? secondsText(nanoseconds) : `${nanoseconds}`;
}

function sizeOrNumber({ humanize }: InfoStyle): (bytes: number | undefined) => string | undefined {
  return (bytes) => {
    if (bytes === undefined) return undefined;
    return humanize ? sizeText(bytes) : `${bytes}`;
  };
}

/** The same facts for programs: numbers are plain, names are stable. */
export function infoJson({ name, state, pid, ips, stats, links, items }: InfoFacts): object {
  const config = items?.map(({ key, value }) => [key, value ?? null]);
  return { name, state, pid, ips, stats, links, config: config && Object.fromEntries(config) };
}
