/**
 * The mount against this machine's kernel: what readers get by every way of reading, while servers die, block and are
 * replaced. `LXC_TS_LXCFS_KILLS=100` makes the deaths many.
 */

import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  readSync,
  statSync,
} from 'node:fs';
import { open as openFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { beforeAll, expect } from 'vitest';
import { lxcfsServer, lxcfsSizes, lxcfsState } from '../../src/wire/lxcfs.ts';
import { eventually, type Mount, prepare, type Seen, type Way } from './lxcfs/mount.ts';
import { testFuseNative, testOver } from './lxcfs/transports.ts';

const kills = Number(process.env.LXC_TS_LXCFS_KILLS ?? 10);

beforeAll(() => prepare(true), 120_000);

/** Nothing went wrong. */
const clean = { foreign: 0, torn: 0, errors: 0, refused: 0 };

function sum(all: readonly Seen[]): Omit<Seen, 'errno' | 'longest'> {
  const total = (of: (seen: Seen) => number) => all.reduce((before, seen) => before + of(seen), 0);
  return {
    reads: total((seen) => seen.reads),
    foreign: total((seen) => seen.foreign),
    torn: total((seen) => seen.torn),
    errors: total((seen) => seen.errors),
    refused: total((seen) => seen.refused),
  };
}

function server(mount: Mount, index: number): number {
  return mount.shared(lxcfsState.servers + index * lxcfsSizes.serverBytes + lxcfsServer.pid);
}

testOver('The tree has its names, types and permissions', {}, async ({ make, transport }) => {
  await using mount = await make();
  const shared = transport === 'dev-fuse' ? ['proc', 'sys'] : [];
  expect(readdirSync(mount.seen('')).sort()).toEqual(['by-name', ...shared]);
  expect(readdirSync(mount.seen('proc'))).toContain('meminfo');
  expect(readdirSync(mount.seen('by-name'))).toEqual(['host']);
  expect(readlinkSync(mount.seen('sys/devices/system/cpu/cpu0/driver'))).toBe('../online');
  expect(() => statSync(mount.seen('proc/nothing'))).toThrow(/ENOENT/);
  expect(() => statSync(mount.seen('by-name/nobody'))).toThrow(/ENOENT/);
  for (const flags of ['r+', 'w', 'a'])
    expect(() => openSync(mount.seen('proc/stat'), flags)).toThrow(/EACCES/);
  expect(readFileSync(mount.seen('proc/slabinfo'), 'utf8')).toMatch(/^host/);
  const asNobody = ['setpriv', '--reuid=65534', 'cat', mount.file('proc/slabinfo')];
  await expect(mount.run(asNobody)).rejects.toThrow(/Permission denied/);
});

testOver(
  'A CPU that a reader does not have is not there, whoever asked before',
  {},
  async ({ make, transport }) => {
    await using mount = await make();
    const list = async (key: string) => {
      if (transport === 'fuse-native') await mount.member(key);
      const cpus = mount.file('sys/devices/system/cpu', key);
      const script = 'echo 0 > "$0" && cat "$1/cpu1/driver" 2>&1; ls -d "$1"/cpu*';
      return (await mount.run(['sh', '-c', script, mount.tasks(key), cpus])).stdout;
    };
    for (let round = 0; round < 2; round++) {
      expect(await list('small')).not.toContain('cpu1\n');
      expect(await list('big')).toMatch(/cpu0\n.*cpu1$/);
    }
  },
);

const whole: readonly Way[] = ['read', 'small', 'seek'];
const refused: readonly Way[] = ['sendfile', 'splice', 'copy', 'mmap'];

for (const way of whole)
  testOver(`A file is whole by ${way}`, {}, async ({ make }) => {
    await using mount = await make();
    expect(await mount.read({ way, count: 500 })).toMatchObject({ ...clean, reads: 500 });
  });

async function readByTwo(mount: Mount, way: Way): Promise<ReturnType<typeof sum>> {
  return sum(await Promise.all(['one', 'two'].map((key) => mount.read({ way, key, count: 500 }))));
}

for (const way of refused) {
  testOver(`By ${way} a reader gets nothing that belongs to somebody else`, {}, async ({ make }) => {
    await using mount = await make();
    expect(await readByTwo(mount, way)).toMatchObject({ foreign: 0, errors: 0 });
  });

  testOver(`By ${way} a reader gets a whole file or none`, { needs: ['noPageCache'] }, async ({ make }) => {
    await using mount = await make();
    // Older kernels serve these ways without the page cache: then the content has to be right.
    expect(await readByTwo(mount, way)).toMatchObject({ torn: 0, errors: 0 });
  });
}

testOver('Programs that copy files fall back to reading', { needs: ['noPageCache'] }, async ({ make }) => {
  await using mount = await make();
  const file = `${mount.path}/proc/meminfo`;
  const copy = `${mount.dir}/copy`;
  const out = async (argv: string[]) => (await mount.run(argv)).stdout;
  expect(await out(['cat', file])).toMatch(/\nend host \d+$/);
  expect(await out(['busybox', 'cat', file])).toMatch(/\nend host \d+$/);
  // It starts from the size that the file had when it was asked for, so it gets one whose size stays.
  expect(await out(['tail', '-n1', `${mount.path}/proc/large`])).toBe('end host 20000');
  expect(await out(['dd', 'status=none', 'bs=7', `if=${file}`])).toMatch(/\nend host \d+$/);
  for (const cp of [['cp'], ['busybox', 'cp']]) {
    await out([...cp, file, copy]);
    expect(readFileSync(copy, 'utf8')).toMatch(/\nend host \d+\n$/);
  }
});

testOver('A file larger than a request is whole', {}, async ({ make }) => {
  await using mount = await make();
  expect(await mount.read({ file: 'proc/large', count: 10 })).toMatchObject({ ...clean, reads: 10 });
  expect(readFileSync(mount.seen('proc/large'), 'latin1')).toMatch(/\nend host 20000\n$/);
});

testOver('An open file keeps its content until its beginning is read again later', {}, async ({ make }) => {
  await using mount = await make();
  const fd = openSync(mount.seen('proc/stat'), 'r');
  const bytes = Buffer.alloc(8192);
  const text = (position: number) => bytes.toString('utf8', 0, readSync(fd, bytes, 0, 8192, position));
  const first = text(0);
  expect(text(10)).toBe(first.slice(10));
  expect(text(first.length)).toBe('');
  await sleep(200);
  expect(text(0)).not.toBe(first);
  closeSync(fd);
});

testOver('Slots of a thousand open files are used again', {}, async ({ make }) => {
  await using mount = await make();
  const high = () =>
    [0, 1].map((index) =>
      mount.shared(lxcfsState.servers + index * lxcfsSizes.serverBytes + lxcfsServer.high),
    );
  const round = () => {
    const files = Array.from({ length: 500 }, () => openSync(mount.seen('proc/stat'), 'r'));
    for (const fd of files) closeSync(fd);
  };
  for (let count = 0; count < 10; count++) round();
  expect(Math.max(...high())).toBeLessThan(1500);
});

testOver('Readers of two containers never see each other', {}, async ({ make, transport }) => {
  await using mount = await make();
  const ways: readonly Way[] = ['read', 'small', 'sendfile', 'mmap'];
  const jobs = ['one', 'two'].flatMap((key) => ways.map((way) => mount.read({ way, key, count: 1000 })));
  const seen = sum(await Promise.all(jobs));
  expect(seen).toMatchObject({
    reads: 8000,
    foreign: 0,
    errors: 0,
    ...(transport === 'dev-fuse' && { torn: 0 }),
  });
});

/** Readers of both containers that run while `disturb` does its work. */
async function underLoad(mount: Mount, ms: number, disturb: () => Promise<void>): Promise<readonly Seen[]> {
  const ways: readonly Way[] = ['read', 'small', 'seek', 'read'];
  const readers = ['one', 'two'].flatMap((key) =>
    ways.map((way) => mount.read({ way, key, count: `${ms}ms` })),
  );
  await disturb();
  return await Promise.all(readers);
}

testOver(
  'Nobody notices that servers are killed',
  { needs: ['handOver'], timeout: 60_000 + kills * 500 },
  async ({ make }) => {
    await using mount = await make();
    const seen = await underLoad(mount, kills * 200 + 1000, async () => {
      for (let count = 0; count < kills; count++) {
        await sleep(200);
        const pid = server(mount, count % 2);
        if (pid > 0) process.kill(pid, 'SIGKILL');
      }
    });
    console.log(
      `longest stall in ${kills} kills: ${Math.max(...seen.map(({ longest }) => longest)) / 1000} ms`,
    );
    expect(sum(seen)).toMatchObject(clean);
    expect(mount.shared(lxcfsState.restarts)).toBeGreaterThan(kills / 2);
  },
);

testOver(
  'Nobody notices that both servers are killed',
  { needs: ['handOver'], timeout: 60_000 + kills * 1000 },
  async ({ make }) => {
    await using mount = await make();
    const seen = await underLoad(mount, kills * 500 + 1000, async () => {
      for (let count = 0; count < kills; count++) {
        await sleep(500);
        for (const pid of mount.servers()) process.kill(pid, 'SIGKILL');
      }
    });
    expect(sum(seen)).toMatchObject(clean);
  },
);

testOver('Nobody notices that a new build takes over', { needs: ['handOver'] }, async ({ make }) => {
  await using mount = await make();
  const before = mount.servers();
  const seen = await underLoad(mount, 3000, async () => {
    await sleep(300);
    mount.signal('SIGUSR1');
    await eventually('both servers are new', () => {
      const now = mount.servers();
      return now.length === 2 && now.every((pid) => !before.includes(pid));
    });
  });
  expect(sum(seen)).toMatchObject(clean);
  expect(readFileSync(`${mount.dir}/lxcfs.pid`, 'utf8')).toBe(`${mount.keeperPid}\n`);
});

testOver(
  'A request that blocks a server holds nobody else up and is answered by the host',
  { needs: ['siblings'] },
  async ({ make }) => {
    await using mount = await make();
    mount.tasks('slow');
    const script = 'echo 0 > "$0" && cat "$1"';
    const blocked = mount.run(['sh', '-c', script, mount.tasks('slow'), `${mount.path}/proc/version`]);
    const others = await mount.read({ key: 'one', count: '1500ms' });
    expect(others).toMatchObject(clean);
    expect((await blocked).stdout).toBe(readFileSync('/proc/version', 'utf8').trimEnd());
    expect(mount.shared(lxcfsState.blocked)).toBeGreaterThan(0);
  },
);

testOver('SIGUSR2 turns the view off and on', {}, async ({ make }) => {
  await using mount = await make();
  const version = () => readFileSync(mount.seen('proc/version'), 'utf8');
  mount.signal('SIGUSR2');
  await eventually('the host is seen', () => version().startsWith('Linux version'));
  mount.signal('SIGUSR2');
  await eventually('the view is back', () => version().startsWith('host /proc/version'));
});

testOver('A keeper whose mount is taken away leaves, and takes everything with it', {}, async ({ make }) => {
  await using mount = await make();
  const servers = mount.servers();
  await mount.run(['umount', mount.path]);
  expect(await mount.ended()).toBe(0);
  for (const pid of servers) expect(() => process.kill(pid, 0)).toThrow(/ESRCH/);
  expect(readdirSync(mount.dir)).not.toContain('state');
  expect(readdirSync(mount.dir)).not.toContain('lxcfs.pid');
});

testOver('A second keeper with the same pid file is refused', {}, async ({ make }) => {
  await using mount = await make();
  const second = await execa('unshare', ['-m', '--', `${mount.dir}/bin/lxc-ts`, ...mount.arguments], {
    reject: false,
  });
  expect(second.exitCode).toBe(1);
  expect(second.stderr).toContain('it is already locked by another lxcfs');
  expect(await mount.read({ count: 10 })).toMatchObject(clean);
});

testOver('A mount point that is not there is told', {}, async ({ make }) => {
  await using mount = await make();
  expect(await mount.refusal('/nowhere/at/all')).toBe(
    '1: lxcfs: Failed to mount the view on /nowhere/at/all: No such file or directory',
  );
});

testOver(
  'On a kernel that cannot hand out lost requests again one server and a journal do',
  { needs: ['handOver'] },
  async ({ make }) => {
    await using mount = await make({ faults: true, env: { LXC_TS_NO_RESEND: '1' } });
    expect(mount.servers().length).toBe(1);
    const seen = await underLoad(mount, 4000, async () => {
      for (let count = 0; count < 6; count++) {
        await sleep(500);
        for (const pid of mount.servers()) process.kill(pid, 'SIGKILL');
      }
    });
    expect(sum(seen)).toMatchObject({ foreign: 0, torn: 0 });
    // A reader whose request was lost without a trace is told to try again.
    const interrupted = 4;
    for (const { errors, errno } of seen) expect(errors === 0 || errno === interrupted).toBe(true);
  },
);

testOver('The tree by name shows a container its own files, whoever reads', {}, async ({ make }) => {
  await using mount = await make();
  const sleeper = mount.run(['sh', '-c', 'echo 0 > "$0" && exec sleep 60', mount.tasks('named')]);
  const pid = sleeper.pid ?? 0;
  await eventually('it is in its group', () => readFileSync(`/proc/${pid}/cgroup`, 'utf8').includes('named'));
  mount.record('box', pid);
  expect(readdirSync(mount.seen('by-name'))).toEqual(['box', 'host']);
  expect(readdirSync(mount.seen('by-name/box')).sort()).toEqual(['proc', 'sys']);
  expect(readFileSync(mount.seen('by-name/box/proc/meminfo'), 'utf8')).toMatch(
    /^named .*\n(.*\n)*end named \d+\n$/,
  );
  sleeper.kill();
  await sleeper.catch(() => undefined);
  // Its init is gone: nobody is given the numbers of somebody else.
  expect(readFileSync(mount.seen('by-name/box/proc/meminfo'), 'utf8')).toMatch(/^host /);
  expect(() => statSync(mount.seen('by-name/other'))).toThrow(/ENOENT/);
});

testOver(
  'Servers go on without their keeper, and a new keeper takes them over',
  { needs: ['handOver'] },
  async ({ make }) => {
    await using mount = await make();
    const { path } = mount;
    await using observer = await mount.observer();
    const file = `/proc/${observer.pid}/root${path}/proc/meminfo`;
    const fd = openSync(file, 'r');
    const [orphan = 0] = mount.servers();
    mount.signal('SIGKILL');
    await mount.ended();
    expect(readFileSync(file, 'utf8')).toMatch(/\nend host \d+\n$/);
    await mount.adopt(orphan, observer.pid);
    expect(readFileSync(file, 'utf8')).toMatch(/\nend host \d+\n$/);
    expect(readFileSync(fd, 'utf8')).toMatch(/\nend host \d+\n$/);
    closeSync(fd);
  },
);

testFuseNative(
  'A mount that died with its server is mounted anew, for those who open it anew',
  async ({ make }) => {
    await using mount = await make();
    const open = await openFile(mount.seen('proc/stat'));
    const [server = 0] = mount.servers();
    process.kill(server, 'SIGKILL');
    await eventually('another server has mounted', () => {
      const restarted = mount.shared(lxcfsState.restarts) === 1 && mount.shared(lxcfsState.ready) === 1;
      return restarted && existsSync(mount.seen('proc/stat'));
    });
    expect(mount.servers()).not.toContain(server);
    expect(await mount.read({ count: 100 })).toMatchObject(clean);
    await expect(open.readFile()).rejects.toThrow(/ENOTCONN|ECONNABORTED/);
    // The kernel tells the dead server of that, in vain.
    await expect(open.close()).rejects.toThrow(/ENOTCONN/);
  },
);

testFuseNative('SIGUSR1 hands nothing over, and says so', async ({ make }) => {
  const mount = await make();
  const servers = mount.servers();
  mount.signal('SIGUSR1');
  expect(await mount.read({ count: 100 })).toMatchObject(clean);
  expect(mount.servers()).toEqual(servers);
  await mount[Symbol.asyncDispose]();
  expect(await mount.stderr).toContain(
    'Failed to hand over: with fuse-native the mount dies with its server',
  );
});

testFuseNative('A directory that is a mount itself is refused', async ({ make }) => {
  await using mount = await make();
  await mount.run(['mount', '-t', 'tmpfs', 'none', '/mnt']);
  expect(await mount.refusal('/mnt')).toBe(
    '1: lxcfs: Failed to mount the view on /mnt: it is a mount already; name a directory inside of it',
  );
});
