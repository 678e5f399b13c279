/** Copies of containers with ids of their own, by root and by an ordinary user. */

import { spawnSync } from 'node:child_process';
import { existsSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { lxc } from './harness/commands.ts';
import { eventually } from './harness/eventually.ts';
import type { Scope } from './harness/scope.ts';
import { test, testOurs } from './harness/suite.ts';
import { ordinaryUser, User } from './harness/user.ts';

const base = 100_000;

function newName(scope: Scope): string {
  const name = scope.name();
  scope.defer(async () => {
    await lxc('destroy', ['-n', name, '-f', '-s']);
    rmSync(`/var/lib/lxc/${name}`, { recursive: true, force: true });
  });
  return name;
}

test('Copies of a container with ids of its own belong to these ids and start', async (scope) => {
  const foo = scope.container({
    config: [
      `lxc.idmap = u 0 ${base} 65536`,
      `lxc.idmap = g 0 ${base} 65536`,
      'lxc.init.cmd = /bin/sleep 1000',
    ],
  });
  spawnSync('find', [foo.rootfs, '!', '-type', 'f', '-exec', 'chown', '-h', `${base}:${base}`, '{}', '+']);
  writeFileSync(join(foo.rootfs, 'srv/file'), 'text');
  spawnSync('chown', [`${base + 7}:${base + 8}`, join(foo.rootfs, 'srv/file')]);
  for (const args of [[], ['-s']]) {
    const name = newName(scope);
    expect((await lxc('copy', ['-n', foo.name, '-N', name, ...args])).status).toBe(0);
    expect((await lxc('start', ['-n', name])).status).toBe(0);
    const inside = ['stat', '-c', '%u %g', '/srv/file'];
    expect((await lxc('attach', ['-n', name, '--', ...inside])).stdout).toBe('7 8\n');
    expect((await lxc('attach', ['-n', name, '--', 'touch', '/srv/new'])).status).toBe(0);
    const place = args.length === 0 ? 'rootfs' : 'overlay/delta';
    expect(statSync(`/var/lib/lxc/${name}/${place}/srv/new`).uid).toBe(base);
    expect((await lxc('destroy', ['-n', name, '-f'])).status).toBe(0);
    expect(existsSync(`/var/lib/lxc/${name}`)).toBe(false);
  }
});

testOurs(
  'An ordinary user copies, snapshots and destroys his containers',
  'C LXC has no cgroups for him here',
  async (scope) => {
    const user = new User(scope);
    const { first } = ordinaryUser;
    // Overlays are mounted by the root of the container, who must get to what is below them.
    for (const path of [user.home, join(user.home, '.local'), join(user.home, '.local/share'), user.lxcpath])
      spawnSync('chmod', ['o+x', path]);
    const maps = [`lxc.idmap = u 0 ${first} 65536`, `lxc.idmap = g 0 ${first} 65536`];
    const rootfs = await user.container('web', maps);
    spawnSync('chmod', ['o+x', join(user.lxcpath, 'web')]);
    const inside = (name: string, script: string) =>
      user.lxc('attach', ['-n', name, '--', 'sh', '-c', script]);
    for (const [name, ...args] of [['full'], ['shared', '-s']]) {
      if (name === undefined) continue;
      const made = await user.lxc('copy', ['-n', 'web', '-N', name, ...args]);
      expect(made).toEqual({ stdout: '', stderr: '', status: 0 });
      const started = await user.lxc('start', ['-n', name]);
      expect(started.status, started.stderr).toBe(0);
      const wrote = await inside(name, 'echo mine > /srv/file && stat -c %u /srv/file /bin');
      expect(wrote.stdout, wrote.stderr).toBe('0\n0\n');
      await user.lxc('stop', ['-n', name, '-k']);
    }
    expect(existsSync(join(rootfs, 'srv/file'))).toBe(false);
    expect((await user.lxc('snapshot', ['-n', 'shared'])).status).toBe(0);
    expect((await user.lxc('snapshot', ['-n', 'shared', '-r', 'snap0'])).status).toBe(0);
    expect((await user.lxc('start', ['-n', 'shared'])).status).toBe(0);
    expect((await inside('shared', 'cat /srv/file')).stdout).toBe('mine\n');
    await user.lxc('stop', ['-n', 'shared', '-k']);
    expect((await user.lxc('destroy', ['-n', 'web'])).stderr).toContain('has clones');
    for (const words of [['shared', '-s'], ['full'], ['web']]) {
      const gone = await user.lxc('destroy', ['-n', ...words]);
      expect(gone.status, gone.stderr).toBe(0);
    }
    await eventually(() => !existsSync(join(user.lxcpath, 'web')), 'all of it is gone');
  },
);
