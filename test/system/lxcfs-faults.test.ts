/**
 * The proc view under fire: its servers killed and replaced while containers read, readers of two containers at once by
 * every way of reading, limits that change, cgroups that go. LXCFS stands the same tests and is shown failing.
 * `LXC_TS_LXCFS_KILLS=N` for another number of kills than 100, `LXC_TS_LXCFS_SECONDS=60` to read at full speed for longer.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { run } from './harness/commands.ts';
import type { Container } from './harness/container.ts';
import { eventually } from './harness/eventually.ts';
import { giveReader, type Reader, read, total } from './harness/judge.ts';
import type { Scope } from './harness/scope.ts';
import { testOurs } from './harness/suite.ts';
import { mountpoint, ours, overFuseNative, type Server, serveView, testOver } from './harness/view.ts';

const lxcfs = '/usr/bin/lxcfs';
const kills = Number(process.env.LXC_TS_LXCFS_KILLS ?? 100);
const pauseMs = 150;
const seconds = Number(process.env.LXC_TS_LXCFS_SECONDS ?? 3);
const native = 'the view without a hook';

/** Nothing went wrong. */
const clean = { foreign: 0, torn: 0, errors: 0, refused: 0 };

/** What fuse-native shows by sendfile and mmap may be cut; docs/lxcfs.md. */
const wholeOver = (server: Server) => (server === overFuseNative ? {} : { torn: 0 });

interface Limited {
  readonly container: Container;
  readonly kilobytes: number;
}

/** Running containers with these limits in MB. */
async function limited(scope: Scope, megabytes: readonly number[]): Promise<readonly Limited[]> {
  const all = megabytes.map((limit) => {
    const config = ['lxc.mount.auto = proc:mixed sys:ro', `lxc.cgroup.memory.limit_in_bytes = ${limit}M`];
    const container = scope.container({ config });
    giveReader(container);
    return { container, kilobytes: limit * 1024 };
  });
  for (const { container } of all) await container.start();
  return all;
}

/** Two readers in each, by all the ways that have to work. */
function readers(containers: readonly Limited[], count: string): readonly Reader[] {
  const ways = ['read', 'cat', 'small', 'seek'] as const;
  return containers.flatMap((one, index) =>
    [0, 1].map((second) => ({ ...one, count, way: ways[(index * 2 + second) % ways.length] ?? 'read' })),
  );
}

/** Not the one that samples the load: it comes and goes. */
function servers(keeper: number): readonly number[] {
  const children = readFileSync(`/proc/${keeper}/task/${keeper}/children`, 'utf8').trim();
  const isServer = (pid: string) =>
    !readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('lxcfs.cjs\x002\0');
  return children
    .split(' ')
    .filter((pid) => pid !== '' && isServer(pid))
    .map(Number);
}

testOurs(
  `Eight readers in four containers do not notice that servers are killed ${kills} times`,
  native,
  async (scope) => {
    const { pid } = await serveView(scope, ours);
    const containers = await limited(scope, [256, 128, 64, 512]);
    const reading = Promise.all(readers(containers, `${kills * pauseMs + 1000}ms`).map(read));
    for (let count = 0; count < kills; count++) {
      await sleep(pauseMs);
      const now = servers(pid);
      process.kill(now[count % now.length] ?? 0, 'SIGKILL');
    }
    const seen = total(await reading);
    console.log(`${kills} kills, ${seen.reads} reads, the longest took ${seen.longest / 1000} ms`);
    expect(seen).toMatchObject(clean);
    expect(seen.reads).toBeGreaterThan(kills * 8);
  },
  { timeoutMs: 120_000 + kills * pauseMs * 4 },
);

testOver(
  'Eight readers in four containers do not notice that a new build takes over',
  { notNative: 'the mount dies with the process' },
  async (scope, server) => {
    const { pid } = await serveView(scope, server);
    const containers = await limited(scope, [256, 128, 64, 512]);
    const reading = Promise.all(readers(containers, '6000ms').map(read));
    const before = new Set(servers(pid));
    expect(await run(ours, ['--replace', mountpoint])).toMatchObject({ status: 0 });
    await eventually(
      () => !servers(pid).some((server) => before.has(server)),
      'the servers of before are gone',
    );
    const between = servers(pid);
    process.kill(pid, 'SIGUSR1');
    await eventually(
      () => servers(pid).length === between.length && !servers(pid).some((one) => between.includes(one)),
      'servers are replaced again',
    );
    const seen = total(await reading);
    console.log(`2 hand-overs, ${seen.reads} reads, the longest took ${seen.longest / 1000} ms`);
    expect(seen).toMatchObject(clean);
  },
);

testOver(
  'Readers at full speed get all they ask for, and servers keep no descriptor of them',
  { timeoutMs: 60_000 + seconds * 2000 },
  async (scope, server) => {
    const { pid } = await serveView(scope, server);
    const containers = await limited(scope, [256, 64]);
    const descriptors = () => servers(pid).map((server) => readdirSync(`/proc/${server}/fd`).length);
    const all = (count: string) => Promise.all(readers([...containers, ...containers], count).map(read));
    await all('500ms');
    const before = descriptors();
    const seen = total(await all(`${seconds * 1000}ms`));
    console.log(`${Math.round(seen.reads / seconds)} reads a second for ${seconds} s`);
    expect(seen).toMatchObject({ foreign: 0, errors: 0, refused: 0, ...wholeOver(server) });
    for (const [index, count] of descriptors().entries())
      expect(count).toBeLessThan((before[index] ?? 0) + 10);
  },
);

testOver('A file of a container that comes and goes is always one', {}, async (scope, server) => {
  const { at } = await serveView(scope, server);
  const [box] = await limited(scope, [256]);
  if (box === undefined) throw new Error('there is one container');
  const file = scope.file(join(scope.directory(), 'meminfo'), '');
  const named = `${at}/by-name/${box.container.name}/proc/meminfo`;
  expect(await run('mount', ['--bind', named, file])).toMatchObject({ status: 0 });
  scope.defer(async () => void (await run('umount', [file])));
  let going = true;
  const reading = (async () => {
    const totals = new Set<number>();
    while (going) totals.add(Number(/^MemTotal: +(\d+) kB\n/.exec(await readFile(file, 'utf8'))?.[1]));
    return totals;
  })();
  for (let round = 0; round < 3; round++) {
    await box.container.stop();
    await box.container.start();
  }
  await sleep(200);
  going = false;
  const host = Number(/\d+/.exec(readFileSync('/proc/meminfo', 'utf8'))?.[0]);
  for (const kilobytes of await reading) expect([host, box.kilobytes]).toContain(kilobytes);
});

testOurs('With LXCFS every reader fails once it is killed', native, async (scope) => {
  const view = await serveView(scope, lxcfs);
  const containers = await limited(scope, [256, 64]);
  const reading = Promise.all(readers(containers, '2000ms').map(read));
  await sleep(700);
  await view.kill();
  const seen = await reading;
  const notConnected = 107;
  for (const { errors, errno } of seen) expect([errors > 0, errno]).toEqual([true, notConnected]);
});

/** Eight readers in two containers, so many reads each. */
async function mixed(containers: readonly Limited[], count: number) {
  const ways = ['read', 'cat', 'mmap', 'small'] as const;
  return total(
    await Promise.all(containers.flatMap((one) => ways.map((way) => read({ ...one, way, count })))),
  );
}

testOver(
  'None of 20,000 reads shows another container, by read, sendfile or mmap',
  { timeoutMs: 120_000 },
  async (scope, server) => {
    await serveView(scope, server);
    const containers = await limited(scope, [256, 64]);
    const seen = await mixed(containers, 2500);
    expect(seen).toMatchObject({ reads: 20_000, foreign: 0, errors: 0, ...wholeOver(server) });
  },
);

testOver('cat of busybox shows each of two containers its own limit', {}, async (scope, server) => {
  await serveView(scope, server);
  const containers = await limited(scope, [256, 64]);
  const script = 'i=0; while [ $i -lt 300 ]; do cat /proc/meminfo; i=$((i+1)); done';
  await Promise.all(
    containers.map(async ({ container, kilobytes }) => {
      const { stdout } = await container.attach(['/bin/sh', '-c', script]);
      const totals = stdout.match(/^MemTotal:.*$/gm) ?? [];
      expect(totals).toHaveLength(300);
      expect(new Set(totals.map((line) => Number(/\d+/.exec(line)?.[0])))).toEqual(new Set([kilobytes]));
    }),
  );
});

testOurs('With LXCFS readers by sendfile are shown another container', native, async (scope) => {
  await serveView(scope, lxcfs);
  const containers = await limited(scope, [256, 64]);
  const by = (way: Reader['way']) =>
    [0, 1, 2, 3].map((index) => read({ ...(containers[index % 2] ?? fail()), way, count: 1000 }));
  let foreign = 0;
  for (let round = 0; round < 10 && foreign === 0; round++)
    foreign = total(await Promise.all(by('cat'))).foreign;
  console.log(`LXCFS: ${foreign} of 4000 reads by sendfile were another container's`);
  expect(foreign).toBeGreaterThan(0);
  expect(total(await Promise.all(by('read')))).toMatchObject({ foreign: 0 });
});

function fail(): never {
  throw new Error('there are two containers');
}

testOurs('Servers that somebody stops go on, and starts and readers with them', native, async (scope) => {
  const { pid } = await serveView(scope, ours);
  for (let turn = 0; turn < 3; turn += 1) {
    for (const server of servers(pid)) process.kill(server, 'SIGSTOP');
    const [{ container, kilobytes } = never()] = await limited(scope, [64]);
    const seen = await container.attach(['head', '-n', '1', '/proc/meminfo']);
    expect(seen.stdout).toMatch(new RegExp(`^MemTotal: +${kilobytes} kB`));
  }
});

function never(): never {
  throw new Error('There is a container for each limit');
}
