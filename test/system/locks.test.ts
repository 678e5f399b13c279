/**
 * The lock files that LXC and ours have in common: /run/lxc/lock/LXCPATH/.NAME. A tool of either side waits for whoever
 * writes or removes a container.
 */

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { binDir, cLxc, finished, lxc, start } from './harness/commands.ts';
import { eventually } from './harness/eventually.ts';
import type { Scope } from './harness/scope.ts';
import { test, testOurs } from './harness/suite.ts';

/** As LXC locks: F_OFD_SETLKW of the whole file. Let go by the function returned. */
async function held(scope: Scope, name: string): Promise<() => void> {
  const path = `/run/lxc/lock//var/lib/lxc/.${name}`;
  const script = `import fcntl, os, struct, sys
os.makedirs(os.path.dirname('${path}'), exist_ok=True)
fd = os.open('${path}', os.O_RDWR | os.O_CREAT, 0o600)
fcntl.fcntl(fd, 38, struct.pack('hhqqi', fcntl.F_WRLCK, 0, 0, 0, 0))
print('held', flush=True)
sys.stdin.read()`;
  const holder = spawn('/usr/bin/python3', ['-c', script]);
  scope.defer(() => {
    holder.kill();
  });
  await new Promise((told) => holder.stdout.once('data', told));
  return () => holder.stdin.end();
}

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
    letGo();
    expect(await done).toMatchObject({ stderr: '', status: 0 });
  });
}

test('What nobody locks is not waited for', async (scope) => {
  const container = scope.container();
  const letGo = await held(scope, scope.name());
  await container.start();
  expect((await lxc('info', ['-n', container.name, '-s', '-H'])).stdout).toBe('RUNNING\n');
  letGo();
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
