/** lxc.sched.core: the kernels of most hosts lack it, and then the error has to say so. */

import { expect } from 'vitest';
import { underC } from './harness/commands.ts';
import { test } from './harness/suite.ts';

test('A container that shares no processor starts and is attached to, or the option that the kernel lacks is named', async (scope) => {
  const foo = scope.container({ config: ['lxc.sched.core = 1'] });
  const started = await foo.run('start', ['-d']);
  if (started.status === 0) {
    expect((await foo.attach(['echo', 'alive'])).stdout).toBe('alive\n');
    return;
  }
  expect(started.status).toBe(1);
  if (!underC)
    expect(started.stderr).toContain('this kernel has no core scheduling; it needs CONFIG_SCHED_CORE');
});
