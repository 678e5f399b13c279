import { expect, test } from 'vitest';
import type { NamespaceName } from '../../../src/plan/index.ts';
import { planUnshare, type UnshareRequest } from '../../../src/plan/unshare.ts';

function planOf(spaces: readonly NamespaceName[], more: Partial<UnshareRequest> = {}) {
  return planUnshare({
    spaces: new Set(spaces),
    user: undefined,
    hostname: undefined,
    interfaces: [],
    remount: false,
    daemon: false,
    argv: ['true'],
    env: [],
    ...more,
  });
}

const names = (ops: readonly { readonly op: string }[]) => ops.map(({ op }) => op);

test('a command in new namespaces is cloned, and waits until its user and interfaces are there', () => {
  const user = { inside: 5, outside: 0, range: 1 };
  const { parent, child, after } = planOf(['user', 'net'], { user, interfaces: ['eth7'] });
  expect(names(parent)).toEqual(['clone', 'writeProc', 'netlink', 'sync']);
  expect(names(child)).toEqual(['sync', 'setIds', 'exec']);
  expect(after).toBe('attached');
});

test('the mounts of a new mount namespace do not come out', () => {
  const { child } = planOf(['mnt', 'pid'], { remount: true });
  expect(names(child).slice(0, 3)).toEqual(['sync', 'mount', 'mount']);
  expect(child[1]).toMatchObject({ args: { target: '/', propagation: 0x8_4000 } });
  expect(child[2]).toMatchObject({ args: { target: '/proc', fstype: 'proc' } });
});

test('a clock cannot be cloned, it is entered', () => {
  const { parent, child } = planOf(['time', 'ipc']);
  expect(parent[0]).toMatchObject({ args: { flags: 0x0800_0000 } });
  expect(names(child)).toEqual(['sync', 'unshare', 'setns', 'exec']);
});

test('a command in the background outlives the one that started it', () => {
  const { child, after } = planOf(['ipc'], { daemon: true });
  expect(child.at(-2)).toMatchObject({ op: 'pdeathsig', args: { signal: 0 } });
  expect(after).toBe('return');
});
