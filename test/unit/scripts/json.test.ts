/** docs/json.md beside the commands and their types: a field that is added or renamed has to be written there. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { catalogue } from '../../../scripts/catalogue.ts';
import type { Stats } from '../../../src/cgroup/stats.ts';
import type { Usage } from '../../../src/cgroup/usage.ts';
import type { Setting } from '../../../src/cli/commands/config.ts';
import { lsJson } from '../../../src/cli/ls-text.ts';
import type { KeyFacts } from '../../../src/config/describe.ts';
import type { UpdatedLine } from '../../../src/config/update.ts';
import type { Explanation } from '../../../src/lxcfs/contract.ts';
import type { Finding } from '../../../src/run/examine.ts';
import type { LinkUse } from '../../../src/run/link-use.ts';
import type { NetStatus } from '../../../src/run/lxc-net.ts';
import type { Snapshot } from '../../../src/run/snapshot.ts';
import type { Consumer } from '../../../src/run/top.ts';

/** The compiler holds each list to the type: no field may be missing, none may be too many. */
type Fields<T> = Readonly<Record<keyof T, true>>;

const page = readFileSync(join(import.meta.dirname, '../../../docs/json.md'), 'utf8');
const rows = new Map(
  [...page.matchAll(/^\| `((?:lxc|lxcfs)[a-z -]*?)(?: -[-\w]+)?` \| (.*) \|$/gm)].map(
    ([, name = '', text = '']) => [name, [...text.matchAll(/`(\w+)`/g)].map(([, field]) => field)],
  ),
);

test('Every command that prints JSON is described, and no other', () => {
  const named = catalogue.filter(({ options }) => options.some(({ long }) => long === 'format'));
  expect([...rows.keys()].sort()).toEqual(named.map(({ name }) => name).sort());
});

test('lxc-ls prints the fields of the page in their order', () => {
  const some = { name: 'a', depth: 0, state: 'STOPPED', pid: undefined, memoryBytes: undefined } as const;
  const more = { swapBytes: undefined, autostart: undefined, groups: [], unprivileged: undefined } as const;
  const printed = lsJson([{ ...some, ...more, interfaces: [], ipv4: [], ipv6: [] }]);
  expect([Object.keys(Object.values(printed)[0])]).toEqual([rows.get('lxc-ls')]);
});

const finding: Fields<Finding> = { check: true, severity: true, finding: true, cure: true };
const key: Fields<KeyFacts> = {
  ...{ key: true, pattern: true, summary: true, value: true, repeats: true, clears: true, default: true },
  ...{ choices: true, names: true, since: true, removed: true, spellings: true, effect: true },
};
const setting: Fields<Setting> = { key: true, value: true, summary: true };
const net: Fields<NetStatus> = { bridge: true, up: true, addresses: true, dnsmasq: true, ports: true };
const snapshot: Fields<Snapshot> = { name: true, path: true, time: true, comment: true };
const change: Fields<UpdatedLine> = { line: true, before: true, after: true };
const explanation: Fields<Explanation> = { line: true, formula: true, inputs: true };
const stats: Fields<Stats> = {
  ...{ cpuNanoseconds: true, blkioBytes: true, memoryBytes: true },
  ...{ kernelMemoryBytes: true, swapBytes: true, pids: true },
};
const link: Fields<LinkUse> = { link: true, txBytes: true, rxBytes: true };

const usage: Fields<Usage> = {
  ...{ cpuUserTicks: true, cpuSystemTicks: true, memorySwapBytes: true },
  ...{ blkioReadBytes: true, blkioWriteBytes: true, blkioOperations: true },
};
const consumer: Fields<Omit<Consumer, keyof Stats | keyof Usage>> = { name: true, cpuPercent: true };

test.each<readonly [string, object]>([
  ['lxc-doctor', finding],
  ['lxc-config', setting],
  ['lxc-config explain', key],
  ['lxc-net', net],
  ['lxc-snapshot', snapshot],
  ['lxc-update-config', change],
  ['lxcfs explain', explanation],
  ['lxc-info', { ...stats, ...link }],
  ['lxc-top', { ...stats, ...usage, ...consumer }],
])('The page has every field of %s', (name, fields) => {
  expect(rows.get(name)).toEqual(expect.arrayContaining(Object.keys(fields)));
});
