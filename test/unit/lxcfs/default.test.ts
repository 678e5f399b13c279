/**
 * Our rules on the recorded hosts: golden files of everything that is shown, and by hand the places where LXCFS is
 * wrong. `vitest -u` rewrites the golden files; each line of a change is to be understood.
 */

import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { answer, files, type State } from '../../../src/lxcfs/answer.ts';
import type { Inquiry } from '../../../src/lxcfs/inquiry.ts';
import { makeProfile } from '../../../src/lxcfs/profile.ts';
import { inquiryOf, readVectors, type Vector } from './vector.ts';

const fixtures = join(import.meta.dirname, '../../fixtures');
const vectors = readVectors(join(fixtures, 'lxcfs-vectors')).map(({ vector }) => vector);
// The inputs of both releases are the same.
const mocks = vectors.filter(
  ({ kind, name }, index) => kind === 'mock' && vectors.findIndex((one) => one.name === name) === index,
);
const profile = makeProfile();

function byName(name: string): Vector {
  const found = vectors.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no vector ${name}`);
  return found;
}

function inquiry(name: string, changes: Readonly<Record<string, string>> = {}): Inquiry {
  const vector = byName(name);
  return inquiryOf(vector, { ...vector.inputs, ...changes }, profile);
}

function show(path: string, name: string, changes: Readonly<Record<string, string>> = {}, state: State = {}) {
  return answer(path, inquiry(name, changes), state);
}

function lines(text: string): Readonly<Record<string, number>> {
  const rows = [...text.matchAll(/^([^:\n]+): +(\d+)/gm)];
  return Object.fromEntries(rows.map((match) => [match[1], Number(match[2])]));
}

const v1 = '/sys/fs/cgroup/memory/lxc.payload.web';
const v2 = '/sys/fs/cgroup/lxc.payload.web';

describe('Golden files', () => {
  test.for(mocks)('$name shows what it showed when it was last looked at', async (vector) => {
    const one = inquiryOf(vector, vector.inputs, profile);
    const hostFile = (path: string) => (path.startsWith('/proc/') ? vector.inputs[path] !== undefined : true);
    const shown = Object.keys(files).filter((path) => hostFile(path));
    const text = shown.map((path) => `==> ${path} <==\n${answer(path, one, {}).text}`).join('\n');
    await expect(text).toMatchFileSnapshot(join(fixtures, 'view-golden', `${vector.name}.txt`));
  });
});

describe('Memory', () => {
  test('Usage above the limit leaves nothing free, and nothing wraps', () => {
    const shown = lines(show('/proc/meminfo', 'v1-09-usage-over-limit').text);
    expect(shown.MemFree).toBe(0);
    expect(shown.MemAvailable).toBeLessThanOrEqual(shown.MemTotal ?? 0);
  });

  test('Shared memory beyond the anonymous lists does not wrap AnonPages', () => {
    const shown = lines(show('/proc/meminfo', 'v1-10-anonpages-underflow').text);
    expect(shown.AnonPages).toBeLessThanOrEqual(shown.MemTotal ?? 0);
  });

  test('Lines that LXCFS copies from the host are those of the container', () => {
    const shown = lines(show('/proc/meminfo', 'v2-02-mem-256m').text);
    expect(shown).toMatchObject({
      KReclaimable: Math.floor(3_000_000 / 1024),
      SReclaimable: Math.floor(3_000_000 / 1024),
      KernelStack: Math.floor(1_000_000 / 1024),
      PageTables: Math.floor(500_000 / 1024),
      Mapped: 12_000,
      Dirty: 400,
      Writeback: 80,
      AnonHugePages: 8192,
      Committed_AS: Math.floor(60_000_000 / 1024) + Math.floor(4_096_000 / 1024),
      DirectMap1G: 0,
    });
  });

  test("A neighbour's use counts against a limit that both are under", () => {
    const shown = lines(show('/proc/meminfo', 'v2-06-nested').text);
    const above = byName('v2-06-nested').inputs['/sys/fs/cgroup/slice/memory.current'];
    expect(shown.MemTotal).toBe(131_072);
    expect(shown.MemFree).toBe(131_072 - Math.floor(Number(above) / 1024));
  });

  test('Swap of v2 is shown', () => {
    const shown = lines(show('/proc/meminfo', 'v2-06-nested').text);
    expect(shown).toMatchObject({ SwapTotal: 32_768, SwapFree: 32_768 - 4096 });
    expect(show('/proc/swaps', 'v2-06-nested').text).toContain('virtual\t\t32768\t\t4096\t\t0\n');
  });

  test('Swap of v1 is what memory and swap together may take beyond memory', () => {
    const shown = lines(show('/proc/meminfo', 'v1-03-mem-memsw').text);
    expect(shown).toMatchObject({ SwapTotal: 262_144, SwapFree: 262_144 - 30_720 });
  });

  test('A swap limit below what is in use does not wrap SwapFree', () => {
    const changes = { [`${v2}/memory.swap.max`]: '4096\n', [`${v2}/memory.swap.current`]: '1048576\n' };
    expect(lines(show('/proc/meminfo', 'v2-02-mem-256m', changes).text)).toMatchObject({
      SwapTotal: 1024,
      SwapFree: 0,
    });
  });

  test('A changed limit shows at the next read', () => {
    const changes = {
      [`${v1}/memory.limit_in_bytes`]: '134217728\n',
      [`${v1}/memory.stat`]: 'cache 0\nhierarchical_memory_limit 134217728\n',
    };
    expect(lines(show('/proc/meminfo', 'v1-02-mem-256m', changes).text).MemTotal).toBe(131_072);
  });

  test('A number wider than its column pushes nothing together', () => {
    expect(show('/proc/meminfo', 'v1-01-no-limit').text).toContain('\nVmallocTotal:   34359738367 kB\n');
  });
});

describe('sysinfo', () => {
  const numbers = (name: string, changes = {}, state: State = {}) => {
    const rows = show('/sysinfo', name, changes, state).text.trim().split('\n');
    return Object.fromEntries(rows.map((row) => [row.split(' ')[0], Number(row.split(' ')[1])]));
  };

  test.for(['v1-02-mem-256m', 'v1-03-mem-memsw', 'v2-06-nested', 'v1-09-usage-over-limit'])(
    '%s agrees with meminfo, uptime and loadavg',
    (name) => {
      const load = { averages: [2048, 1024, 512], running: 3, total: 70_000, last: 9 } as const;
      const told = numbers(name, {}, { load });
      const memory = lines(show('/proc/meminfo', name).text);
      const bytes = (label: string) => (memory[label] ?? Number.NaN) * 1024;
      expect(told).toMatchObject({
        uptime: Math.ceil(Number(show('/proc/uptime', name).text.split(' ')[0])),
        totalram: bytes('MemTotal'),
        freeram: bytes('MemFree'),
        sharedram: bytes('Shmem'),
        bufferram: bytes('Buffers'),
        totalswap: bytes('SwapTotal'),
        freeswap: bytes('SwapFree'),
      });
      expect(told).toMatchObject({ load1: 65_536, load5: 32_768, load15: 16_384, procs: 65_535 });
    },
  );

  test('has the lines that the monitor knows, in their order', () => {
    const names = 'uptime load1 load5 load15 totalram freeram sharedram bufferram totalswap freeswap procs';
    expect(Object.keys(numbers('v1-02-mem-256m')).join(' ')).toBe(names);
  });

  test('is the host for whoever is in the root of the hierarchy', () => {
    const { source, ...rest } = inquiry('v1-02-mem-256m');
    const told = answer('/sysinfo', { ...rest, source, host: true, group: () => undefined }, {}).text;
    const host = lines(source.text('/proc/meminfo') ?? '');
    expect(told).toContain(`\ntotalram ${(host.MemTotal ?? 0) * 1024}\n`);
  });

  test('is not served by the rules of LXCFS', () => {
    expect(files['/sysinfo']?.lxcfs).toBeUndefined();
  });
});

describe('CPUs', () => {
  const online = '/sys/devices/system/cpu/online';
  test.for([
    ['v1-18-quota-50-cfs', '0'],
    ['v1-19-quota-150-cfs', '0-1'],
    ['v1-22-nested-quota-parent-cfs', '0'],
    ['v2-08-parent-quota-only-cfs', '0'],
    ['v2-12-quota-150-cfs', '0-1'],
    ['v2-10-cpuset-effective', '2-3'],
    ['v1-29-offline-cpu', '0-1,3-7'],
  ] as const)('%s shows the CPUs %s in every file that lists them', ([name, expected]) => {
    const numbers = (path: string, pattern: RegExp) =>
      [...show(path, name).text.matchAll(pattern)].map((match) => Number(match[1]));
    for (const list of ['online', 'possible', 'present'])
      expect(show(`/sys/devices/system/cpu/${list}`, name).text).toBe(`${expected}\n`);
    const stanzas = numbers('/proc/cpuinfo', /^processor\t: (\d+)$/gm);
    expect(numbers('/proc/stat', /^cpu(\d+) /gm)).toEqual(stanzas);
    expect(show(online, name).text.trim().split(/[-,]/).map(Number)[0]).toBe(stanzas[0]);
  });

  test('Time used on v2 is that of the container, not of the host', () => {
    const [total = ''] = show('/proc/stat', 'v2-01-no-limit').text.split('\n');
    expect(total.split(' ').slice(0, 5)).toEqual(['cpu', '', '4000', '0', '800']);
  });

  test('A container that nothing tells from the host has not used the time of the host', () => {
    const changes = {
      '/proc/INIT/cgroup': '2:cpuacct:/\n1:cpu:/\n0::/\n',
      '/sys/fs/cgroup/unified/cpu.stat': 'usage_usec 9000000\nuser_usec 8000000\nsystem_usec 1000000\n',
    };
    expect(show('/proc/stat', 'v1-01-no-limit', changes).text).toMatch(/^cpu {2}0 0 0 \d+ 0/);
    expect(show('/proc/loadavg', 'v1-01-no-limit', changes).text).toMatch(/^1\.50 /);
  });

  test('Boot time, age and idle time agree', () => {
    const name = 'v2-01-no-limit';
    const { text, state = {} } = show('/proc/stat', name);
    const boot = Number(/^btime (\d+)$/m.exec(text)?.[1]);
    const [age, idle] = show('/proc/uptime', name, {}, state).text.trim().split(' ').map(Number);
    expect(boot).toBe(1_700_000_000 + 1234);
    expect(age).toBe(98_765.81);
    expect(idle).toBe(Number(text.split(' ')[5]) / 100);
  });

  test('Counters of the host are not shown', () => {
    const { text } = show('/proc/stat', 'v1-01-no-limit');
    expect(text).toMatch(
      /^intr 0\nctxt 0\nbtime \d+\nprocesses 0\nprocs_running 1\nprocs_blocked 0\nsoftirq( 0){11}\n/m,
    );
  });
});

describe('Disks', () => {
  test('v2 shows what io.stat counted, in 20 columns', () => {
    const changes = {
      [`${v2}/io.stat`]: '8:0 rbytes=1048576 wbytes=18446744073709551104 rios=10 wios=20 dbytes=512 dios=1\n',
    };
    expect(show('/proc/diskstats', 'v2-13-io', changes).text).toBe(
      '   8       0 sda 10 0 2048 0 20 0 36028797018963967 0 0 0 0 1 0 1 0 0 0\n',
    );
  });

  test('v1 shows what throttling counted, and no disk of the host', () => {
    const { text } = show('/proc/diskstats', 'v1-24-diskstats-modern-kernel');
    expect(text).not.toContain('loop0');
    expect(text).toMatch(/^ {3}8 {7}0 sda /);
  });
});

describe('A cgroup that is gone', () => {
  test.for(Object.keys(files))('%s is answered all the same', (path) => {
    for (const name of ['v1-12-cgroup-gone', 'v2-17-cgroup-gone']) {
      const text = show(path, name, { '/proc/vmstat': 'nr_free_pages 12\npgfault 77\n' }).text;
      if (!path.includes('diskstats')) expect(text).not.toBe('');
      expect(text).not.toContain('NaN');
    }
  });
});
