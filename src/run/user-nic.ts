/** Veth pairs of an ordinary user, made by the setuid program lxc-user-nic, and why it would not. */

import { LxcError } from '../base/error.ts';
import { textIfReadable } from '../base/text-file.ts';
import type { HostFacts } from '../plan/index.ts';
import { type UserNic, userNics } from '../plan/network/index.ts';
import type { Head } from './head.ts';
import type { Call, Session } from './session.ts';

export async function makeUserNics(
  session: Session,
  { config, request }: Head,
  { network, ids }: HostFacts,
  { initPid }: Call,
): Promise<void> {
  for (const nic of userNics(config.nets, network)) {
    const argv = [
      network.userNic ?? 'lxc-user-nic',
      'create',
      request.lxcpath,
      request.name,
      String(initPid),
      'veth',
      nic.bridge,
      nic.name,
    ];
    const { status, output } = await session.spawn({ argv, stdio: 'capture' });
    if (status !== 0) throw notMade(nic, ids.user?.name ?? String(session.uid), output);
  }
}

const allowances = '/etc/lxc/lxc-usernet';

/** Its own last words are "Quota reached" whatever happened, so the allowance is looked up. */
function notMade({ net, name, bridge }: UserNic, user: string, output: string): LxcError {
  const lines = allowanceLines(textIfReadable(allowances) ?? '', user, bridge);
  const words = output.trim().split('\n').at(-1) ?? '';
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
