/**
 * The lock files that LXC and ours have in common: /run/lxc/lock/LXCPATH/.NAME. A tool of either side waits for whoever
 * writes or removes a container.
 */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { binDir, cLxc, finished, lxc, start } from './harness/commands.ts';
import { eventually } from './harness/eventually.ts';
import { heldLock } from './harness/held-lock.ts';
import type { Scope } from './harness/scope.ts';
import { test, testOurs } from './harness/suite.ts';

const held = (scope: Scope, name: string) => heldLock(scope, `/run/lxc/lock//var/lib/lxc/.${name}`);

for (const [verb, args] of [
  ['start', ['-d']],
  ['info', ['-s']],
  ['destroy', []],
] as const) {
  test(`lxc-${verb} waits for whoever holds the lock of the container`, async (scope) => {
    const container = scope.container();
    const letGo = await held(scope, container.name);
    const child = start(join(binDir, `lxc-${verb}`), ['-n', container.name, ...args]);
    const done = finished(child, `lxc-${verb}`);
    await new Promise((wake) => setTimeout(wake, 700));
    expect(child.exitCode).toBe(null);
    await letGo();
    expect(await done).toMatchObject({ stderr: '', status: 0 });
  });
}

test('What nobody locks is not waited for', async (scope) => {
  const container = scope.container();
  const letGo = await held(scope, scope.name());
  await container.start();
  expect((await lxc('info', ['-n', container.name, '-s', '-H'])).stdout).toBe('RUNNING\n');
  await letGo();
});

testOurs('A tool of LXC waits until our lxc-destroy is done', 'it compares the two', async (scope) => {
  const begun = join(scope.directory(), 'begun');
  const container = scope.container({ config: [`lxc.hook.destroy = sh -c "touch ${begun}; sleep 1"`] });
  const destroyed = lxc('destroy', ['-n', container.name]);
  await eventually(() => existsSync(begun), 'the hook runs');
  const looked = await cLxc('info', ['-n', container.name, '-s']);
  expect(await destroyed).toMatchObject({ stderr: '', status: 0 });
  expect(looked.stdout).not.toContain('State');
});
