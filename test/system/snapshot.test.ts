/** lxc-snapshot: taken, listed, restored in place and as a container of its own, destroyed. */

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { cLxc, lxc } from './harness/commands.ts';
import type { Scope } from './harness/scope.ts';
import { test, testOurs } from './harness/suite.ts';

const success = { stdout: '', stderr: '', status: 0 };

/** A name for what is made of a container; it is gone at the end. */
function newName(scope: Scope): string {
  const name = scope.name();
  scope.defer(async () => {
    await lxc('destroy', ['-n', name, '-f', '-s']);
    rmSync(`/var/lib/lxc/${name}`, { recursive: true, force: true });
  });
  return name;
}

const time = '\\d{4}:\\d\\d:\\d\\d \\d\\d:\\d\\d:\\d\\d';

test('Snapshots are numbered, dated, commented and listed', async (scope) => {
  const foo = scope.container();
  expect(await foo.run('snapshot', ['-L'])).toEqual({ ...success, stdout: 'No snapshots\n' });
  const comment = scope.file(join(scope.directory(), 'comment'), 'before the change\n');
  expect(await foo.run('snapshot')).toEqual(success);
  expect(await foo.run('snapshot', ['-c', comment])).toEqual(success);
  expect(readdirSync(join(foo.dir, 'snaps')).sort()).toEqual(['snap0', 'snap1']);
  const listed = (await foo.run('snapshot', ['-L', '-C'])).stdout.split('\n').sort().join('\n');
  expect(listed).toMatch(
    new RegExp(
      `^\\nbefore the change\\nsnap0 \\(${foo.dir}/snaps\\) ${time}\\nsnap1 \\(${foo.dir}/snaps\\) ${time}$`,
    ),
  );
  const refused = await foo.run('destroy');
  expect(refused.stderr).toContain('has snapshots');
  expect(await foo.run('snapshot', ['-d', 'snap0'])).toEqual(success);
  expect(await foo.run('snapshot')).toEqual(success);
  expect(readdirSync(join(foo.dir, 'snaps')).sort()).toEqual(['snap0', 'snap1']);
  expect(await foo.run('snapshot', ['-d', 'ALL'])).toEqual(success);
  expect(existsSync(join(foo.dir, 'snaps'))).toBe(false);
});

test('A snapshot is restored in place, and as a container of its own', async (scope) => {
  const foo = scope.container({ config: ['lxc.uts.name = changed', 'lxc.net.0.type = empty'] });
  writeFileSync(join(foo.rootfs, 'srv/file'), 'before');
  expect((await foo.run('snapshot')).status).toBe(0);
  writeFileSync(join(foo.rootfs, 'srv/file'), 'after');
  const name = newName(scope);
  expect(await foo.run('snapshot', ['-r', 'snap0', '-N', name])).toEqual(success);
  expect(readFileSync(`/var/lib/lxc/${name}/rootfs/srv/file`, 'utf8')).toBe('before');
  expect(readFileSync(join(foo.rootfs, 'srv/file'), 'utf8')).toBe('after');
  expect(await foo.run('snapshot', ['-r', 'snap0'])).toEqual(success);
  expect(readFileSync(join(foo.rootfs, 'srv/file'), 'utf8')).toBe('before');
  expect(readdirSync(foo.dir).sort()).toEqual(['config', 'rootfs', 'snaps']);
  expect((await foo.run('snapshot', ['-L'])).stdout).toContain('snap0');
  await foo.start();
  expect((await foo.attach(['hostname'])).stdout).toBe(`${foo.name}\n`);
  expect((await foo.run('snapshot', ['-r', 'snap0'])).status).toBe(1);
  expect((await foo.run('snapshot')).status).toBe(1);
  await foo.stop();
  expect((await foo.run('snapshot', ['-d', 'ALL'])).status).toBe(0);
});

testOurs(
  'A snapshot of an overlay keeps what was written, and is restored without the rest',
  'C LXC makes the restored one stand on its own snapshot',
  async (scope) => {
    const base = scope.container();
    const name = newName(scope);
    expect((await lxc('copy', ['-n', base.name, '-N', name, '-s'])).status).toBe(0);
    const delta = `/var/lib/lxc/${name}/overlay/delta`;
    const inside = async (script: string) => {
      expect((await lxc('start', ['-n', name])).status).toBe(0);
      const done = await lxc('attach', ['-n', name, '--', 'sh', '-c', script]);
      expect((await lxc('stop', ['-n', name, '-k'])).status).toBe(0);
      return done.stdout;
    };
    await inside('echo one > /srv/one; rm /etc/passwd');
    expect(await lxc('snapshot', ['-n', name])).toEqual(success);
    await inside('echo two > /srv/two; rm /srv/one; echo x > /etc/passwd');
    mkdirSync(`/var/lib/lxc/${name}/data`);
    expect(await lxc('snapshot', ['-n', name, '-r', 'snap0'])).toEqual(success);
    expect(await inside('ls /srv /etc/passwd 2>/dev/null')).toBe('/srv:\none\n');
    expect(existsSync(`${delta}/srv/two`)).toBe(false);
    expect(readdirSync(`/var/lib/lxc/${name}`)).toContain('data');
    const known = readFileSync(join(base.dir, 'lxc_snapshots'), 'utf8');
    expect(known.split('\n').filter((line) => line === name)).toEqual([name]);
    expect((await lxc('destroy', ['-n', name, '-s'])).status).toBe(0);
    expect(existsSync(join(base.dir, 'lxc_snapshots'))).toBe(false);
    expect(readdirSync('/var/lib/lxc').filter((one) => one.startsWith(`${name}_`))).toEqual([]);
  },
);

test('What there is not is neither restored nor destroyed', async (scope) => {
  const foo = scope.container();
  for (const args of [['-r', 'snap7'], ['-d', 'snap7'], ['--bogus']])
    expect((await foo.run('snapshot', args)).status).toBe(1);
  for (const args of [[], ['-L'], ['-r', 'snap0']])
    expect((await lxc('snapshot', ['-n', scope.name(), ...args])).status).toBe(1);
  expect(existsSync(join(foo.dir, 'snaps'))).toBe(false);
});

testOurs(
  'Snapshots of C LXC are listed and restored by ours, and ours by theirs',
  'it mixes the two',
  async (scope) => {
    const foo = scope.container();
    writeFileSync(join(foo.rootfs, 'srv/file'), 'before');
    expect((await cLxc('snapshot', ['-n', foo.name])).status).toBe(0);
    expect((await foo.run('snapshot')).status).toBe(0);
    const lines = (text: string) => text.trim().split('\n').sort();
    expect(lines((await cLxc('snapshot', ['-n', foo.name, '-L'])).stdout)).toEqual(
      lines((await foo.run('snapshot', ['-L'])).stdout),
    );
    writeFileSync(join(foo.rootfs, 'srv/file'), 'after');
    expect((await foo.run('snapshot', ['-r', 'snap0'])).status).toBe(0);
    expect(readFileSync(join(foo.rootfs, 'srv/file'), 'utf8')).toBe('before');
    const name = newName(scope);
    expect((await cLxc('snapshot', ['-n', foo.name, '-r', 'snap1', '-N', name])).status).toBe(0);
    expect((await lxc('start', ['-n', name])).status).toBe(0);
    expect((await foo.run('snapshot', ['-d', 'ALL'])).status).toBe(0);
  },
);
