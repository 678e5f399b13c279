import { describe, expect, test } from 'vitest';
import { errnoNumber } from '../../../src/base/errno.ts';
import { explain, explainNotes } from '../../../src/plan/index.ts';
import { lists } from '../../../src/wire/frames.ts';
import type { PlannedOp, Program } from '../../../src/wire/program.ts';
import { minimal, planOf, viewHost } from './fixture.ts';

interface Failing {
  readonly lines?: readonly string[];
  readonly list: 'parent' | 'child';
  readonly op: (planned: PlannedOp) => boolean;
  readonly errno: string;
  readonly detail?: string;
}

function fail({ lines = [], list, op, errno, detail = '' }: Failing): string {
  const { program } = planOf({ lines: [...minimal, ...lines] });
  const index = program[list].findIndex(op);
  expect(index).toBeGreaterThanOrEqual(0);
  return explain(program, { list: lists[list], index, errno: errnoNumber(errno), detail }).toString();
}

const isOp = (name: PlannedOp['op']) => (planned: PlannedOp) => planned.op === name;
const mountsOn = (target: string) => (planned: PlannedOp) =>
  planned.op === 'mount' && planned.args.target === target;
const writes = (file: string) => (planned: PlannedOp) =>
  planned.op === 'writeFile' && planned.args.path.endsWith(file);

test('Core scheduling that the kernel lacks is named with its option', () => {
  const lines = ['lxc.sched.core = 1'];
  expect(fail({ lines, list: 'child', op: isOp('schedCore'), errno: 'EINVAL' })).toBe(
    'web.conf:4: Failed to keep the processors that the container uses from others: this kernel has no core scheduling; it needs CONFIG_SCHED_CORE; remove the line',
  );
});

test('A filter that kills before exec is named', () => {
  const detail = 'killed before its program ran, signal 31';
  const given = { list: 'child', op: isOp('exec'), errno: '', detail } as const;
  expect(fail(given)).toContain('its seccomp policy forbids a system call that this needs');
});

describe('a failed mount', () => {
  const lines = ['lxc.mount.entry = /srv/data srv/data none bind 0 0'];
  const given = { lines, list: 'child', op: mountsOn('srv/data') } as const;

  test('names file and line, and how to make a missing target', () => {
    expect(fail({ ...given, errno: 'ENOENT', detail: '/srv' })).toBe(
      'web.conf:4: Failed to bind /srv/data on srv/data: No such file or directory (/srv); add "create=dir" or "create=file" to make the target',
    );
  });

  test('tells a missing source from a missing target', () => {
    expect(fail({ ...given, errno: 'ENOENT' })).toBe(
      'web.conf:4: Failed to bind /srv/data on srv/data: No such file or directory (/srv/data); make /srv/data, or add "optional"',
    );
  });

  test('says that paths below the root follow no links', () => {
    expect(fail({ ...given, errno: 'ELOOP', detail: '/srv' })).toContain(
      '/srv is a symbolic link or no directory; paths below the root file system follow no links',
    );
    expect(fail({ ...given, errno: 'ELOOP', detail: '/srv is a symbolic link' })).toContain(
      ': /srv is a symbolic link; paths',
    );
  });

  test('says that file and directory do not go together', () => {
    expect(fail({ ...given, errno: 'ENOTDIR' })).toContain('must both be directories, or both be files');
  });

  test('names a file system that the kernel does not have', () => {
    const bad = ['lxc.mount.entry = none srv/x nosuchfs defaults 0 0'];
    expect(fail({ lines: bad, list: 'child', op: mountsOn('srv/x'), errno: 'ENODEV' })).toBe(
      'web.conf:4: Failed to mount nosuchfs none on srv/x: this kernel has no file system nosuchfs; see /proc/filesystems',
    );
  });
});

test('a record that another start has just written is named', () => {
  expect(fail({ list: 'parent', op: isOp('openRecord'), errno: 'EEXIST' })).toContain(
    'another start of the container has just written it; try again',
  );
});

describe('a failed cgroup', () => {
  test('says that the limit of cgroups is reached where the kernel says EAGAIN', () => {
    expect(fail({ list: 'parent', op: isOp('mkdirCgroup'), errno: 'EAGAIN' })).toContain(
      'the limit of cgroups is reached; see cgroup.max.descendants',
    );
  });

  test('says that a name was taken in the meantime', () => {
    expect(fail({ list: 'parent', op: isOp('mkdirCgroup'), errno: 'EEXIST' })).toContain('try again');
  });

  test('blames the value that the kernel refuses', () => {
    const lines = ['lxc.cgroup.memory.limit_in_bytes = lots'];
    expect(fail({ lines, list: 'parent', op: writes('memory.limit_in_bytes'), errno: 'EINVAL' })).toBe(
      'web.conf:4: Failed to write "lots" to /sys/fs/cgroup/memory/lxc.payload.web/memory.limit_in_bytes: Invalid argument; the kernel refuses that value for memory.limit_in_bytes',
    );
  });

  test('says that a file is not there where the kernel says ENOENT', () => {
    const lines = ['lxc.cgroup.memory.nosuch = 1'];
    expect(fail({ lines, list: 'parent', op: writes('memory.nosuch'), errno: 'ENOENT' })).toContain(
      'the cgroup has no file memory.nosuch',
    );
  });

  test('says that a cpuset is empty where joining it says ENOSPC', () => {
    expect(fail({ list: 'child', op: isOp('joinCgroup'), errno: 'ENOSPC' })).toContain(
      'the cpuset has no processors or no memory',
    );
  });
});

describe('a failed process', () => {
  test.each([
    ['ENOENT', 'there is no /sbin/init in the container, or the interpreter that it names is missing'],
    ['EACCES', '/sbin/init is not executable'],
    ['ENOEXEC', '/sbin/init is no program for this machine'],
  ])('says what %s of exec means', (errno, meaning) => {
    expect(fail({ list: 'child', op: isOp('exec'), errno })).toContain(
      `Failed to run /sbin/init: ${meaning}`,
    );
  });

  test('blames the limit of processes where clone says EAGAIN', () => {
    expect(fail({ list: 'parent', op: isOp('clone'), errno: 'EAGAIN' })).toContain('see pids.max');
  });

  test('says that the name runs already where its socket is in use', () => {
    expect(fail({ list: 'parent', op: isOp('bindCommand'), errno: 'EADDRINUSE' })).toContain(
      'the container is already running',
    );
  });

  test('names the hook and its last words', () => {
    const lines = ['lxc.hook.start = /bin/check'];
    const op = isOp('runHook');
    const detail = 'exited with status 3: no licence';
    const { program } = planOf({ lines: [...minimal, ...lines] });
    const index = program.child.findIndex(op);
    expect(explain(program, { list: lists.child, index, errno: 0, detail }).toString()).toBe(
      'web.conf:4: Failed to run the start hook /bin/check: exited with status 3: no licence',
    );
  });

  test('blames the capability that raising a limit needs', () => {
    const lines = ['lxc.prlimit.nofile = unlimited'];
    expect(fail({ lines, list: 'child', op: isOp('rlimit'), errno: 'EPERM' })).toContain('CAP_SYS_RESOURCE');
  });

  test('names a kernel parameter that does not exist', () => {
    const lines = ['lxc.sysctl.kernel.nosuch = 1'];
    expect(fail({ lines, list: 'child', op: writes('kernel/nosuch'), errno: 'ENOENT' })).toBe(
      'web.conf:4: Failed to write "1" to /proc/sys/kernel/nosuch: there is no such kernel parameter; see sysctl -a',
    );
  });
});

test('every op of every list has words for its failure', () => {
  const { program } = planOf({
    lines: [...minimal, 'lxc.mount.auto = proc sys cgroup:force', 'lxc.hook.start = x'],
  });
  const each = (list: 'parent' | 'child') =>
    program[list].map(
      (_, index) => explain(program, { list: lists[list], index, errno: 5, detail: '' }).message,
    );
  for (const message of [...each('parent'), ...each('child')]) {
    expect(message).toMatch(/^Failed to [a-z].*: Input\/output error$/);
  }
});

test('a failed inverse is told as cleaning up', () => {
  const program: Program = planOf({ lines: minimal }).program;
  const [note] = explainNotes(program, [
    { list: lists.undo, index: 0, errno: 16, detail: '/sys/fs/cgroup/x' },
  ]);
  expect(note).toBe('Failed to clean up: Device or resource busy: /sys/fs/cgroup/x');
});

test('a filter that may not notify is a note with its cure', () => {
  const { program } = planOf({ lines: minimal, facts: viewHost });
  const index = program.child.findIndex(({ op }) => op === 'seccomp');
  const failure = { list: lists.child, index, errno: errnoNumber('EBUSY'), detail: '' };
  expect(explainNotes(program, [failure])).toEqual([
    'Failed to have sysinfo(2) answered: somebody else supervises calls of this process already; set lxcts.sysinfo = off',
  ]);
});

test('a proc view that cannot be had is one note, and files that are nowhere are none', () => {
  const { program } = planOf({ lines: [...minimal, 'lxc.mount.auto = proc'], facts: viewHost });
  const binds = program.child.flatMap(({ why }, index) => (why.key === 'lxcts.lxcfs' ? [index] : []));
  const notes = (errno: string) =>
    explainNotes(
      program,
      binds.map((index) => ({ list: lists.child, index, errno: errnoNumber(errno), detail: '' })),
    );
  expect(notes('ENOENT')).toEqual([]);
  expect(notes('ENOTCONN')).toEqual([
    'Failed to bind /var/lib/lxcfs/by-name/web/proc/cpuinfo on proc/cpuinfo: that lxcfs is dead; unmount it with umount -l, then start lxcfs again',
  ]);
});
