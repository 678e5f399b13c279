/** lxc-top on a terminal and in pipes: what it shows, keys, sizes, and the terminal it leaves; beside Debian's. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect } from 'vitest';
import { binDir, cBinDir, cLxc, finished, lxc, run, start } from './harness/commands.ts';
import { Screen } from './harness/screen.ts';
import { test, testOurs } from './harness/suite.ts';

const both = 'it compares the two';

/** What a stream printed until it was ended. */
async function ended(args: readonly string[], milliseconds: number): Promise<string> {
  const child = start(join(binDir, 'lxc-top'), args);
  const done = finished(child, 'lxc-top');
  await new Promise((wake) => setTimeout(wake, milliseconds));
  child.kill('SIGTERM');
  return (await done).stdout;
}

/** Pids of planners of this installation that serve one client. */
function coldBrains(): readonly string[] {
  const root = resolve(binDir, '..');
  return readdirSync('/proc').filter((pid) => {
    const file = `/proc/${pid}/cmdline`;
    const words = /^\d+$/.test(pid) && existsSync(file) ? readFileSync(file, 'utf8').split('\0') : [];
    return words.includes('--cold') && words.some((word) => word.startsWith(root));
  });
}

test('The screen lists what runs and q leaves it', async (scope) => {
  const foo = scope.container();
  await foo.start();
  const screen = new Screen(scope);
  await screen.open([join(binDir, 'lxc-top'), '-d', '1']);
  const seen = await screen.shows(/TOTAL \d+ of \d+/);
  expect(seen).toMatch(/^Container +CPU +CPU +CPU +BlkIO/);
  expect(seen).toContain(`\n${foo.name.slice(0, 18)}`);
  await screen.type('q');
  await screen.ended(0);
});

testOurs('Keys sort, and a new size is drawn at once', both, async (scope) => {
  const [foo, bar] = [scope.container(), scope.container()];
  await foo.start();
  await bar.start();
  const [first, last] = [foo.name, bar.name].toSorted();
  const screen = new Screen(scope);
  await screen.open([join(binDir, 'lxc-top'), '-d', '1000']);
  await screen.shows(new RegExp(`^${first} [^]*^${last} `, 'm'));
  await screen.type('r');
  await screen.shows(new RegExp(`^${last} [^]*^${first} `, 'm'));
  await screen.type('n');
  await screen.type('n');
  await screen.shows(new RegExp(`^${last} [^]*^${first} `, 'm'));
  await screen.resize({ columns: 60, rows: 4 });
  await screen.shows(/^TOTAL 1 of 2/m);
  expect(Math.max(...(await screen.text()).split('\n').map((line) => line.length))).toBeLessThanOrEqual(60);
  await screen.type('C-c');
  await screen.ended(0);
});

testOurs('The terminal is as it was after a signal and after the death of the brain', both, async (scope) => {
  const screen = new Screen(scope, { env: { LXC_TS_DAEMON: '0' } });
  const argv = [
    'sh',
    '-c',
    'echo $$ >"$0"; exec "$@"',
    join(scope.directory(), 'pid'),
    join(binDir, 'lxc-top'),
  ];
  const pidOf = () => readFileSync(argv[3] ?? '', 'utf8').trim();
  await screen.open(argv);
  await screen.shows('TOTAL 0 of 0');
  await run('kill', ['-TERM', pidOf()]);
  await screen.ended(0);
  const before = coldBrains();
  const other = new Screen(scope, { env: { LXC_TS_DAEMON: '0' } });
  await other.open(argv);
  await other.shows('TOTAL 0 of 0');
  for (const brain of coldBrains().filter((pid) => !before.includes(pid)))
    await run('kill', ['-KILL', brain]);
  expect(await other.ended(1)).not.toContain('TOTAL');
});

testOurs('Lines of a batch and JSON tell what the kernel counts', 'LXC has no JSON', async (scope) => {
  const foo = scope.container();
  await foo.start();
  await foo.probe();
  await foo.run('freeze');
  const batch = await ended(['-b', '-d', '1'], 3000);
  const cpu = foo.cgroupFile('cpuacct', 'cpuacct.usage');
  const [header, row = ''] = batch.split('\n');
  expect(header).toBe(
    'time_ms,container,cpu_nanos,cpu_sys_userhz,cpu_user_userhz,blkio_bytes,blkio_iops,mem_used_bytes,memsw_used_bytes,kernel_mem_used_bytes',
  );
  expect(row.split(',').slice(1, 3)).toEqual([foo.name, cpu]);
  const screen = new Screen(scope);
  await screen.open([join(cBinDir, 'lxc-top'), '-b', '-d', '1']);
  const theirs = await screen.shows(new RegExp(`,${foo.name},${cpu},.*\n`));
  const others = new RegExp(`,${foo.name},${cpu},\\d+,\\d+`).exec(theirs)?.[0];
  expect(row).toContain(others);
  const json = (await ended(['--format', 'json', '-d', '1'], 3000)).split('\n')[0] ?? '';
  expect(JSON.parse(json)).toMatchObject({
    containers: [
      { name: foo.name, cpuNanoseconds: Number(cpu), pids: Number(foo.cgroupFile('pids', 'pids.current')) },
    ],
  });
  await foo.run('unfreeze');
});

testOurs('What is refused has the status that LXC has', both, async () => {
  for (const args of [[], ['-d', 'x'], ['-s'], ['--bogus']]) {
    const [ours, theirs] = [await lxc('top', args), await cLxc('top', args)];
    expect([ours.stdout, ours.status], args.join(' ')).toEqual([theirs.stdout, theirs.status]);
    expect(ours.stderr).toMatch(/^lxc-top: /);
  }
  expect((await lxc('top', ['-s', 'z', '-b'])).status).toBe(1);
});
