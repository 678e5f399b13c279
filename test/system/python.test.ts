/** Debian's python3-lxc on containers of the LXC under test. */

import { join } from 'node:path';
import { expect } from 'vitest';
import { run } from './harness/commands.ts';
import { test } from './harness/suite.ts';

test('python3-lxc lists, inspects, freezes, enters and stops a container', async (scope) => {
  const foo = scope.container({
    config: ['lxc.uts.name = snake', 'lxc.cgroup.memory.limit_in_bytes = 64M'],
  });
  await foo.start();
  const pid = await foo.initPid();
  const done = await run('/usr/bin/python3', [join(import.meta.dirname, 'python.py'), foo.name]);
  expect([done.status, done.stderr]).toEqual([0, '']);
  expect(JSON.parse(done.stdout)).toEqual({
    listed: true,
    active: true,
    defined: true,
    controllable: true,
    running: true,
    state: 'RUNNING',
    pid,
    item: 'snake',
    limit: String(64 * 1024 * 1024),
    frozen: [true, true, 'FROZEN'],
    thawed: [true, true, 'RUNNING'],
    attached: 3 << 8,
    stopped: [true, true, false],
  });
});
