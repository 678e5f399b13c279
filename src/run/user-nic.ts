/** Veth pairs of an ordinary user, made by lxc-user-nic, ours or that of LXC, and why it would not. */

import { LxcError } from '../base/error.ts';
import { textIfReadable } from '../base/text-file.ts';
import type { HostFacts } from '../plan/index.ts';
import { type UserNic, userNics } from '../plan/network/index.ts';
import type { Head } from './head.ts';
import type { Call, Session } from './session.ts';

/** Ours reached no service: the next one may do. */
const unreached = 75;

export async function makeUserNics(
  session: Session,
  { config, request }: Head,
  { network, ids }: HostFacts,
  { initPid }: Call,
): Promise<void> {
  const [first = 'lxc-user-nic', ...others] = network.userNics ?? [];
  for (const nic of userNics(config.nets, network)) {
    const words = ['create', request.lxcpath, request.name, String(initPid), 'veth', nic.bridge, nic.name];
    const make = (program: string) => session.spawn({ argv: [program, ...words], stdio: 'capture' });
    let made = await make(first);
    for (const program of others) if (made.status === unreached) made = await make(program);
    if (made.status !== 0) throw notMade(nic, ids.user?.name ?? String(session.uid), made.output);
  }
}

const allowances = '/etc/lxc/lxc-usernet';

/** The last words of LXC's are "Quota reached" whatever happened, so the allowance is looked up. */
function notMade({ net, name, bridge }: UserNic, user: string, output: string): LxcError {
  const lines = allowanceLines(textIfReadable(allowances) ?? '', user, bridge);
  const words = (output.trim().split('\n').at(-1) ?? '').replace(/^lxc-user-nic: /, '');
  const reason = lines.length === 0 ? `${allowances} does not allow it` : words;
  const hint =
    lines.length === 0
      ? `have root add the line "${user} veth ${bridge} 10" there`
      : `${allowances} allows ${lines.join(', ')}; what is in use stands in /run/lxc/nics`;
  const { origin } = net.one('link') ?? net.first;
  return new LxcError(`Failed to make ${name} on ${bridge} for user ${user}: ${reason}`, { origin, hint });
}

/** `USER|@GROUP TYPE BRIDGE COUNT`; a line of some group may be that of one of his. */
export function allowanceLines(text: string, user: string, bridge: string): readonly string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => {
      const [who = '', type, where] = line.split(/\s+/);
      return (who === user || who.startsWith('@')) && type === 'veth' && where === bridge;
    })
    .map((line) => `"${line}"`);
}
