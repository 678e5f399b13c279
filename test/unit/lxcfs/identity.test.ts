/** Whose numbers a reader sees, in small worlds of processes. */

import { expect, test } from 'vitest';
import type { Files } from '../../../src/lxcfs/files.ts';
import { isWithin, openIdentity } from '../../../src/lxcfs/identity.ts';

interface Process {
  readonly parent: number;
  readonly pidNamespace: string;
  readonly mountNamespace: string;
  /** Pids from the host's namespace to its own. */
  readonly pids: readonly number[];
  readonly cgroup: string;
  readonly started?: number;
}

type World = Map<number, Process>;

function filesOf(world: World): Files {
  const read = (path: string): string | undefined => {
    const [, pid, file] = /^\/proc\/(\d+)\/(\w+)$/.exec(path) ?? [];
    const process = world.get(Number(pid));
    if (process === undefined) return undefined;
    const { pids, parent, cgroup, started = 100 } = process;
    if (file === 'cgroup') return `4:memory:${cgroup}\n0::/\n`;
    if (file === 'stat') return `${pid} (a) b) S ${parent} ${'0 '.repeat(17)}${started} 0\n`;
    return `Name:\ta\nTgid:\t${pids[0]}\nPPid:\t${parent}\nNSpid:\t${pids.join('\t')}\n`;
  };
  const link = (path: string): string | undefined => {
    if (path === '/proc/self/ns/pid') return 'pid:[host]';
    const [, pid, kind] = /^\/proc\/(\d+)\/ns\/(pid|mnt)$/.exec(path) ?? [];
    const process = world.get(Number(pid));
    return kind === 'pid' ? process?.pidNamespace : process?.mountNamespace;
  };
  const list = () => [...world.keys()].map(String);
  const nothing = { directories: () => [], stat: () => undefined, sweep: () => {} };
  return { text: read, read, link, list, ...nothing };
}

function world(): World {
  const inside = { pidNamespace: 'pid:[c]', mountNamespace: 'mnt:[c]', cgroup: '/lxc.payload.c' };
  return new Map<number, Process>([
    [
      1,
      {
        parent: 0,
        pidNamespace: 'pid:[host]',
        mountNamespace: 'mnt:[host]',
        pids: [1],
        cgroup: '/',
        started: 3,
      },
    ],
    [
      50,
      { parent: 1, pidNamespace: 'pid:[host]', mountNamespace: 'mnt:[host]', pids: [50], cgroup: '/user' },
    ],
    [100, { ...inside, parent: 50, pids: [100, 1], started: 777 }],
    [101, { ...inside, parent: 100, pids: [101, 2], cgroup: '/lxc.payload.c/system.slice' }],
    [102, { ...inside, parent: 101, pids: [102, 3] }],
    // Put in from outside: its parent is no process of the container.
    [103, { ...inside, parent: 50, pids: [103, 4] }],
    [104, { ...inside, parent: 100, pids: [104, 5], mountNamespace: 'mnt:[sidecar]', cgroup: '/sidecar' }],
  ]);
}

const identify = (tid: number, processes = world()) => openIdentity(filesOf(processes)).identify(tid);

test.for([100, 101, 102, 103])('Process %i of a container is shown the container', (tid) => {
  expect(identify(tid)).toMatchObject({ key: '777.100', init: 100, started: 777, host: false });
  expect(identify(tid).cgroups).toContain(':memory:/lxc.payload.c\n');
});

test('A sidecar in the same pid namespace is shown its own cgroup', () => {
  const sidecar = identify(104);
  expect(sidecar).toMatchObject({ init: 100, host: false });
  expect(sidecar.cgroups).toContain(':memory:/sidecar\n');
  expect(sidecar.key).not.toBe(identify(100).key);
});

test('Sidecar and container are told apart by one identity, in either order', () => {
  const one = openIdentity(filesOf(world()));
  const asked = [104, 102, 104, 100, 103].map((tid) => one.identify(tid).cgroups.includes('/sidecar'));
  expect(asked).toEqual([true, false, true, false, false]);
});

test('A process of the host is shown its own cgroup', () => {
  expect(identify(50)).toMatchObject({ host: true, started: 3 });
  expect(identify(50).cgroups).toContain(':memory:/user\n');
});

test('A caller that cannot be seen is shown the host', () => {
  expect(identify(0)).toMatchObject({ host: true, cgroups: '' });
  expect(identify(4711)).toMatchObject({ host: true, cgroups: '' });
});

test('A namespace inside a container has an init of its own', () => {
  const processes = world();
  const nested = { pidNamespace: 'pid:[n]', mountNamespace: 'mnt:[c]', cgroup: '/lxc.payload.c/docker/n' };
  processes.set(200, { ...nested, parent: 102, pids: [200, 9, 1], started: 999 });
  processes.set(201, { ...nested, parent: 200, pids: [201, 10, 2] });
  expect(identify(201, processes)).toMatchObject({ init: 200, started: 999 });
});

test('The names of a subject serve as file names', () => {
  for (const tid of [0, 50, 100, 104]) expect(identify(tid).key).toMatch(/^[\w.]{1,64}$/);
});

test('systemd that moved itself to init.scope leaves its container where it was', () => {
  expect(isWithin('0::/c/system.slice/x.service\n', '0::/c/init.scope\n')).toBe(true);
  expect(isWithin('0::/other\n', '0::/c/init.scope\n')).toBe(false);
  expect(isWithin('0::/c2\n', '0::/c\n')).toBe(false);
});
