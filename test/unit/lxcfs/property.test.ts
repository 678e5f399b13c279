/** What holds for our rules whatever a host and a container are like. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Account, advance, emptyAccount, spread, totals } from '../../../src/lxcfs/account.ts';
import { formatCpus, parseCpus } from '../../../src/lxcfs/cpulist.ts';
import { cpusOf } from '../../../src/lxcfs/cpus.ts';
import { diskUse, renderDiskstats } from '../../../src/lxcfs/diskstats.ts';
import { emptyLoad, nextLoad, renderLoad } from '../../../src/lxcfs/load.ts';
import { renderMeminfo } from '../../../src/lxcfs/meminfo.ts';
import type { MemoryInputs } from '../../../src/lxcfs/memory.ts';
import { seal, unseal } from '../../../src/lxcfs/store.ts';
import { parseTable } from '../../../src/lxcfs/table.ts';

const bytes = fc.oneof(
  fc.integer({ min: 0, max: 2 ** 31 - 1 }).map((value) => value * 4096),
  fc.constantFrom(0, 1, 4095, 2 ** 40),
);
const limit = fc.oneof(bytes.map(String), fc.constantFrom('max', '9223372036854771712'));
const level = fc.record({ limit, usage: fc.oneof(bytes.map(String), fc.constant(undefined)) });
const statNames = ['cache', 'rss', 'rss_huge', 'shmem', 'mapped_file', 'dirty', 'writeback'];
const listNames = ['inactive_anon', 'active_anon', 'inactive_file', 'active_file', 'unevictable'];
const unifiedNames = [
  'anon',
  'file',
  'kernel_stack',
  'pagetables',
  'percpu',
  'vmalloc',
  'slab',
  'slab_reclaimable',
];

function table(names: readonly string[]) {
  const rows = fc.array(bytes, { minLength: names.length, maxLength: names.length });
  return rows.map((values) => names.map((name, index) => `${name} ${values[index]}\n`).join(''));
}

const memory: fc.Arbitrary<MemoryInputs> = fc.constantFrom(1 as const, 2 as const).chain((version) =>
  fc.record({
    version: fc.constant(version),
    host: fc
      .tuple(
        fc.integer({ min: 1, max: 2 ** 34 }),
        fc.integer({ min: 0, max: 2 ** 34 }),
        fc.integer({ min: 0, max: 2 ** 34 }),
      )
      .map(([total, swap, commit]) => hostText(total, swap, commit)),
    memory: fc.array(level, { maxLength: 4 }),
    swap: fc.array(level, { maxLength: 4 }),
    stat:
      version === 1
        ? table([...statNames, ...listNames].map((name) => `total_${name}`))
        : table([...unifiedNames, 'shmem', ...listNames]),
    swappiness: fc.constantFrom('0\n', '60\n', undefined),
  }),
);

const labels = [
  'MemFree',
  'MemAvailable',
  'Buffers',
  'Cached',
  'Active',
  'Inactive(file)',
  'AnonPages',
  'Shmem',
];
const more = ['KReclaimable', 'Slab', 'Committed_AS', 'AnonHugePages', 'HugePages_Total', 'DirectMap4k'];

function hostText(total: number, swap: number, commit: number): string {
  const rows = [...labels, ...more].map((label): [string, number] => [label, 4711]);
  const all: readonly [string, number][] = [
    ['MemTotal', total],
    ...rows,
    ['SwapTotal', swap],
    ['SwapFree', Math.floor(swap / 2)],
    ['CommitLimit', commit],
  ];
  return all.map(([label, value]) => `${`${label}:`.padEnd(16)}${String(value).padStart(8)} kB\n`).join('');
}

function shownIn(text: string): ReadonlyMap<string, number> {
  return new Map(
    [...text.matchAll(/^(\S+): *(-?[\d.eE+NaInfity]+) kB$/gm)].map((match) => [
      match[1] ?? '',
      Number(match[2]),
    ]),
  );
}

describe('meminfo', () => {
  test('has the lines of the host, each a whole number', () => {
    fc.assert(
      fc.property(memory, (inputs) => {
        const shown = shownIn(renderMeminfo(inputs));
        expect([...shown.keys()]).toEqual([...shownIn(inputs.host).keys()]);
        for (const value of shown.values()) expect(Number.isSafeInteger(value) && value >= 0).toBe(true);
      }),
    );
  });

  test('shows no part above its whole', () => {
    fc.assert(
      fc.property(memory, (inputs) => {
        const shown = shownIn(renderMeminfo(inputs));
        const of = (label: string) => shown.get(label) ?? 0;
        const host = shownIn(inputs.host);
        expect(of('MemTotal')).toBeLessThanOrEqual(host.get('MemTotal') ?? 0);
        expect(of('SwapTotal')).toBeLessThanOrEqual(host.get('SwapTotal') ?? 0);
        expect(of('SwapFree')).toBeLessThanOrEqual(of('SwapTotal'));
        for (const label of [...labels, ...more.filter((one) => one !== 'Committed_AS')])
          expect(of(label)).toBeLessThanOrEqual(of('MemTotal'));
        expect(of('MemFree')).toBeLessThanOrEqual(of('MemAvailable'));
      }),
    );
  });
});

const time = fc.record({ user: fc.nat(200), system: fc.nat(200) });
const step = fc.record({
  passed: fc.nat(500),
  used: fc.array(time, { minLength: 4, maxLength: 4 }),
  cpus: fc.record({
    online: fc.constant('0-3'),
    cpuset: fc.constantFrom('0-3', '1,3', '2', undefined),
    quotas: fc.array(fc.constantFrom('max 100000', '50000 100000', '150000 100000', '400000 100000'), {
      maxLength: 3,
    }),
  }),
});
const history = fc.record({ perCpu: fc.boolean(), steps: fc.array(step, { minLength: 1, maxLength: 12 }) });

type History = {
  readonly perCpu: boolean;
  readonly steps: readonly (typeof step extends fc.Arbitrary<infer T> ? T : never)[];
};

function play({ perCpu, steps }: History): readonly Account[] {
  const accounts: Account[] = [];
  let account = emptyAccount;
  let age = 0;
  let seen = [0, 1, 2, 3].map(() => ({ user: 0, system: 0 }));
  for (const { passed, used, cpus } of steps) {
    age += passed;
    seen = seen.map((one, cpu) => ({
      user: one.user + (used[cpu]?.user ?? 0),
      system: one.system + (used[cpu]?.system ?? 0),
    }));
    const all = seen.reduce((sum, one) => ({ user: sum.user + one.user, system: sum.system + one.system }));
    account = advance(account, { ...all, perCpu: perCpu ? seen : undefined }, cpusOf(cpus), age);
    accounts.push(account);
  }
  return accounts;
}

describe('The CPU account', () => {
  test('never runs backwards, whatever happens to quota, cpuset and use', () => {
    fc.assert(
      fc.property(history, (one) => {
        let before = totals(emptyAccount);
        for (const account of play(one)) {
          const now = totals(account);
          for (const field of ['user', 'system', 'idle'] as const)
            expect(now[field]).toBeGreaterThanOrEqual(before[field]);
          before = now;
        }
      }),
    );
  });

  test('shows all time that was used, no more and no less', () => {
    fc.assert(
      fc.property(history, (one) => {
        const used = one.steps
          .flatMap(({ used: times }) => times)
          .reduce((sum, { user, system }) => sum + user + system, 0);
        const shown = totals(play(one).at(-1) ?? emptyAccount);
        expect(shown.user + shown.system).toBe(used);
      }),
    );
  });

  test('has the visible CPUs and no others, in whole ticks', () => {
    fc.assert(
      fc.property(history, (one) => {
        const { cells } = play(one).at(-1) ?? emptyAccount;
        const visible = cpusOf(
          one.steps.at(-1)?.cpus ?? { online: '0', cpuset: undefined, quotas: [] },
        ).visible;
        expect(Object.keys(cells).map(Number).sort()).toEqual([...visible].sort());
        for (const cell of Object.values(cells))
          for (const value of Object.values(cell))
            expect(Number.isSafeInteger(value) && value >= 0).toBe(true);
      }),
    );
  });

  test('has no more idle time than the quota pays for', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(500), { minLength: 1, maxLength: 20 }),
        fc.constantFrom(50, 150, 400),
        (passes, percent) => {
          const cpus = cpusOf({ online: '0-3', cpuset: undefined, quotas: [`${percent * 1000} 100000`] });
          let [account, age] = [emptyAccount, 0];
          for (const passed of passes) {
            age += passed;
            account = advance(account, { user: 0, system: 0, perCpu: undefined }, cpus, age);
          }
          expect(totals(account).idle).toBe(Math.floor((age * percent) / 100));
        },
      ),
    );
  });
});

test('A whole is spread without loss, and nobody gets more than his part rounded up', () => {
  fc.assert(
    fc.property(fc.nat(1e6), fc.array(fc.nat(1000), { minLength: 1, maxLength: 16 }), (amount, weights) => {
      const all = weights.reduce((sum, weight) => sum + weight, 0);
      const parts = spread(amount, weights);
      expect(parts.reduce((sum, part) => sum + part, 0)).toBe(all === 0 ? 0 : amount);
      for (const [index, part] of parts.entries())
        expect(part).toBeLessThanOrEqual(Math.ceil((amount * (weights[index] ?? 0)) / Math.max(1, all)) + 1);
    }),
  );
});

test('A list of CPUs comes back from its text', () => {
  const cpus = fc.uniqueArray(fc.nat(300)).map((all) => all.sort((left, right) => left - right));
  fc.assert(
    fc.property(cpus, (all) => {
      expect(parseCpus(formatCpus(all))).toEqual(all);
    }),
  );
});

test('Visible CPUs are never none, never more than the cpuset, and pay for the quota', () => {
  const quota = fc.integer({ min: 1000, max: 900_000 });
  fc.assert(
    fc.property(fc.array(quota, { maxLength: 3 }), fc.constantFrom('0-7', '1,3-5', ''), (quotas, cpuset) => {
      const inputs = { online: '0-7', cpuset, quotas: quotas.map((one) => `${one} 100000`) };
      const { visible, capacity, hidden } = cpusOf(inputs);
      const least = Math.min(...quotas, 9e9) / 100_000;
      expect(visible.length).toBeGreaterThan(0);
      expect(visible.length).toBe(Math.min(Math.ceil(least), visible.length + hidden.length));
      expect(capacity).toBeLessThanOrEqual(least);
    }),
  );
});

test('A table gives each value wherever it stands', () => {
  const word = fc.stringMatching(/^[a-z_()]{1,12}$/);
  const rows = fc.uniqueArray(fc.tuple(word, fc.nat()), { minLength: 1, selector: ([name]) => name });
  fc.assert(
    fc.property(rows, fc.array(fc.nat(), { maxLength: 40 }), (all, others) => {
      const text = (values: readonly number[]) =>
        all.map(([name], at) => `${name} ${values[at] ?? 0}\n`).join('');
      // The second text has the names of the first and other values, so that it has other lengths or none.
      for (const values of [all.map(([, value]) => value), all.map((_, at) => others[at] ?? 7)]) {
        const found = parseTable(text(values));
        for (const [at, [name]] of all.entries()) expect(found.get(name)).toBe(values[at]);
      }
    }),
  );
});

test('A table is not taken for another one of its length', () => {
  parseTable('first 1\nmiddle 2\nlast 3\n');
  const other = parseTable('first 1\nothers 2\nlast 3\n');
  expect(['first', 'middle', 'others', 'last'].map((name) => other.get(name))).toEqual([1, undefined, 2, 3]);
});

describe('The load average', () => {
  test('goes to the number of tasks and stays there', () => {
    fc.assert(
      fc.property(fc.nat(500), (running) => {
        const load = nextLoad(emptyLoad, { running, total: running, last: 1 }, 720);
        expect(renderLoad(load)).toMatch(new RegExp(`^${running}\\.\\d\\d `));
        const after = nextLoad(load, { running, total: running, last: 1 }, 1);
        expect(after.averages[0]).toBe(load.averages[0]);
      }),
    );
  });

  test('of two blocked tasks rises as that of the kernel', () => {
    let load = emptyLoad;
    const shown = [1, 2, 3, 4].map(() => {
      load = nextLoad(load, { running: 2, total: 2, last: 9 }, 1);
      return renderLoad(load).slice(0, 4);
    });
    expect(shown).toEqual(['0.16', '0.31', '0.44', '0.57']);
  });

  test('of a late sampler is that of a punctual one', () => {
    const count = { running: 3, total: 5, last: 9 };
    const punctual = [1, 2, 3].reduce((load) => nextLoad(load, count, 1), emptyLoad);
    expect(nextLoad(emptyLoad, count, 3)).toEqual(punctual);
  });
});

test('Disks show only those of the cgroup, with exact sectors', () => {
  const counts = fc.record({
    r: fc.bigInt({ min: 0n, max: 2n ** 63n }),
    w: fc.bigInt({ min: 0n, max: 2n ** 63n }),
  });
  fc.assert(
    fc.property(counts, ({ r, w }) => {
      const host = '   8       0 sda 1 2 3 4 5 6 7 8 9 10 11\n 259       0 nvme0n1 1 2 3\n';
      const inputs = {
        host,
        ioStat: `8:0 rbytes=${r} wbytes=${w} rios=1 wios=2 dbytes=0 dios=0\n`,
        policies: [],
      };
      expect(diskUse(inputs).get('8:0')?.readBytes).toBe(r);
      expect(renderDiskstats(inputs)).toBe(
        `   8       0 sda 1 0 ${r / 512n} 0 2 0 ${w / 512n} 0 0 0 0 0 0 0 0 0 0\n`,
      );
    }),
  );
});

describe('State in a shared file', () => {
  const saved = {
    account: {
      age: 7,
      seen: [{ user: 1, system: 2 }],
      spare: -3,
      cells: { 0: { user: 1, system: 2, idle: 3 } },
    },
  };
  test('comes back, also from under what a longer text left', () => {
    const sealed = seal(saved);
    expect(unseal(sealed)).toEqual(saved);
    expect(unseal(`${sealed}rest of an older text`)).toEqual(saved);
  });

  test('that is torn is whole or does not count', () => {
    const sealed = seal(saved);
    fc.assert(
      fc.property(fc.nat(sealed.length - 1), fc.constantFrom('7', 'x', ' '), (at, character) => {
        const torn = sealed.slice(0, at) + character + sealed.slice(at + 1);
        expect([undefined, JSON.stringify(saved)]).toContain(JSON.stringify(unseal(torn)));
        expect(unseal(sealed.slice(0, at))).toBeUndefined();
      }),
    );
  });
});
