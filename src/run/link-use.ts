/** Traffic of a running container's interfaces. */

import { textIfReadable } from '../base/text-file.ts';
import type { CommandSocket } from './command-socket.ts';

export interface LinkUse {
  /** On the host: the other end of a veth pair, the parent of a macvlan. */
  readonly link: string;
  readonly txBytes: number;
  readonly rxBytes: number;
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
): Promise<readonly LinkUse[]> {
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
): Promise<LinkUse | undefined> {
  const item = (sub: string) => socket.configItem(`lxc.net.${index}.${sub}`);
  if (type === 'empty' || type === 'none') return undefined;
  if (type === 'veth') return hostSide(await item('veth.pair'));
  const [link = '', name = ''] = await Promise.all([item('link'), item('name')]);
  return link === '' ? undefined : containerSide(link, counters(pid).get(name));
}

/** What arrives at the host's end was sent by the container. */
function hostSide(link: string | undefined): LinkUse | undefined {
  if (link === undefined || link === '' || link.includes('/')) return undefined;
  const txBytes = counter(link, 'rx_bytes');
  const rxBytes = counter(link, 'tx_bytes');
  return txBytes === undefined || rxBytes === undefined ? undefined : { link, txBytes, rxBytes };
}

/** The host's parent carries more than this container's traffic, so the interface inside is asked. */
function containerSide(
  link: string,
  bytes: Pick<LinkUse, 'txBytes' | 'rxBytes'> | undefined,
): LinkUse | undefined {
  return bytes === undefined ? undefined : { link, ...bytes };
}

function counter(link: string, file: string): number | undefined {
  const text = textIfReadable(`/sys/class/net/${link}/statistics/${file}`);
  return text === undefined ? undefined : Number(text);
}

function counters(pid: number): ReadonlyMap<string, Pick<LinkUse, 'txBytes' | 'rxBytes'>> {
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
