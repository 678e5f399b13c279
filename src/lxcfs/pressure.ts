/** /proc/pressure/{cpu,io,memory}: what the kernel measures for the cgroup, on v2 or the v2 side of a hybrid host. */

import { type Inquiry, own } from './inquiry.ts';

export const pressures = ['cpu', 'io', 'memory'] as const;
export type Pressure = (typeof pressures)[number];

const calm = 'avg10=0.00 avg60=0.00 avg300=0.00 total=0\n';

/** Nothing measured is no pressure; the host's is not shown. */
export function renderPressure(inquiry: Inquiry, what: Pressure): string {
  return own(inquiry, inquiry.group(''), `${what}.pressure`) ?? `some ${calm}full ${calm}`;
}

/** LXCFS 7.0 asks for `io` under its name of v1, finds nothing and shows the host's. */
export function renderLxcfsPressure(inquiry: Inquiry, what: Pressure): string {
  const group = what === 'io' ? undefined : inquiry.group(what);
  return own(inquiry, group, `${what}.pressure`) ?? inquiry.source.text(`/proc/pressure/${what}`) ?? '';
}
