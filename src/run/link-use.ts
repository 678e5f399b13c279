/** Traffic of a running container's interfaces. */

import { type Amount, measure, numberIn } from '../base/amount.ts';
import { textIfReadable } from '../base/text-file.ts';
import type { CommandSocket } from './command-socket.ts';

export interface LinkUse {
  /** On the host: the other end of a veth pair, the parent of a macvlan. */
  readonly link: string;
  readonly txBytes: number;
  readonly rxBytes: number;
}

/** With the host's counters, where it has some of this interface alone. */
export interface LinkReading extends LinkUse {
  readonly counters: { readonly tx: Amount; readonly rx: Amount } | undefined;
}

export function linkUseOf({ link, txBytes, rxBytes }: LinkReading): LinkUse {
  return { link, txBytes, rxBytes };
}

/** The types of the interfaces, in the order of the configuration. */
export async function linkTypes(socket: CommandSocket): Promise<readonly string[]> {
  return (await socket.configItem('lxc.net'))?.split('\n').slice(0, -1) ?? [];
}

/** An interface that has nothing on the host is left out. */
export async function linkUses(
  socket: CommandSocket,
  pid: number,
  types: readonly string[],
): Promise<readonly LinkReading[]> {
  const nics = await numbered(socket, types);
  const uses = await Promise.all(nics.map((nic) => linkUse(socket, pid, nic)));
  return uses.flatMap((use) => use ?? []);
}

const lastTried = 255;

/** The list of types has no numbers, and there may be gaps between those. */
async function numbered(socket: CommandSocket, types: readonly string[]): Promise<readonly Nic[]> {
  const nics: Nic[] = [];
  for (let index = 0; nics.length < types.length && index <= lastTried; index += 1) {
    const type = await socket.configItem(`lxc.net.${index}.type`);
    if (type !== undefined && type !== '') nics.push({ type, index });
  }
  return nics;
}

interface Nic {
  readonly type: string;
  readonly index: number;
}

async function linkUse(
  socket: CommandSocket,
  pid: number,
  { type, index }: Nic,
): Promise<LinkReading | undefined> {
  const item = (sub: string) => socket.configItem(`lxc.net.${index}.${sub}`);
  if (type === 'empty' || type === 'none') return undefined;
  if (type === 'veth') return hostSide(await item('veth.pair'));
  const [link = '', name = ''] = await Promise.all([item('link'), item('name')]);
  return link === '' ? undefined : containerSide(link, inside(pid).get(name));
}

/** What arrives at the host's end was sent by the container. */
function hostSide(link: string | undefined): LinkReading | undefined {
  if (link === undefined || link === '' || link.includes('/')) return undefined;
  const counter = (file: string) => numberIn(`/sys/class/net/${link}/statistics/${file}`);
  const counters = { tx: counter('rx_bytes'), rx: counter('tx_bytes') };
  const txBytes = measure(counters.tx, textIfReadable);
  const rxBytes = measure(counters.rx, textIfReadable);
  return txBytes === undefined || rxBytes === undefined ? undefined : { link, txBytes, rxBytes, counters };
}

/** The host's parent carries more than this container's traffic, so the interface inside is asked. */
function containerSide(
  link: string,
  bytes: Pick<LinkUse, 'txBytes' | 'rxBytes'> | undefined,
): LinkReading | undefined {
  return bytes === undefined ? undefined : { link, ...bytes, counters: undefined };
}

function inside(pid: number): ReadonlyMap<string, Pick<LinkUse, 'txBytes' | 'rxBytes'>> {
  return parseNetDev(textIfReadable(`/proc/${pid}/net/dev`) ?? '');
}

/** `eth0: RXBYTES packets errs drop fifo frame compressed multicast TXBYTES ...` */
export function parseNetDev(text: string): ReadonlyMap<string, Pick<LinkUse, 'txBytes' | 'rxBytes'>> {
  const lines = text.split('\n').slice(2);
  return new Map(
    lines.flatMap((line) => {
      const [name = '', rest] = line.split(':');
      const fields = rest?.trim().split(/\s+/);
      if (fields === undefined) return [];
      return [[name.trim(), { txBytes: Number(fields[8]), rxBytes: Number(fields[0]) }]];
    }),
  );
}
