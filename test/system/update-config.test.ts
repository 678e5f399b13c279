/** lxc-update-config beside Debian's, and what it does better. */

import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { cLxc, lxc } from './harness/commands.ts';
import type { Scope } from './harness/scope.ts';
import { testOurs } from './harness/suite.ts';

const both = 'it compares the two';

function configFile(scope: Scope, lines: readonly string[]): string {
  const directory = mkdtempSync(join(tmpdir(), 'comfort-update-'));
  scope.defer(() => rmSync(directory, { recursive: true }));
  const file = join(directory, 'config');
  writeFileSync(file, `${lines.join('\n')}\n`, { mode: 0o640 });
  return file;
}

const old = [
  '# A board',
  'lxc.utsname = foo',
  'lxc.tty = 4',
  'lxc.pts = 1024',
  '',
  'lxc.network.type = veth',
  'lxc.network.link = lxcbr0',
  'lxc.network.ipv4 = 10.0.3.7/24',
  'lxc.network.type = macvlan',
  'lxc.network.macvlan.mode = bridge',
  'lxc.kmsg = 0',
  'lxc.cap.drop = sys_module mac_admin',
  'lxc.aa_profile = unconfined',
];

testOurs(
  'lxc-update-config writes what that of LXC writes, and keeps the file as it was',
  both,
  async (scope) => {
    const [ours, theirs] = [configFile(scope, old), configFile(scope, old)];
    expect(await lxc('update-config', ['-c', ours])).toEqual({ stdout: '', stderr: '', status: 0 });
    expect(await cLxc('update-config', ['-c', theirs], { cwd: join(theirs, '..') })).toEqual({
      stdout: '',
      stderr: '',
      status: 0,
    });
    expect(readFileSync(ours, 'utf8')).toBe(readFileSync(theirs, 'utf8'));
    expect(readFileSync(`${ours}.backup`, 'utf8')).toBe(readFileSync(`${theirs}.backup`, 'utf8'));
    expect(statSync(ours).mode & 0o777).toBe(0o640);
  },
);

testOurs('lxc-update-config fails and succeeds where that of LXC does', both, async () => {
  for (const args of [[], ['-h'], ['-c', '/nonexistent/config'], ['--bogus']]) {
    const [ours, theirs] = [await lxc('update-config', args), await cLxc('update-config', args)];
    expect(ours.status, args.join(' ')).toBe(theirs.status);
    expect(ours.stdout === '', args.join(' ')).toBe(theirs.stdout === '' || args[0] === '-h');
  }
});

testOurs('--dry-run prints the difference and changes nothing', 'LXC has none', async (scope) => {
  const file = configFile(scope, old);
  const before = readFileSync(file, 'utf8');
  const dry = await lxc('update-config', ['-c', file, '--dry-run']);
  expect(dry).toMatchObject({ stderr: '', status: 0 });
  expect(dry.stdout).toContain('\n-lxc.utsname = foo\n+lxc.uts.name = foo\n');
  expect(readFileSync(file, 'utf8')).toBe(before);
  expect(existsSync(`${file}.backup`)).toBe(false);
  const told = JSON.parse((await lxc('update-config', ['-c', file, '--dry-run', '--format', 'json'])).stdout);
  expect(told.changes[0]).toEqual({ line: 2, before: 'lxc.utsname = foo', after: 'lxc.uts.name = foo' });
});

testOurs('A second update leaves the file and the backup alone', 'LXC copies again', async (scope) => {
  const file = configFile(scope, ['lxc.utsname = foo', 'lxc.limit.nofile = 9']);
  await lxc('update-config', ['-c', file]);
  expect((await lxc('update-config', ['-c', file])).status).toBe(0);
  expect(readFileSync(file, 'utf8')).toBe('lxc.uts.name = foo\nlxc.prlimit.nofile = 9\n');
  expect(readFileSync(`${file}.backup`, 'utf8')).toBe('lxc.utsname = foo\nlxc.limit.nofile = 9\n');
});

testOurs('What would mean something else with its includes is left alone', 'LXC renumbers', async (scope) => {
  const net = configFile(scope, ['lxc.network.type = empty']);
  const file = configFile(scope, [
    `lxc.include = ${net}`,
    'lxc.network.type = empty',
    'lxc.network.flags = up',
  ]);
  const done = await lxc('update-config', ['-c', file]);
  expect(done.status).toBe(1);
  expect(done.stderr).toContain('with what it includes it would mean something else');
  expect(existsSync(`${file}.backup`)).toBe(false);
});

testOurs('lxc-config explain tells of a key, in every spelling', 'LXC has none', async () => {
  const text = await lxc('config', ['explain', 'lxc.utsname']);
  expect(text).toMatchObject({ stderr: '', status: 0 });
  expect(text.stdout).toContain(
    'lxc.utsname is lxc.uts.name now.\nlxc.uts.name\n  Host name of the container.\n',
  );
  const json = JSON.parse((await lxc('config', ['explain', 'lxc.net.0.type', '--format', 'json'])).stdout);
  expect(json).toMatchObject({
    key: 'lxc.net.0.type',
    choices: expect.arrayContaining(['veth']),
    effect: 'start',
  });
  const unknown = await lxc('config', ['explain', 'lxc.uts.nam']);
  expect(unknown.status).toBe(1);
  expect(unknown.stderr).toContain('did you mean lxc.uts.name?');
});
