/** What lxc-info prints, from facts that were gathered before. Pure. */

import { type Amount, sumOf } from '../base/amount.ts';
import { type Reading, type StatReadings, valuesOf } from '../cgroup/stats.ts';
import { type LinkReading, linkUseOf } from '../run/link-use.ts';
import type { AmountForm } from '../wire/report.ts';
import type { Figure, Piece } from './pieces.ts';

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
  readonly stats?: StatReadings | undefined;
  readonly links?: readonly LinkReading[] | undefined;
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

export function infoPieces(facts: InfoFacts, style: InfoStyle): readonly Piece[] {
  const { name, state, pid, ips = [] } = facts;
  return [
    ...row('Name', name, style),
    ...row('State', state, style),
    ...row('PID', pid?.toString(), style),
    ...ips.flatMap((address) => row('IP', address, style)),
    ...statRows(facts.stats, style),
    ...(facts.links ?? []).flatMap((link) => linkRows(link, style)),
    ...(facts.items ?? []).map((item) => itemText(item, style)),
  ];
}

/** A value that is not there has no row. */
function row(label: string, value: Piece | undefined, { bare }: InfoStyle): readonly Piece[] {
  if (value === undefined) return [];
  return bare ? [value, '\n'] : [`${label}:`.padEnd(16), value, '\n'];
}

/** Statistics keep their labels: there are several of them even where nothing else was asked. */
function statRows(stats: StatReadings | undefined, style: InfoStyle): readonly Piece[] {
  const labelled = { ...style, bare: false };
  const figure = (reading: Reading | undefined, form: AmountForm) =>
    reading === undefined ? undefined : figureOf(reading, form, style);
  return [
    ...row('CPU use', figure(stats?.cpuNanoseconds, 'seconds'), labelled),
    ...row('BlkIO use', figure(stats?.blkioBytes, 'size'), labelled),
    ...row('Memory use', figure(stats?.memoryBytes, 'size'), labelled),
    ...row('KMem use', figure(stats?.kernelMemoryBytes, 'size'), labelled),
  ];
}

function linkRows({ link, txBytes, rxBytes, counters }: LinkReading, style: InfoStyle): readonly Piece[] {
  const labelled = { ...style, bare: false };
  const size = (value: number, amount: Amount | undefined) => figureOf({ value, amount }, 'size', style);
  const both = counters === undefined ? undefined : sumOf(counters.tx, counters.rx);
  return [
    ...row('Link', link, labelled),
    ...row(' TX bytes', size(txBytes, counters?.tx), labelled),
    ...row(' RX bytes', size(rxBytes, counters?.rx), labelled),
    ...row(' Total bytes', size(txBytes + rxBytes, both), labelled),
  ];
}

function figureOf(
  { value, amount }: Pick<Figure, 'value' | 'amount'>,
  form: AmountForm,
  { humanize }: InfoStyle,
): Figure {
  return { value, amount, form: humanize ? form : 'number' };
}

/** A list's own line ends stand in its value, so a blank line follows it. */
function itemText({ key, value }: ConfigItem, { bareItem }: InfoStyle): string {
  if (value === undefined) return '';
  if (bareItem) return `${value}\n`;
  return value === '' ? `${key} =\n` : `${key} = ${value}\n`;
}

/** The same facts for programs: numbers are plain, names are stable. */
export function infoJson({ name, state, pid, ips, stats, links, items }: InfoFacts): object {
  const config = items?.map(({ key, value }) => [key, value ?? null]);
  return {
    name,
    state,
    pid,
    ips,
    stats: stats && valuesOf(stats),
    links: links?.map(linkUseOf),
    config: config && Object.fromEntries(config),
  };
}
