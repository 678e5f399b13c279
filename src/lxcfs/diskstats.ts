/**
 * /proc/diskstats by our rules: the disks that the subject has used, in the kernel's 20 columns. Partitions and the
 * host's other disks are not shown; times are unknown to a cgroup and 0.
 */

import { type Inquiry, own } from './inquiry.ts';

export interface DiskInputs {
  /** /proc/diskstats of the host: for the names. */
  readonly host: string;
  /** v2: io.stat. */
  readonly ioStat: string | undefined;
  /** v1: bytes and operations, of each policy that counts (throttle, BFQ, CFQ). */
  readonly policies: readonly { readonly bytes: string; readonly operations: string }[];
}

const policies = [
  ['blkio.throttle.io_service_bytes_recursive', 'blkio.throttle.io_serviced_recursive'],
  ['blkio.bfq.io_service_bytes_recursive', 'blkio.bfq.io_serviced_recursive'],
  ['blkio.io_service_bytes_recursive', 'blkio.io_serviced_recursive'],
] as const;

export function collectDisks(inquiry: Inquiry): DiskInputs {
  const group = inquiry.group('blkio');
  return {
    host: inquiry.source.text('/proc/diskstats') ?? '',
    ioStat: group?.version === 2 ? own(inquiry, group, 'io.stat') : undefined,
    policies:
      group?.version === 1
        ? policies.flatMap(([bytesFile, operationsFile]) => {
            const bytes = own(inquiry, group, bytesFile);
            const operations = own(inquiry, group, operationsFile);
            return bytes === undefined || operations === undefined ? [] : [{ bytes, operations }];
          })
        : [],
  };
}

/** Bytes may pass what a double holds exactly. */
export interface DiskUse {
  readonly reads: bigint;
  readonly readBytes: bigint;
  readonly writes: bigint;
  readonly writtenBytes: bigint;
  readonly discards: bigint;
  readonly discardedBytes: bigint;
}

const unused: DiskUse = {
  reads: 0n,
  readBytes: 0n,
  writes: 0n,
  writtenBytes: 0n,
  discards: 0n,
  discardedBytes: 0n,
};

/** By `MAJOR:MINOR`. */
export function diskUse({ ioStat, policies: counted }: DiskInputs): ReadonlyMap<string, DiskUse> {
  if (ioStat !== undefined) return parseIoStat(ioStat);
  const use = new Map<string, DiskUse>();
  // A request is counted by each policy that saw it: the one that saw most has seen all.
  for (const found of counted.map(parsePolicy))
    for (const [disk, one] of found) use.set(disk, most(use.get(disk) ?? unused, one));
  return use;
}

/** `254:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6` */
function parseIoStat(text: string): ReadonlyMap<string, DiskUse> {
  const lines = text.split('\n').map((line) => line.split(' '));
  return new Map(
    lines.flatMap(([disk = '', ...pairs]): [string, DiskUse][] => {
      if (!/^\d+:\d+$/.test(disk)) return [];
      const values = new Map(pairs.map((pair): [string, bigint] => [pair.split('=')[0] ?? '', count(pair)]));
      const of = (name: string) => values.get(name) ?? 0n;
      const [reads, writes, discards] = [of('rios'), of('wios'), of('dios')];
      return [[disk, { reads, writes, discards, ...bytes(of('rbytes'), of('wbytes'), of('dbytes')) }]];
    }),
  );
}

function count(pair: string): bigint {
  return BigInt(/=(\d+)$/.exec(pair)?.[1] ?? 0);
}

function bytes(readBytes: bigint, writtenBytes: bigint, discardedBytes: bigint) {
  return { readBytes, writtenBytes, discardedBytes };
}

/** `254:0 Read 4096` */
export function parseBlkio(text: string): ReadonlyMap<string, ReadonlyMap<string, bigint>> {
  const found = new Map<string, Map<string, bigint>>();
  for (const match of text.matchAll(/^(\d+:\d+) (\w+) (\d+)$/gm)) {
    const [, disk = '', kind = '', value = '0'] = match;
    const kinds = found.get(disk) ?? new Map<string, bigint>();
    found.set(disk, kinds.set(kind, BigInt(value)));
  }
  return found;
}

function parsePolicy(policy: DiskInputs['policies'][number]): ReadonlyMap<string, DiskUse> {
  const byBytes = parseBlkio(policy.bytes);
  const byOperations = parseBlkio(policy.operations);
  const disks = new Set([...byBytes.keys(), ...byOperations.keys()]);
  return new Map(
    [...disks].map((disk): [string, DiskUse] => {
      const size = (kind: string) => byBytes.get(disk)?.get(kind) ?? 0n;
      const times = (kind: string) => byOperations.get(disk)?.get(kind) ?? 0n;
      const [reads, writes, discards] = [times('Read'), times('Write'), times('Discard')];
      return [disk, { reads, writes, discards, ...bytes(size('Read'), size('Write'), size('Discard')) }];
    }),
  );
}

function most(left: DiskUse, right: DiskUse): DiskUse {
  const larger = (one: bigint, other: bigint) => (one > other ? one : other);
  return {
    reads: larger(left.reads, right.reads),
    readBytes: larger(left.readBytes, right.readBytes),
    writes: larger(left.writes, right.writes),
    writtenBytes: larger(left.writtenBytes, right.writtenBytes),
    discards: larger(left.discards, right.discards),
    discardedBytes: larger(left.discardedBytes, right.discardedBytes),
  };
}

export function renderDiskstats(inputs: DiskInputs): string {
  const use = diskUse(inputs);
  const disks = [...inputs.host.matchAll(/^ *(\d+) +(\d+) (\S+) /gm)];
  return disks
    .flatMap(([, major = '', minor = '', name = '']) => {
      const one = use.get(`${major}:${minor}`);
      return one === undefined || isUnused(one) ? [] : diskLine(major, minor, name, one);
    })
    .join('');
}

function isUnused(use: DiskUse): boolean {
  return Object.values(use).every((value) => value === 0n);
}

/** Reads, merged, sectors, ms; the same for writes; in flight, ms, weighted ms; discards; flushes. */
function diskLine(major: string, minor: string, name: string, use: DiskUse): string {
  const read = `${use.reads} 0 ${use.readBytes / 512n} 0`;
  const written = `${use.writes} 0 ${use.writtenBytes / 512n} 0`;
  const discarded = `${use.discards} 0 ${use.discardedBytes / 512n} 0`;
  return `${major.padStart(4)} ${minor.padStart(7)} ${name} ${read} ${written} 0 0 0 ${discarded} 0 0\n`;
}
