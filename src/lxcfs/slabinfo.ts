/** /proc/slabinfo: per cgroup only on v1 before 5.9. */

import { type Inquiry, own } from './inquiry.ts';

const header =
  'slabinfo - version: 2.1\n# name            <active_objs> <num_objs> <objsize> <objperslab> <pagesperslab> ' +
  ': tunables <limit> <batchcount> <sharedfactor> : slabdata <active_slabs> <num_slabs> <sharedavail>\n';

/** Where the kernel no longer tells, the head alone: the host's caches are none of the container's business. */
export function renderSlabinfo(inquiry: Inquiry): string {
  const rows = rowsOf(inquiry);
  return header + rows.filter((row) => !row.startsWith('#') && !row.startsWith('slabinfo')).join('');
}

function rowsOf(inquiry: Inquiry): readonly string[] {
  const group = inquiry.group('memory');
  const text = group?.version === 1 ? own(inquiry, group, 'memory.kmem.slabinfo') : undefined;
  return (text ?? '').split(/(?<=\n)/);
}

/** The host's two head lines, then the cgroup's rows; without rows the host's file. */
export function renderLxcfsSlabinfo(inquiry: Inquiry): string {
  const host = inquiry.source.text('/proc/slabinfo') ?? '';
  const rows = rowsOf(inquiry).join('');
  if (rows === '') return host;
  return (
    host
      .split(/(?<=\n)/)
      .slice(0, 2)
      .join('') + rows
  );
}
