/**
 * LXC's own tests from Debian's package lxc-tests, unedited, with the commands under test first in PATH. They use the
 * names and paths that are written in them, which is why the run has /etc/lxc and /var/lib/lxc of its own.
 */

import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { binDir, run } from './harness/commands.ts';
import { removeCgroups } from './harness/remove-cgroups.ts';
import { test } from './harness/suite.ts';
import { hierarchies } from './harness/world.ts';

const names = [
  'apparmor-generated',
  'automount',
  'autostart',
  'exit-code',
  'lxc-attach',
  'procsys',
  'rootfs',
  'symlink',
  'no-new-privs',
  'createconfig',
  'cloneconfig',
  'snapdeps',
];

for (const name of names) {
  test(
    `lxc-test-${name} of Debian passes`,
    async (scope) => {
      scope.file('/etc/lxc/default.conf', 'lxc.net.0.type = empty\nlxc.net.0.flags = up\n');
      scope.defer(() => rmSync('/var/lib/lxcsym1', { force: true }));
      if (name === 'symlink') scope.defer(removeMonitors);
      const done = await run(`/usr/bin/lxc-test-${name}`, [], { timeoutMs: 110_000 });
      expect(done.status, `${done.stdout}\n${done.stderr}`).toBe(0);
    },
    { timeoutMs: 120_000 },
  );
}

/** Cgroups that C LXC leaves for each start of that test that fails, as it should. */
async function removeMonitors(): Promise<void> {
  const left = hierarchies().flatMap((top) => readdirSync(top));
  for (const name of new Set(left.filter((one) => one.startsWith('lxc.monitor.symtest1'))))
    await removeCgroups(name);
}

/** They make users and give them what they need, for which they have a world of their own. */
const ofUsers = ['usernsexec', 'usernic', 'unpriv'];

for (const name of ofUsers) {
  test(
    `lxc-test-${name} of Debian passes`,
    async (scope) => {
      await scope.bridge('lxcbr0');
      const world = join(import.meta.dirname, 'lxc-test-world');
      const words = [binDir, scope.name(), `/usr/bin/lxc-test-${name}`];
      const done = await run(world, words, { timeoutMs: 170_000 });
      expect(done.status, `${done.stdout}\n${done.stderr}`).toBe(0);
    },
    { timeoutMs: 180_000 },
  );
}

test('lxc-test-apparmor-mount of Debian wants a kernel with AppArmor', async (scope) => {
  await scope.bridge('lxcbr0');
  const world = join(import.meta.dirname, 'lxc-test-world');
  const words = [binDir, scope.name(), '/usr/bin/lxc-test-apparmor-mount'];
  const done = await run(world, words, { timeoutMs: 170_000 });
  // The container starts; what it is confined by cannot be read.
  expect(done.stderr).toContain('attr/current: Invalid argument');
  expect(done.status).toBe(1);
});
