/** What goes wrong around the proc view: devices and mount points that are not there, terminals, memory, readers that die. */

import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { beforeAll, describe, expect, test } from 'vitest';
import { lxcfsServer, lxcfsSizes, lxcfsState } from '../../src/wire/lxcfs.ts';
import { eventually, Mount, prepare, type Seen } from './lxcfs/mount.ts';

const lxcfs = join(import.meta.dirname, '../../bin/lxcfs');
beforeAll(() => prepare(), 120_000);

const clean = { foreign: 0, torn: 0, errors: 0 };

/** The command in a mount namespace that `first` makes ready; `$0` is the mount point, `$1` lxcfs. */
async function runIn(first: string, then: string) {
  const dir = mkdtempSync(join(tmpdir(), 'lxcfs-faults-'));
  chmodSync(dir, 0o755);
  mkdirSync(join(dir, 'view'));
  const script = `${first}; ${then}`;
  try {
    return await execa(
      'unshare',
      ['-m', '--propagation', 'private', 'sh', '-c', script, join(dir, 'view'), lxcfs, dir],
      { reject: false, env: { LXC_TS_DAEMON: '0' } },
    );
  } finally {
    rmSync(dir, { recursive: true });
  }
}

const serve = '"$1" --runtime-dir "$2" "$0"';
/** In the background until the view answers, then the commands, then its end. */
const during = (commands: string) =>
  `${serve} & job=$!; until head -n1 "$0/proc/meminfo" >/dev/null 2>&1; do sleep 0.1; done; ${commands}; kill $job; wait $job`;

describe.skipIf(!existsSync(lxcfs))('lxcfs', () => {
  test('says what to do without /dev/fuse', async () => {
    const { exitCode, stderr } = await runIn('mount -t tmpfs none /dev', serve);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(
      'lxcfs: Failed to open /dev/fuse: No such file or directory; load the module with `modprobe fuse`',
    );
  });

  test('does not mount over a living view of somebody else', async () => {
    const { exitCode, stderr } = await runIn(
      '/usr/bin/lxcfs -p "$2/other.pid" "$0" >/dev/null 2>&1 & until [ -e "$0/proc/meminfo" ]; do sleep 0.1; done',
      `${serve}; status=$?; kill $!; wait; exit $status`,
    );
    expect(exitCode).toBe(1);
    expect(stderr).toContain('another lxcfs is mounted there; stop it (umount');
  });

  test('takes a dead mount away', async () => {
    const { exitCode, stdout, stderr } = await runIn(
      'exec 3<>/dev/fuse; mount -i -t fuse.lxcfs -o fd=3,rootmode=40000,user_id=0,group_id=0 dead "$0"; exec 3<&-',
      during('head -c 9 "$0/proc/meminfo"'),
    );
    expect([exitCode, stdout]).toEqual([0, 'MemTotal:']);
    expect(stderr).toContain('is a dead mount; it is taken away');
  });

  test('answers where /proc hides processes and none may be looked into', async () => {
    const { exitCode, stdout } = await runIn(
      'mount -t proc -o hidepid=2 proc /proc',
      during(
        'setpriv --reuid=65534 --clear-groups --bounding-set=-all unshare -U head -c 9 "$0/proc/meminfo"',
      ),
    );
    expect([exitCode, stdout]).toEqual([0, 'MemTotal:']);
  });

  test('serves without the right to look into processes', async () => {
    const without = '"setpriv" --bounding-set=-sys_ptrace --inh-caps=-sys_ptrace';
    const { exitCode, stdout } = await runIn(
      ':',
      during('unshare -p -f head -c 9 "$0/proc/meminfo"').replace('"$1"', `${without} "$1"`),
    );
    expect([exitCode, stdout]).toEqual([0, 'MemTotal:']);
  });

  test('goes on when the terminal stops its jobs', async () => {
    const stopped = 'kill -TSTP $job; kill -TTOU $job; kill -TTIN $job; sleep 0.2';
    const state = `awk '/^State/{print $2}' /proc/$job/status`;
    const sessions = `for pid in $job $(cat /proc/$job/task/$job/children); do awk '{print $6}' /proc/$pid/stat; done | sort -u | wc -l`;
    const { exitCode, stdout } = await runIn(
      ':',
      during(`${stopped}; ${state}; ${sessions}; head -c 9 "$0/proc/meminfo"`),
    );
    expect([exitCode, stdout]).toEqual([0, 'S\n3\nMemTotal:']);
  });
});

const memory = '/sys/fs/cgroup/memory';

const withMemory = test.skipIf(!existsSync(`${memory}/memory.limit_in_bytes`));

/** Reads a large file while the first `count` servers have 2 MB of memory together. */
async function readWithout(
  count: number,
): Promise<{ readonly seen: readonly Seen[]; readonly restarts: number; readonly marked: number }> {
  const group = `${memory}/lxcfs-oom-${process.pid}`;
  mkdirSync(group);
  writeFileSync(`${group}/memory.limit_in_bytes`, '2M');
  try {
    await using mount = await Mount.make();
    const before = mount.shared(lxcfsState.restarts);
    for (const pid of mount.servers().slice(0, count)) writeFileSync(`${group}/cgroup.procs`, String(pid));
    const seen = await Promise.all(
      [1, 2, 3, 4].map(() => mount.read({ file: 'proc/large', count: '1500ms' })),
    );
    const restarts = mount.shared(lxcfsState.restarts) - before;
    return { seen, restarts, marked: mount.shared(lxcfsState.markCount) };
  } finally {
    await eventually('the group is empty', () => readFileSync(`${group}/cgroup.procs`, 'utf8') === '');
    rmdirSync(group);
  }
}

withMemory('Readers do not notice that a server ran out of memory', async () => {
  const { seen, restarts, marked } = await readWithout(1);
  for (const one of seen) expect(one).toMatchObject(clean);
  expect(restarts).toBeGreaterThan(0);
  expect(marked).toBe(0);
});

withMemory(
  'Readers do not notice that both servers ran out of memory, but for a request of which both died',
  async () => {
    const { seen, restarts, marked } = await readWithout(2);
    // It is answered with the host's file, and the host has none of that name.
    const torn = seen.reduce((sum, one) => sum + one.torn, 0);
    for (const one of seen) expect(one).toMatchObject({ ...clean, torn: one.torn });
    expect(torn).toBeLessThanOrEqual(marked);
    expect(restarts).toBeGreaterThan(1);
  },
);

test('Readers that die while they wait leave nothing behind', async () => {
  await using mount = await Mount.make();
  for (let round = 0; round < 30; round++) {
    const readers = [1, 2, 3, 4].map(() =>
      mount.run([join(mount.dir, 'reader'), '', 'small', `${mount.path}/proc/meminfo`, 'host', '60000ms']),
    );
    await sleep(60);
    for (const reader of readers) reader.kill('SIGKILL');
    await Promise.allSettled(readers);
  }
  expect(await mount.read({ count: 500 })).toMatchObject(clean);
  const high = [0, 1].map((index) =>
    mount.shared(lxcfsState.servers + index * lxcfsSizes.serverBytes + lxcfsServer.high),
  );
  expect(Math.max(...high)).toBeLessThan(200);
});
