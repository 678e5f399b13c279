/** /proc/diskstats by the rules of LXCFS: from the statistics of CFQ, which kernels since 5.0 do not have. */

import { parseBlkio } from './diskstats.ts';
import { type Inquiry, own } from './inquiry.ts';

type Counts = ReadonlyMap<string, ReadonlyMap<string, bigint>>;

const files = {
  serviced: 'blkio.io_serviced_recursive',
  merged: 'blkio.io_merged_recursive',
  bytes: 'blkio.io_service_bytes_recursive',
  wait: 'blkio.io_wait_time_recursive',
  service: 'blkio.io_service_time_recursive',
} as const;

export function renderLxcfsDiskstats(inquiry: Inquiry): string {
  const host = inquiry.source.text('/proc/diskstats') ?? '';
  const group = inquiry.group('blkio');
  const read = (file: string): Counts | undefined => {
    const text = group?.version === 1 ? own(inquiry, group, file) : undefined;
    return text === undefined ? undefined : parseBlkio(text);
  };
  const [serviced, merged, bytes] = [read(files.serviced), read(files.merged), read(files.bytes)];
  const [wait, service] = [read(files.wait), read(files.service)];
  // One file that the kernel does not have, and LXCFS shows the host's.
  if (!serviced || !merged || !bytes || !wait || !service) return host;
  const counts: Disk = { serviced, merged, bytes, wait, service, modern: inquiry.profile.rules === '7.0' };
  const disks = [...host.matchAll(/^ *(\d+) +(\d+) (\S+)/gm)];
  return disks.map(([, major = '', minor = '', name = '']) => line(major, minor, name, counts)).join('');
}

interface Disk extends Record<keyof typeof files, Counts> {
  readonly modern: boolean;
}

function line(major: string, minor: string, name: string, counts: Disk): string {
  const of = (table: keyof typeof files, kind: string) =>
    counts[table].get(`${major}:${minor}`)?.get(kind) ?? 0n;
  const group = (kind: string) => [
    of('serviced', kind),
    of('merged', kind),
    of('bytes', kind) / 512n,
    (of('service', kind) + of('wait', kind)) / 1_000_000n,
  ];
  const total = of('service', 'Total') / 1_000_000n;
  const discards = group('Discard').slice(counts.modern ? 0 : 1);
  const columns = [...group('Read'), ...group('Write'), 0n, total, 0n, ...discards];
  if (columns.every((value) => value === 0n)) return '';
  return `${major}       ${minor} ${name} ${columns.join(' ')}\n`;
}
