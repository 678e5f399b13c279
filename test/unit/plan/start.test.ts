import { describe, expect, test } from 'vitest';
import { syncMode } from '../../../src/wire/ops.ts';
import type { PlannedOp, Program } from '../../../src/wire/program.ts';
import { host, hybridCgroups, minimal, planOf, refusal, unifiedHost } from './fixture.ts';

const mapped = ['lxc.idmap = u 0 100000 65536', 'lxc.idmap = g 0 100000 65536'];

function opsOf({ parent, child }: Program): readonly PlannedOp[] {
  return [...parent, ...child];
}

function meetingPoints(list: readonly PlannedOp[], mode: number): readonly unknown[] {
  return list.flatMap((planned) =>
    planned.op === 'sync' && planned.args.mode === mode ? [planned.args.point] : [],
  );
}

describe('a plan', () => {
  const variants = [
    { lines: minimal },
    { lines: minimal, facts: unifiedHost },
    {
      lines: [
        ...minimal,
        'lxc.hook.start-host = x',
        'lxc.proc.oom_score_adj = 1',
        'lxc.cgroup.devices.deny = a',
      ],
    },
    { lines: minimal, request: { kind: 'execute', detach: false, command: ['true'] } },
    { lines: [...minimal, ...mapped] },
    { lines: [...minimal, ...mapped, 'lxc.prlimit.nofile = 9'], facts: unifiedHost },
    { lines: ['lxc.rootfs.path = /srv/root', ...mapped, 'lxc.net.0.type = veth', 'lxc.net.0.link = br0'] },
  ] as const;

  test.each(variants)('has each side wait for exactly what the other says (%#)', (given) => {
    const { parent, child } = planOf(given).program;
    expect(meetingPoints(child, syncMode.await)).toEqual(meetingPoints(parent, syncMode.post));
    expect(meetingPoints(parent, syncMode.await)).toEqual(meetingPoints(child, syncMode.post));
  });

  test.each(variants)('names the inverse of everything that it makes on the host (%#)', (given) => {
    const makers = new Set(['mkdirCgroup', 'writePidfile']);
    for (const planned of planOf(given).program.parent) {
      if (makers.has(planned.op)) expect(planned.undo?.length).toBe(1);
    }
  });

  test('has no call for a container without hooks on the host', () => {
    for (const lines of [minimal, [...minimal, 'lxc.hook.start = x']]) {
      expect(opsOf(planOf({ lines }).program).filter(({ op }) => op === 'call')).toEqual([]);
    }
  });

  test('on a v2 host needs no meeting at all', () => {
    const { program } = planOf({ lines: minimal, facts: unifiedHost });
    expect(opsOf(program).filter(({ op }) => op === 'sync')).toEqual([]);
  });

  test('ends the child with exec, after the ids and the signal of the parent are set', () => {
    const names = planOf({ lines: minimal })
      .program.child.slice(-3)
      .map(({ op }) => op);
    expect(names).toEqual(['setIds', 'pdeathsig', 'exec']);
  });

  test('opens devices and terminals before the rules about devices apply', () => {
    const { child } = planOf({ lines: [...minimal, 'lxc.cgroup.devices.deny = a'] }).program;
    const last = child.findLastIndex(({ op }) => op === 'openPty' || op === 'mknod');
    expect(child.findIndex((one) => one.op === 'sync' && one.args.mode === syncMode.post)).toBeGreaterThan(
      last,
    );
  });

  test('gives a container the next free name where a cgroup of its name is left over', () => {
    const taken = new Set(['/sys/fs/cgroup/memory/lxc.payload.web', '/sys/fs/cgroup/pids/lxc.payload.web-1']);
    const facts = { ...host, cgroups: { ...hybridCgroups, taken } };
    const { parent } = planOf({ lines: minimal, facts }).program;
    const made = parent.flatMap((planned) => (planned.op === 'mkdirCgroup' ? [planned.args.path] : []));
    expect(made).toContain('/sys/fs/cgroup/memory/lxc.payload.web-2');
    expect(made).toContain('/sys/fs/cgroup/unified/lxc.payload.web-2');
  });

  test('takes the monitor out of the cgroups that limit the caller', () => {
    const hierarchies = hybridCgroups.hierarchies.map((one) =>
      one.controllers === 'memory' ? { ...one, own: '/user' } : one,
    );
    const facts = { ...host, cgroups: { ...hybridCgroups, hierarchies } };
    const { parent } = planOf({ lines: minimal, facts }).program;
    const joined = parent.flatMap((planned) => (planned.op === 'joinCgroup' ? [planned.args.file] : []));
    expect(joined).toEqual(['/sys/fs/cgroup/memory/lxc.monitor.web/tasks']);
  });

  test('takes the monitor out of the session of the caller', () => {
    const session = '/user.slice/user-0.slice/session-1.scope';
    const hierarchies = hybridCgroups.hierarchies.map((one) =>
      one.controllers === '' || one.controllers === 'name=systemd' ? { ...one, own: session } : one,
    );
    const facts = { ...host, cgroups: { ...hybridCgroups, hierarchies } };
    const { parent } = planOf({ lines: minimal, facts }).program;
    const born = parent.flatMap((planned) => (planned.op === 'detach' ? [planned.args.cgroup2] : []));
    const joined = parent.flatMap((planned) => (planned.op === 'joinCgroup' ? [planned.args.file] : []));
    expect(born).toEqual(['/sys/fs/cgroup/unified/lxc.monitor.web']);
    expect(joined).toEqual(['/sys/fs/cgroup/systemd/lxc.monitor.web/tasks']);
  });

  test('leaves the monitor of a caller without session and limits where it is', () => {
    const { parent } = planOf({ lines: minimal }).program;
    const made = parent.flatMap((planned) => (planned.op === 'mkdirCgroup' ? [planned.args.path] : []));
    expect(made.filter((path) => path.includes('monitor'))).toEqual([]);
  });

  test('makes cgroups below the caller where they are to be relative', () => {
    const hierarchies = hybridCgroups.hierarchies.map((one) => ({ ...one, own: '/user' }));
    const facts = { ...host, cgroups: { ...hybridCgroups, hierarchies } };
    const { parent } = planOf({ lines: [...minimal, 'lxc.cgroup.relative = 1'], facts }).program;
    const made = parent.flatMap((planned) => (planned.op === 'mkdirCgroup' ? [planned.args.path] : []));
    expect(made).toContain('/sys/fs/cgroup/pids/user/lxc.payload.web');
  });

  test('has no inner cgroup where a rule for all devices would not be taken', () => {
    const lines = [...minimal, 'lxc.cgroup.dir.container.inner = in', 'lxc.cgroup.devices.deny = a'];
    const { child } = planOf({ lines }).program;
    const joined = child.flatMap((planned) => (planned.op === 'joinCgroup' ? [planned.args.file] : []));
    expect(joined).toContain('/sys/fs/cgroup/devices/lxc.payload.web/tasks');
    expect(joined).toContain('/sys/fs/cgroup/memory/lxc.payload.web/in/tasks');
  });

  test('puts the containers of a pattern into its directory', () => {
    const { settings } = planOf({ lines: minimal, request: { cgroupPattern: 'lxc/%n' } }).program;
    const paths = settings.flatMap((op) => (op.op === 'setCgroup' ? [op.args.path] : []));
    expect(new Set(paths)).toEqual(new Set(['/lxc/web/lxc.payload.web']));
  });

  test('gives init nothing of the environment of the caller', () => {
    const { child } = planOf({ lines: [...minimal, 'lxc.environment = container=other'] }).program;
    const last = child.at(-1);
    expect(last?.op === 'exec' ? last.args.env : undefined).toEqual(['container=lxc']);
  });

  test('ignores an absolute mount outside the root file system with a note', () => {
    const { notes, program } = planOf({ lines: [...minimal, 'lxc.mount.entry = /a /b none bind 0 0'] });
    expect(notes).toEqual([
      {
        key: 'lxc.mount.entry',
        message: 'the mount on /b is ignored: it is not below the root file system',
        origin: { file: 'web.conf', line: 4 },
      },
    ]);
    expect(program.child.filter((one) => one.op === 'mount' && one.args.source === '/a')).toEqual([]);
  });

  test.each([
    ['/srv/root/x', 'x'],
    ['/run/lxc-rootfs/x/y', 'x/y'],
    ['/var/lib/lxc/web/rootfs/x', 'x'],
    ['x//y/', 'x/y'],
    ['./x', 'x'],
  ])('takes the mount target %s for %s inside', (written, meant) => {
    const { child } = planOf({
      lines: [...minimal, `lxc.mount.entry = /a ${written} none bind 0 0`],
    }).program;
    const found = child.find((one) => one.op === 'mount' && one.args.source === '/a');
    expect(found?.op === 'mount' ? found.args.target : undefined).toBe(meant);
  });

  test('does not take a sibling of the root file system for a part of it', () => {
    const { notes } = planOf({ lines: [...minimal, 'lxc.mount.entry = /a /srv/root2/x none bind 0 0'] });
    expect(notes.length).toBe(1);
  });

  test('makes the upper and work directories of an overlay that belongs to the container', () => {
    const own = '/var/lib/lxc/web';
    const entry = `lxc.mount.entry = overlay o overlay lowerdir=/l,upperdir=${own}/u,workdir=/else/w 0 0`;
    const { child } = planOf({ lines: [...minimal, entry] }).program;
    const made = child.flatMap((one) => (one.op === 'mkdir' && one.args.where === 0 ? [one.args.path] : []));
    expect(made).toEqual([`${own}/u`]);
  });
});

describe('before anything is done', () => {
  test.each([
    ['lxc.rootfs.path = /nowhere', 'Failed to use the root file system /nowhere: No such directory'],
    ['lxc.rootfs.path = dir:here', 'Failed to use the root file system here: it is not an absolute path'],
    ['lxc.rootfs.path = overlay:/a:/b', 'Failed to use the root file system /a: No such directory'],
    ['lxc.rootfs.mount = /nowhere', 'Failed to mount the root file system on /nowhere: No such directory'],
    ['lxc.seccomp.profile = /x', 'Failed to read the seccomp policy /x: No such file'],
    ['lxc.console.path = /no/tty', 'Failed to open /no/tty for the console: there is no directory /no'],
    ['lxc.console.logfile = /srv/root', 'Failed to open /srv/root for the console: Is a directory'],
    ['lxc.environment = NOT_THERE', 'Failed to set the variable NOT_THERE'],
    ['lxc.mount.fstab = /nofile', 'Failed to read the mounts of /nofile: No such file'],
    ['lxc.namespace.share.net = nobody', 'Failed to share the net namespace of nobody: it is not running'],
    ['lxc.namespace.clone = user', 'the new user namespace would have no ids'],
    ['lxc.cgroup.nosuch.file = 1', 'this host has no cgroup controller nosuch'],
    ['lxc.cgroup2.memory.high = 1M', 'cgroup v1 has nothing that means the same'],
    ['lxc.cgroup.devices.allow = c 1:x rw', 'Cannot use "c 1:x rw" for lxc.cgroup.devices.allow'],
    ['lxc.cgroup.devices.allow = /dev/none rw', 'Failed to find the device /dev/none'],
    ['lxc.cgroup.dir.container = x', 'lxc.cgroup.dir.container stands without lxc.cgroup.dir.monitor'],
  ])('"%s" is refused at its line', (line, message) => {
    const text = refusal({ lines: [...minimal, line] });
    expect(text).toContain('web.conf:4: ');
    expect(text).toContain(message);
  });

  test('a line of a fstab is refused at its own place', () => {
    const facts = { ...host, files: new Map([['/srv/fstab', '\nonly two\n']]) };
    expect(refusal({ lines: [...minimal, 'lxc.mount.fstab = /srv/fstab'], facts })).toMatch(
      /^\/srv\/fstab:2: Cannot use the mount "only two"/,
    );
  });

  test("the host's init is refused on the host's files, unless it is asked for", () => {
    const lines = ['lxc.uts.name = web', 'lxc.net.0.type = empty'];
    expect(refusal({ lines })).toBe(
      "Failed to start /sbin/init without a root file system: the init of the host would run on the host's files; " +
        'set lxc.rootfs.path, or choose a command with lxc.init.cmd or behind "--"',
    );
    for (const asked of [
      { lines: [...lines, 'lxc.init.cmd = /sbin/init'] },
      { lines, request: { command: ['/sbin/init'] } },
    ]) {
      expect(planOf(asked).program.child.at(-1)).toMatchObject({
        op: 'exec',
        args: { argv: ['/sbin/init'] },
      });
    }
  });

  test('an execute without a command is refused', () => {
    expect(refusal({ lines: minimal, request: { kind: 'execute' } })).toBe(
      'Missing command to execute; give one behind "--", or set lxc.execute.cmd',
    );
  });

  test('lxc.sched.core makes the container share its processors with nobody, before anything else', () => {
    const { program } = planOf({ lines: [...minimal, 'lxc.sched.core = 1'] });
    expect(program.child[0]).toMatchObject({ op: 'schedCore', args: { from: 0 } });
  });
});
