/** Types whose effect is not built: a start must say so, never run without the interface. */

import { type Nic, refuse } from './nic.ts';

export function planLater({ net }: Nic): never {
  throw refuse(
    net.one('type') ?? net.first,
    'a start does not make interfaces of this type',
    'use veth or macvlan',
  );
}
