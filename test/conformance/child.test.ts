/** The helper's child list against the kernel: a busybox root in new namespaces, one matter at a time. Needs root. */

import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { buildNative } from '../../scripts/native.ts';
import { ByteWriter } from '../../src/wire/bytes.ts';
import { frameTypes } from '../../src/wire/frames.ts';
import { filterFlags, type Op, stdio, syncMode, syncPoints, where } from '../../src/wire/ops.ts';
import type { PlannedOp } from '../../src/wire/program.ts';
import { FakeBrain, planned, program, type Result } from './fake-brain.ts';

const MS = { rdonly: 1, nosuid: 2, remount: 32, bind: 4096, rec: 16384, private: 1 << 18 };
const CLONE = { ns: 0x20000, uts: 0x4000000, ipc: 0x8000000, pid: 0x20000000, net: 0x40000000 };
const flags = CLONE.ns + CLONE.uts + CLONE.ipc + CLONE.pid;

const dir = mkdtempSync(join(tmpdir(), 'ncore-'));
const root = join(dir, 'rootfs');
let helper: string;
let faulty: string;
const oldKernel = join(dir, 'old-kernel');

beforeAll(() => {
  helper = buildNative();
  faulty = buildNative({ faults: true });
  execFileSync('gcc', ['-o', oldKernel, join(import.meta.dirname, 'old-kernel.c')]);
  for (const name of ['bin', 'dev', 'proc', 'etc', 'tmp']) mkdirSync(join(root, name), { recursive: true });
  execFileSync('cp', ['/bin/busybox', join(root, 'bin')]);
  execFileSync(join(root, 'bin/busybox'), ['--install', '-s', join(root, 'bin')]);
  for (const link of execFileSync('ls', [join(root, 'bin')], { encoding: 'utf8' }).split('\n'))
    if (link !== '' && link !== 'busybox') {
      rmSync(join(root, 'bin', link));
      symlinkSync('busybox', join(root, 'bin', link));
    }
}, 120_000);
afterAll(() => rmSync(dir, { recursive: true }));

type MountArgs = Extract<Op, { op: 'mount' }>['args'];

function mount(args: Partial<MountArgs>): PlannedOp {
  const none = { source: '', target: '', fstype: '', flags: 0, data: '', propagation: 0 };
  return planned({
    op: 'mount',
    args: { ...none, sourceWhere: where.host, targetWhere: where.rootfs, ...args },
  });
}

const enterRoot = [
  mount({ target: '/', targetWhere: where.host, propagation: MS.private + MS.rec }),
  mount({ source: root, target: root, targetWhere: where.host, flags: MS.bind + MS.rec }),
  planned({ op: 'openRoot', args: { path: root } }),
  mount({ source: 'proc', target: 'proc', fstype: 'proc' }),
];
const pivot = planned({ op: 'pivotRoot', args: {} });
const clone = (more = 0) =>
  planned({ op: 'clone', args: { flags: flags + more, cgroup2: '', pidNamespace: '' } });
const shell = (script: string) =>
  planned({ op: 'exec', args: { argv: ['/bin/sh', '-c', script], env: ['PATH=/bin', 'A=b'] } });

/** ld [0] (nr); jeq mkdir -> action; allow */
function filterOp(action: number, { flags = 0, listener = 0 } = {}): PlannedOp {
  const row = (code: number, jt: number, jf: number, k: number) => {
    const bytes = Buffer.alloc(8);
    bytes.writeUInt16LE(code, 0);
    bytes.writeUInt8(jt, 2);
    bytes.writeUInt8(jf, 3);
    bytes.writeUInt32LE(k, 4);
    return bytes;
  };
  const mkdir = process.arch === 'arm64' ? 34 : 83;
  const rows = [
    row(0x20, 0, 0, 0),
    row(0x15, 0, 1, mkdir),
    row(0x06, 0, 0, action),
    row(0x06, 0, 0, 0x7fff0000),
  ];
  return planned({ op: 'seccomp', args: { filter: Buffer.concat(rows), flags, listener } });
}

interface Outcome {
  readonly result: Result;
  readonly stdout: string;
  readonly ended: number | string;
}

interface Options {
  readonly parent?: readonly PlannedOp[];
  readonly env?: Readonly<Record<string, string>>;
  readonly binary?: string;
  /** What stands before the helper in its command line. */
  readonly wrapper?: readonly string[];
}

/** Run the ops, then let the foreground container end as it will. */
async function run(child: readonly PlannedOp[], options: Options = {}): Promise<Outcome> {
  const brain = new FakeBrain(
    options.binary ?? helper,
    options.env === undefined ? {} : { env: options.env },
  );
  await brain.hello();
  const parent = options.parent ?? [clone()];
  const result = await brain.answer(program({ parent, child, after: 'monitor', exit: 'status' }));
  brain.exit(result.kind === 'ok' ? 0 : 1);
  return { result, ended: await brain.ended(), stdout: brain.stdout };
}

/** Inside the root, after pivot. */
const inside = (ops: readonly PlannedOp[], script: string, options?: Options) =>
  run([...enterRoot, ...ops, pivot, shell(script)], options);

describe('the child', () => {
  it('becomes pid 1 in the root with the environment and nothing else', async () => {
    const script = 'echo $$; pwd; tr "\\0" "\\n" < /proc/1/environ; ls /proc/$$/fd; exit 7';
    const { stdout, ended } = await inside([], script);
    expect(stdout).toBe('1\n/\nPATH=/bin\nA=b\n0\n1\n2\n');
    expect(ended).toBe(7);
  });

  it('leaves no mount of the host behind', async () => {
    const { stdout } = await inside([], 'wc -l < /proc/mounts');
    expect(stdout.trim()).toBe('2');
  });

  it('tells which op failed, with errno and the component of the path', async () => {
    rmSync(join(root, 'tmp/link'), { force: true });
    symlinkSync('/etc', join(root, 'tmp/link'));
    const { result, ended } = await inside(
      [mount({ source: 'proc', target: '/tmp/link/x', fstype: 'proc' })],
      '',
    );
    expect(result).toMatchObject({ kind: 'failed', list: 1, index: 4, errno: 40 });
    expect(result.detail).toBe('/tmp/link is a symbolic link');
    expect(ended).toBe(1);
  });

  it('does not climb out of the root', async () => {
    const ops = [planned({ op: 'mkdir', args: { path: '/tmp/../../up', where: where.rootfs, mode: 0o755 } })];
    const { result } = await inside(ops, '');
    expect(result).toMatchObject({ kind: 'failed', index: 4, errno: 18 });
  });

  it('names the component that is missing', async () => {
    const { result } = await inside([mount({ source: 'x', target: 'etc/no/such', fstype: 'tmpfs' })], '');
    expect(result).toMatchObject({ errno: 2, detail: '/etc/no' });
  });

  it('makes nodes, directories and links with exact modes', async () => {
    const at = where.rootfs;
    const ops = [
      mount({ source: 'none', target: 'dev', fstype: 'tmpfs', data: 'mode=755' }),
      planned({
        op: 'mknod',
        args: { path: '/dev/null', where: at, mode: 0o020666, device: 0x103, fallback: '/dev/null' },
      }),
      planned({ op: 'mkdir', args: { path: 'dev/a/b', where: at, mode: 0o1777 } }),
      planned({ op: 'mkdir', args: { path: 'dev/a/b/', where: at, mode: 0o700 } }),
      planned({ op: 'mkfile', args: { path: 'dev/f/g', where: at, mode: 0o640 } }),
      planned({ op: 'symlink', args: { target: 'x', path: 'dev/l', where: at } }),
      planned({ op: 'symlink', args: { target: 'y', path: 'dev/l', where: at } }),
      planned({ op: 'chown', args: { path: 'dev/f/g', where: at, uid: 5, gid: 6 } }),
      planned({ op: 'mustExist', args: { path: 'dev/f/g', where: at } }),
    ];
    const { stdout } = await inside(
      ops,
      'stat -c "%A %t:%T" /dev/null; stat -c %a /dev/a/b; stat -c "%a %u:%g" /dev/f/g; readlink /dev/l',
    );
    expect(stdout).toBe('crw-rw-rw- 1:3\n1777\n640 5:6\ny\n');
  });

  it('borrows the device of the host where it may not make one', async () => {
    const node: Op = {
      op: 'mknod',
      args: { path: 'dev/null', where: where.rootfs, mode: 0o020666, device: 0x103, fallback: '/dev/null' },
    };
    const parent = [
      planned({
        op: 'clone',
        args: { flags: CLONE.ns + CLONE.pid + 0x10000000, cgroup2: '', pidNamespace: '' },
      }),
      ...['uid_map', 'gid_map'].map((file) =>
        planned({ op: 'writeProc', args: { file, text: Buffer.from('0 0 65536') } }),
      ),
      planned({ op: 'sync', args: { point: syncPoints.configure, mode: syncMode.post } }),
    ];
    const child = [
      planned({ op: 'sync', args: { point: syncPoints.configure, mode: syncMode.await } }),
      planned({ op: 'setIds', args: { uid: 0, gid: 0, groups: Buffer.alloc(0), keepGroups: 0 } }),
      ...enterRoot,
      mount({ source: 'none', target: 'dev', fstype: 'tmpfs' }),
      planned(node),
      pivot,
      shell('echo x > /dev/null && stat -c "%t:%T" /dev/null'),
    ];
    const { stdout, result } = await run(child, { parent });
    expect(result).toMatchObject({ kind: 'ok' });
    expect(stdout).toBe('1:3\n');
  });

  it('makes a bind read-only and keeps what its source has locked', async () => {
    mkdirSync(join(dir, 'data'), { recursive: true });
    const ops = [
      mount({ source: 'none', target: 'tmp', fstype: 'tmpfs', flags: MS.nosuid }),
      planned({ op: 'mkdir', args: { path: 'tmp/a', where: where.rootfs, mode: 0o755 } }),
      mount({
        source: 'tmp',
        sourceWhere: where.rootfs,
        target: 'etc',
        flags: MS.bind + MS.rec + MS.rdonly,
        propagation: MS.private,
      }),
    ];
    const { stdout } = await inside(
      ops,
      'grep " /etc " /proc/mounts; touch /etc/x 2>/dev/null || echo read-only',
    );
    expect(stdout).toMatch(/ ro,nosuid,relatime/);
    expect(stdout).toMatch(/read-only$/m);
  });

  it('sets host name, umask, limits and personality', async () => {
    const ops = [
      planned({ op: 'setHostname', args: { name: 'ncore-host' } }),
      planned({ op: 'umask', args: { mask: 0o27 } }),
      planned({ op: 'rlimit', args: { resource: 7, soft: 99, hard: 100 } }),
      planned({ op: 'personality', args: { persona: 8 } }),
      planned({ op: 'keyring', args: {} }, { optional: true }),
    ];
    const { stdout } = await inside(ops, 'hostname; umask; ulimit -n; uname -m');
    expect(stdout).toMatch(/^ncore-host\n0027\n99\ni686\n$/);
  });

  it('drops capabilities for good and new privileges', async () => {
    const ops = [
      planned({ op: 'capDrop', args: { drop: (1n << 21n) | (1n << 3n) } }),
      planned({ op: 'noNewPrivs', args: {} }),
    ];
    const { stdout } = await inside(ops, 'grep -E "CapEff|CapBnd|NoNew" /proc/self/status');
    const sets = [...stdout.matchAll(/Cap\w+:\s+(\w+)/g)].map((found) => BigInt(`0x${found[1]}`));
    expect(sets).toHaveLength(2);
    for (const set of sets) expect(set & ((1n << 21n) | (1n << 3n))).toBe(0n);
    expect(stdout).toMatch(/NoNewPrivs:\s+1/);
  });

  it('becomes another user with exactly the groups given', async () => {
    const groups = new ByteWriter().u32(5).u32(7).take();
    const ops = [planned({ op: 'setIds', args: { uid: 1000, gid: 1001, groups, keepGroups: 0 } })];
    const { stdout } = await run([
      ...enterRoot,
      pivot,
      ...ops,
      shell('id -u; id -g; grep Groups /proc/self/status'),
    ]);
    expect(stdout.replace(/[ \t]+/g, ' ')).toBe('1000\n1001\nGroups: 5 7 \n');
  });

  it('installs a filter', async () => {
    const { stdout } = await run([...enterRoot, pivot, filterOp(0x50001), shell('mkdir /tmp/x 2>&1')]);
    expect(stdout).toMatch(/Operation not permitted/);
  });

  it('hands the notifications of a filter to the monitor, and notifies no second time', async () => {
    const notifying = () => filterOp(0x7fc00000, { flags: filterFlags.waitKillable, listener: 1 });
    const child = [
      ...enterRoot,
      pivot,
      notifying(),
      { ...notifying(), optional: true },
      shell('readlink /proc/self/fd/*; grep Seccomp: /proc/self/status; mkdir /tmp/x'),
    ];
    const brain = new FakeBrain(helper);
    await brain.hello();
    const result = await brain.answer(
      program({ parent: [clone()], child, after: 'monitor', exit: 'status' }),
    );
    expect(result).toMatchObject({ kind: 'ok', notes: [{ list: 1, index: 6, errno: 16 }] });
    await vi.waitFor(() => expect(brain.stdout).toContain('Seccomp:\t2\n'), 20_000);
    expect(brain.stdout).not.toContain('seccomp');
    const fds = `/proc/${brain.process.pid}/fd`;
    const open = readdirSync(fds).map((fd) => readlinkSync(join(fds, fd)));
    expect(open).toContain('anon_inode:seccomp notify');
    brain.process.kill('SIGKILL');
    expect(await brain.ended()).toBe('SIGKILL');
  });

  it('binds a fresh boot id', async () => {
    const ops = [mount({ source: 'none', target: 'dev', fstype: 'tmpfs' })];
    const bootId = planned({ op: 'bootId', args: { path: '/dev/.lxc-boot-id' } });
    const script = 'cat /proc/sys/kernel/random/boot_id';
    const { stdout } = await run([...enterRoot, ...ops, pivot, bootId, shell(script)]);
    expect(stdout).toMatch(/^[0-9a-f-]{36}\n$/);
    expect(stdout).not.toBe(readFileSync('/proc/sys/kernel/random/boot_id', 'utf8'));
  });

  it('sends netlink requests inside its own network namespace', async () => {
    const request = new ByteWriter().u32(32).u16(16).u16(5).u32(1).u32(0);
    request
      .raw(Buffer.from([0, 0, 0, 0]))
      .u32(0)
      .u32(1)
      .u32(1);
    const patch = new ByteWriter()
      .u32(20)
      .u32(1)
      .raw(Buffer.from('lo'.padEnd(16, '\0')))
      .take();
    const args = { request: request.take(), patches: patch, ignore: 0, retry: 0 };
    const ops = [planned({ op: 'netlink', args })];
    const { stdout } = await inside(ops, 'ifconfig lo', { parent: [clone(CLONE.net)] });
    expect(stdout).toMatch(/UP LOOPBACK RUNNING/);
  });

  it('says which interface is missing', async () => {
    const patch = new ByteWriter()
      .u32(20)
      .u32(1)
      .raw(Buffer.from('none0'.padEnd(16, '\0')))
      .take();
    const request = new ByteWriter().u32(32).raw(Buffer.alloc(28)).take();
    const ops = [planned({ op: 'netlink', args: { request, patches: patch, ignore: 0, retry: 0 } })];
    const { result } = await inside(ops, '', { parent: [clone(CLONE.net)] });
    expect(result).toMatchObject({ kind: 'failed', index: 4, errno: 19, detail: 'interface none0' });
  });
});

describe('hooks', () => {
  it('see their environment and the tree, and fail with their last words', async () => {
    const hook = (text: string) =>
      planned({ op: 'runHook', args: { text, env: ['PATH=/bin', 'LXC_NAME=foo'], root: 0 } });
    const marker = join(dir, 'hook-ran');
    const { result } = await inside([hook(`echo $LXC_NAME > ${marker}`), hook('echo no >&2; exit 3')], '');
    expect(readFileSync(marker, 'utf8')).toBe('foo\n');
    expect(result).toMatchObject({ kind: 'failed', index: 5, errno: 0, detail: 'exited with status 3: no' });
  });
});

describe('the end of a list', () => {
  it('reports an init that does not exist', async () => {
    const exec = planned({ op: 'exec', args: { argv: ['/sbin/none'], env: [] } });
    const { result } = await run([...enterRoot, pivot, exec]);
    expect(result).toMatchObject({ kind: 'failed', list: 1, index: 5, errno: 2 });
  });

  it('reports an init whose interpreter is missing', async () => {
    writeFileSync(join(root, 'bin/script'), '#!/no/such\n', { mode: 0o755 });
    const exec = planned({ op: 'exec', args: { argv: ['/bin/script'], env: [] } });
    const { result } = await run([...enterRoot, pivot, exec]);
    expect(result).toMatchObject({ errno: 2, detail: 'the file is there, its interpreter or loader is not' });
  });

  it('counts an init that ran and ended at once as started', async () => {
    const { result, ended } = await inside([], 'exit 42');
    expect([result.kind, ended]).toEqual(['ok', 42]);
  });

  it('reports an init that was killed before its program ran', async () => {
    const hook = planned({
      op: 'runHook',
      args: { text: 'kill -9 $PPID; sleep 1', env: ['PATH=/bin'], root: 0 },
    });
    const { result } = await run([hook, shell('')], {
      parent: [planned({ op: 'clone', args: { flags: CLONE.ns, cgroup2: '', pidNamespace: '' } })],
    });
    expect(result).toMatchObject({
      kind: 'failed',
      list: 1,
      detail: 'killed before its program ran, signal 9',
    });
  });

  it('keeps a note of an optional op', async () => {
    const ops = [planned({ op: 'mustExist', args: { path: 'no', where: where.rootfs } }, { optional: true })];
    const { result } = await inside(ops, 'true');
    expect(result).toMatchObject({ kind: 'ok', notes: [{ list: 1, index: 4, errno: 2, detail: '/no' }] });
  });

  it('leaves nothing when any op fails', async () => {
    const ops = [...enterRoot, pivot, shell('true')];
    const before = readFileSync('/proc/self/mountinfo', 'utf8');
    for (let index = 0; index < ops.length; index++) {
      const env = { LXC_TS_FAULT: `child:${index}` };
      const { result } = await run(ops, { env, binary: faulty });
      expect(result).toMatchObject({ kind: 'failed', list: 1, index, errno: 5, detail: 'injected fault' });
    }
    expect(readFileSync('/proc/self/mountinfo', 'utf8')).toBe(before);
  });
});

describe('an older kernel', () => {
  // clone3, openat2, close_range, pidfd_open, pidfd_send_signal; memfd_create stays (3.17).
  const wrapper = [oldKernel, '435', '437', '436', '434', '424', '--'];

  it('gets the same container by older system calls', async () => {
    const { stdout, ended } = await inside([], 'echo $$; ls /proc/$$/fd; exit 7', { wrapper });
    expect([stdout, ended]).toEqual(['1\n0\n1\n2\n', 7]);
  });

  it('is told the same about a link in the way', async () => {
    rmSync(join(root, 'tmp/link'), { force: true });
    symlinkSync('/etc', join(root, 'tmp/link'));
    const ops = [mount({ source: 'proc', target: '/tmp/link/x', fstype: 'proc' })];
    const { result } = await inside(ops, '', { wrapper });
    expect(result).toMatchObject({
      kind: 'failed',
      index: 4,
      errno: 40,
      detail: '/tmp/link is a symbolic link',
    });
  });

  it('has init moved to its cgroup before it does anything', async () => {
    const unified = readFileSync('/proc/self/mounts', 'utf8').match(/ (\S+) cgroup2 /)?.[1] ?? '';
    const path = join(unified, 'ncore-old');
    const parent = [
      planned(
        { op: 'mkdirCgroup', args: { path, shared: 0 } },
        { undo: [{ op: 'rmdirCgroup', args: { path, shared: 0 } }] },
      ),
      planned({ op: 'clone', args: { flags, cgroup2: path, pidNamespace: '' } }),
    ];
    for (const options of [{ parent, wrapper }, { parent }]) {
      const { stdout } = await inside([], 'grep ^0: /proc/self/cgroup', options);
      expect(stdout).toBe('0::/ncore-old\n');
    }
    expect(existsSync(path)).toBe(false);
  });
});

describe('terminals', () => {
  it('gives init the console as its terminal', async () => {
    const ops = [
      mount({ source: 'none', target: 'dev', fstype: 'tmpfs' }),
      planned({ op: 'mkdir', args: { path: 'dev/pts', where: where.rootfs, mode: 0o755 } }),
      mount({
        source: 'devpts',
        target: 'dev/pts',
        fstype: 'devpts',
        data: 'newinstance,ptmxmode=0666,mode=0620',
      }),
      planned({ op: 'openPty', args: { which: 0, bind: 'dev/console', rootfs: 1 } }),
      planned({ op: 'openPty', args: { which: 1, bind: 'dev/tty1', rootfs: 1 } }),
      planned({ op: 'stdio', args: { mode: stdio.console, controlling: 1 } }),
    ];
    const { stdout, ended } = await inside(
      ops,
      'stat -c %t:%T /dev/console /dev/tty1 > /tmp/seen; tty >> /tmp/seen; ps -o pid,tty >> /tmp/seen; exit 0',
    );
    expect(ended).toBe(0);
    expect(stdout).toBe('');
    const seen = readFileSync(join(root, 'tmp/seen'), 'utf8');
    expect(seen).toMatch(/^88:0\n88:1\n\/dev\/(console|pts\/0)\n/);
  });
});

describe('lxc-init', () => {
  const execInit = (script: string) =>
    planned({ op: 'execInit', args: { argv: ['/bin/sh', '-c', script], env: ['PATH=/bin'] } });

  it('runs the command as pid 2 and ends as it ended', async () => {
    const { stdout, ended } = await run([...enterRoot, pivot, execInit('echo $$ $PPID; exit 9')]);
    expect([stdout, ended]).toEqual(['2 1\n', 9]);
    expect((await run([...enterRoot, pivot, execInit('kill -TERM $$')])).ended).toBe(143);
  });

  it('says that a command is not there', async () => {
    const op = planned({ op: 'execInit', args: { argv: ['nothing'], env: ['PATH=/bin'] } });
    expect((await run([...enterRoot, pivot, op])).ended).toBe(127);
  });

  it('cannot be reached through /proc/1/exe for writing', async () => {
    const { stdout } = await run([
      ...enterRoot,
      pivot,
      execInit('(echo x >> /proc/1/exe) 2>&1; readlink /proc/1/exe'),
    ]);
    expect(stdout).toMatch(/Read-only file system|Text file busy|Operation not permitted/);
  });
});

describe('detach', () => {
  const detach = planned({ op: 'detach', args: { cgroup2: '' } });
  const record = join(dir, 'run/hash/name');
  const openRecord = planned({ op: 'openRecord', args: { path: record, head: Buffer.from('{}') } });

  it('lets the command go while the container runs', async () => {
    const brain = new FakeBrain(helper);
    await brain.hello();
    const child = [...enterRoot, pivot, shell('exec sleep 100')];
    const result = await brain.answer(program({ parent: [detach, clone()], child, after: 'monitor' }));
    expect(result.kind).toBe('ok');
    brain.exit();
    expect(await brain.ended()).toBe(0);
    // The shell became it a moment after RESULT.
    await vi.waitFor(
      () => expect(readFileSync(`/proc/${result.value}/comm`, 'utf8')).toBe('sleep\n'),
      20_000,
    );
    process.kill(result.value, 'SIGKILL');
  });

  it('relays a call and undoes the start when the command is killed', async () => {
    const brain = new FakeBrain(helper);
    await brain.hello();
    const marker = join(dir, 'marker');
    const write: Op = {
      op: 'writeFile',
      args: { path: marker, text: Buffer.from('x'), flags: 0o101, mode: 0o600 },
    };
    const parent = [
      openRecord,
      detach,
      planned(write, { undo: [{ op: 'unlink', args: { path: marker } }] }),
      planned({ op: 'call', args: { what: 'hook' } }),
      clone(),
    ];
    brain.run(program({ parent, child: [shell('')], after: 'monitor' }));
    await brain.expect('CALL');
    expect(readFileSync(marker, 'utf8')).toBe('x');
    brain.process.kill('SIGKILL');
    await brain.ended();
    await expect.poll(() => execFileSync('ls', [dir], { encoding: 'utf8' })).not.toMatch(/marker/);
    // That of the container path stays, for the next one.
    expect(execFileSync('ls', [join(dir, 'run/hash')], { encoding: 'utf8' })).toBe('');
  });

  it('goes on without the brain', async () => {
    const brain = new FakeBrain(helper);
    await brain.hello();
    const wait = planned({ op: 'runHook', args: { text: 'sleep 0.3', env: ['PATH=/bin'], root: 0 } });
    const pidfile = join(dir, 'pid');
    const parent = [detach, planned({ op: 'writePidfile', args: { path: pidfile } }), clone()];
    brain.run(
      program({ parent, child: [...enterRoot, wait, pivot, shell('exec sleep 100')], after: 'monitor' }),
    );
    await expect.poll(() => execFileSync('ls', [dir], { encoding: 'utf8' })).toMatch(/pid/);
    brain.process.stdio[3]?.destroy();
    expect(await brain.ended()).toBe(0);
    process.kill(Number(readFileSync(pidfile, 'utf8')), 'SIGKILL');
  });
});

describe('spawned programs', () => {
  it('run while the detached runner waits at its call', async () => {
    const brain = new FakeBrain(helper);
    await brain.hello();
    const parent = [
      planned({ op: 'detach', args: { cgroup2: '' } }),
      planned({ op: 'call', args: { what: 'hook' } }),
      planned({ op: 'mkdirCgroup', args: { path: '/no/such', shared: 0 } }),
    ];
    brain.run(program({ parent, child: [], after: 'monitor' }));
    await brain.expect('CALL');
    const frame = new ByteWriter().u32(1).u32(1).texts(['echo', 'hi']).texts(['PATH=/bin']).text('/');
    brain.frames.send(frameTypes.SPAWN, frame.blob(Buffer.alloc(0)).take());
    await brain.expect('SPAWNED');
    brain.frames.send(frameTypes.RESUME);
    expect(await brain.result()).toMatchObject({ kind: 'failed', index: 2, errno: 2 });
    brain.exit(1);
    expect(await brain.ended()).toBe(1);
  });
});
