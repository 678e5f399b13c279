/** lxcfs status: which views there are, whether they answer, and who uses them. */

import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { version } from '../../base/version.ts';
import { findKeepers, type Keeper, keeperState } from '../../run/lxcfs/keepers.ts';
import { type Consumer, findConsumers, mountsOf } from '../../run/lxcfs/mounts.ts';
import type { Transport } from '../../run/lxcfs/serve.ts';
import type { Command } from '../command.ts';
import { format, jsonText } from '../format.ts';

interface Status {
  readonly mountpoint: string;
  readonly keeper: number;
  readonly servers: readonly number[];
  readonly sampler: number | null;
  /** Microseconds to open and read meminfo, or the list of names where that is all; null when nobody answered for a second. */
  readonly answersInUs: number | null;
  readonly off: boolean;
  readonly restarts: number;
  readonly blocked: number;
  /** Mount namespaces other than the keeper's with a part of it. */
  readonly consumers: number;
  readonly transport: Transport;
  readonly rules: string;
  readonly cfs: boolean;
  readonly loadavg: boolean;
  readonly swap: boolean;
  readonly zswap: boolean;
}

export const lxcfsStatus: Command = {
  name: 'lxcfs status',
  summary: 'Tell which views are mounted, whether they answer, and how many use them',
  named: false,
  options: [format],
  async run(invocation, session) {
    const consumers = findConsumers();
    const all = await Promise.all(findKeepers().map((keeper) => statusOf(keeper, consumers)));
    const json = invocation.get(format) === 'json';
    session.out(
      json ? jsonText({ version, views: all }) : `Version: ${version}\n${all.map(textOf).join('')}`,
    );
    if (all.length === 0 && !json) session.out('No view is mounted\n');
    return all.length > 0 && all.every(({ answersInUs }) => answersInUs !== null) ? 0 : 1;
  },
};

async function statusOf(keeper: Keeper, consumers: readonly Consumer[]): Promise<Status> {
  const state = keeperState(keeper);
  const { rules, cfs, loadavg, swap, zswap } = keeper.settings.profile;
  return {
    mountpoint: keeper.mountpoint,
    keeper: keeper.pid,
    servers: state?.serving ?? [],
    sampler: state?.sampler || null,
    answersInUs: await probe(keeper),
    off: state?.host ?? false,
    restarts: state?.restarts ?? 0,
    blocked: state?.blocked ?? 0,
    consumers: consumersOf(keeper, consumers),
    transport: keeper.settings.fuseNative === undefined ? 'dev-fuse' : 'fuse-native',
    rules,
    cfs,
    loadavg,
    swap,
    zswap,
  };
}

async function probe({ pid, mountpoint, settings }: Keeper): Promise<number | null> {
  const top = `/proc/${pid}/root${mountpoint}`;
  const start = process.hrtime.bigint();
  const asked =
    settings.fuseNative === undefined ? readFile(`${top}/proc/meminfo`) : readdir(`${top}/by-name`);
  const answer = asked.then(
    () => Number((process.hrtime.bigint() - start) / 1000n),
    () => null,
  );
  return await Promise.race([answer, sleep(1000, null, { ref: false })]);
}

function consumersOf({ pid, mountpoint }: Keeper, consumers: readonly Consumer[]): number {
  const device = mountsOf(pid).find(({ at }) => at === mountpoint)?.device;
  return consumers.filter((one) => one.pid !== pid && one.mounts.some((mount) => mount.device === device))
    .length;
}

function textOf(status: Status): string {
  const { answersInUs, off } = status;
  const answers = answersInUs === null ? 'nobody answered within a second' : `answers in ${answersInUs} us`;
  const yes = (on: boolean) => (on ? 'on' : 'off');
  const rows = [
    ['State', off ? `${answers}, turned off: everybody sees the host` : answers],
    ['Keeper', `${status.keeper}`],
    ['Servers', status.servers.join(' ') || 'none'],
    ['Restarts', `${status.restarts}, ${status.blocked} of them blocked`],
    ['Users', `${status.consumers}`],
    ['Transport', status.transport],
    [
      'Rules',
      `${status.rules}, quota ${yes(status.cfs)}, load ${yes(status.loadavg)}, swap ${yes(status.swap)}, zswap ${yes(status.zswap)}`,
    ],
  ];
  return `${status.mountpoint}\n${rows.map(([name, value]) => `  ${`${name}:`.padEnd(11)}${value}\n`).join('')}`;
}
