/** The native helper against the kernel: what parent programs do, undo and report. Needs root. */

import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildNative } from '../../scripts/native.ts';
import { readRecord } from '../../src/run/record.ts';
import { ByteReader, ByteWriter } from '../../src/wire/bytes.ts';
import { frameTypes } from '../../src/wire/frames.ts';
import type { Op } from '../../src/wire/ops.ts';
import { FakeBrain, type FakeBrainOptions, planned, program } from './fake-brain.ts';

const dir = mkdtempSync(join(tmpdir(), 'ncore-'));
let helper: string;
let faulty: string;
const oldKernel = join(dir, 'old-kernel');

beforeAll(() => {
  helper = buildNative();
  faulty = buildNative({ faults: true });
  execFileSync('gcc', ['-o', oldKernel, join(import.meta.dirname, 'old-kernel.c')]);
}, 120_000);
afterAll(() => rmSync(dir, { recursive: true }));

const write = (path: string, text: string): Op => ({
  op: 'writeFile',
  args: { path, text: Buffer.from(text), flags: 0o101, mode: 0o644 },
});
const unlink = (path: string): Op => ({ op: 'unlink', args: { path } });

async function start(options: FakeBrainOptions = {}, binary = helper) {
  const brain = new FakeBrain(binary, options);
  const hello = await brain.hello();
  return { brain, hello };
}

function spawnFrame(
  argv: readonly string[],
  stdio: number,
  stdin = '',
  env = ['PATH=/usr/bin:/bin'],
): Buffer {
  const out = new ByteWriter().u32(7).u32(stdio).texts(argv).texts(env).text('/');
  return out.blob(Buffer.from(stdin)).take();
}

describe('the client', () => {
  it('says who it is, where it stands and what it was asked', async () => {
    const { brain, hello } = await start({ argv: ['lxc-start', '-n', 'x y'], cwd: dir, env: { A: 'b c' } });
    expect(hello).toMatchObject({
      role: 0,
      uid: 0,
      cwd: dir,
      argv: ['lxc-start', '-n', 'x y'],
      env: ['A=b c'],
    });
    brain.exit();
    expect(await brain.ended()).toBe(0);
  });

  it('writes OUT and ERR as they come and ends as EXIT says', async () => {
    const { brain } = await start();
    brain.frames.send(frameTypes.OUT, Buffer.from('one\n'));
    brain.frames.send(frameTypes.ERR, Buffer.from('two\n'));
    brain.exit(3);
    expect(await brain.ended()).toBe(3);
    expect([brain.stdout, brain.stderr]).toEqual(['one\n', 'two\n']);
  });

  it('ends itself by the signal of EXIT', async () => {
    const { brain } = await start();
    brain.exit(0, 15);
    expect(await brain.ended()).toBe('SIGTERM');
  });

  it('says that the planner process died when it did', async () => {
    const { brain } = await start();
    brain.process.stdio[3]?.destroy();
    expect(await brain.ended()).toBe(1);
    expect(brain.stderr).toBe('lxc-start: the planner process died\n');
  });

  it('says so as well when an earlier program went well', async () => {
    const { brain } = await start();
    const look = program({ parent: [planned({ op: 'testLock', args: { path: join(dir, 'none') } })] });
    expect(await brain.answer(look)).toMatchObject({ kind: 'ok' });
    brain.process.stdio[3]?.destroy();
    expect(await brain.ended()).toBe(1);
    expect(brain.stderr).toBe('lxc-start: the planner process died\n');
  });

  it('runs a program with a given input and returns what it printed', async () => {
    const { brain } = await start();
    brain.frames.send(frameTypes.SPAWN, spawnFrame(['sh', '-c', 'cat; echo err >&2; exit 5'], 1, 'hello\n'));
    const read = new ByteReader((await brain.expect('SPAWNED')).payload);
    expect([read.u32(), read.u32(), read.text()]).toEqual([7, 5 << 8, 'hello\nerr\n']);
    brain.exit();
    await brain.ended();
  });

  it('tells a program that is not there from one that may not run', async () => {
    const { brain } = await start();
    writeFileSync(join(dir, 'plain'), 'text');
    for (const [name, status] of [
      ['no-such-program', 0x7f00],
      [join(dir, 'plain'), 0x7e00],
    ] as const) {
      brain.frames.send(frameTypes.SPAWN, spawnFrame([name], 1));
      const read = new ByteReader((await brain.expect('SPAWNED')).payload);
      expect([read.u32(), read.u32()]).toEqual([7, status]);
    }
    brain.exit();
    await brain.ended();
  });

  it('forwards its input and signals once they are wanted', async () => {
    const { brain } = await start();
    brain.frames.send(frameTypes.WANT);
    expect((await brain.expect('IN')).payload).toHaveLength(0);
    brain.process.kill('SIGTERM');
    expect((await brain.expect('SIGNAL')).payload.readUInt32LE()).toBe(15);
    brain.exit(4);
    expect(await brain.ended()).toBe(4);
  });

  it('gives a spawned program no descriptor of its own', async () => {
    const { brain } = await start();
    brain.frames.send(frameTypes.SPAWN, spawnFrame(['sh', '-c', 'ls /proc/$$/fd'], 1));
    const read = new ByteReader((await brain.expect('SPAWNED')).payload);
    expect([read.u32(), read.u32(), read.text()]).toEqual([7, 0, '0\n1\n2\n']);
    brain.exit();
    await brain.ended();
  });
});

describe('the parent list', () => {
  it('runs ops in order and answers ok', async () => {
    const { brain } = await start();
    const path = join(dir, 'in-order');
    const result = await brain.answer(
      program({ parent: [planned(write(path, 'one')), planned(unlink(path)), planned(unlink(path))] }),
    );
    expect(result).toMatchObject({ kind: 'ok', notes: [] });
    expect(existsSync(path)).toBe(false);
    brain.exit();
    await brain.ended();
  });

  it('names the failing op and runs the inverses backwards', async () => {
    const { brain } = await start();
    const [a, log] = [join(dir, 'a'), join(dir, 'log')];
    writeFileSync(log, '');
    const append = (text: string): Op => ({
      op: 'writeFile',
      args: { path: log, text: Buffer.from(text), flags: 0o2000, mode: 0 },
    });
    const parent = [
      planned(write(a, 'x'), { undo: [append('1'), unlink(a)] }),
      planned(append('-'), { undo: [append('2')] }),
      planned(write('/no/such/dir/file', ''), { undo: [append('3')] }),
    ];
    const result = await brain.answer(program({ parent }));
    expect(result).toMatchObject({ kind: 'failed', list: 0, index: 2, errno: 2, notes: [] });
    expect(existsSync(a)).toBe(false);
    expect(readFileSync(log, 'utf8')).toBe('-21');
    brain.exit();
    await brain.ended();
  });

  it('leaves a cgroup alone that was there before', async () => {
    const { brain } = await start();
    const path = '/sys/fs/cgroup/pids/ncore-taken';
    mkdirSync(path);
    const parent = [
      planned(
        { op: 'mkdirCgroup', args: { path, shared: 0 } },
        { undo: [{ op: 'rmdirCgroup', args: { path, shared: 0 } }] },
      ),
    ];
    const result = await brain.answer(program({ parent }));
    expect(result).toMatchObject({ kind: 'failed', index: 0, errno: 17 });
    expect(existsSync(path)).toBe(true);
    const removed = await brain.answer(
      program({ parent: [planned({ op: 'rmdirCgroup', args: { path, shared: 0 } })] }),
    );
    expect(removed.kind).toBe('ok');
    expect(existsSync(path)).toBe(false);
    brain.exit();
    await brain.ended();
  });

  it('removes a cgroup with those below it', async () => {
    const { brain } = await start();
    const path = '/sys/fs/cgroup/pids/ncore-tree';
    mkdirSync(join(path, 'a/b'), { recursive: true });
    await brain.answer(program({ parent: [planned({ op: 'rmdirCgroup', args: { path, shared: 0 } })] }));
    expect(existsSync(path)).toBe(false);
    brain.exit();
    await brain.ended();
  });

  it('notes an optional op and an inverse that failed', async () => {
    const { brain } = await start();
    const parent = [
      planned(write('/no/such/dir/file', ''), { optional: true }),
      planned(unlink(join(dir, 'none')), { undo: [write('/no/such/dir/file', '')] }),
      planned(write('/no/such/dir/file', '')),
    ];
    const { kind, notes } = await brain.answer(program({ parent }));
    expect(kind).toBe('failed');
    expect(notes).toEqual([
      { list: 0, index: 0, errno: 2, detail: '' },
      { list: 2, index: 0, errno: 2, detail: '' },
    ]);
    brain.exit();
    await brain.ended();
  });

  it('stops at a call and aborts with the reason given', async () => {
    const { brain } = await start();
    const path = join(dir, 'called');
    brain.run(
      program({
        parent: [
          planned(write(path, '')),
          planned({ op: 'call', args: { what: 'x' } }, { undo: [unlink(path)] }),
        ],
      }),
    );
    const read = new ByteReader((await brain.expect('CALL')).payload);
    expect([read.u32(), read.u32(), read.text()]).toEqual([1, 0, 'x']);
    brain.frames.send(frameTypes.ABORT, new ByteWriter().text('not today').take());
    expect(await brain.result()).toMatchObject({ kind: 'failed', index: 1, errno: 0, detail: 'not today' });
    expect(existsSync(path)).toBe(false);
    brain.exit();
    await brain.ended();
  });

  it('removes a tree without following a link out of it', async () => {
    const { brain } = await start();
    const tree = join(dir, 'tree');
    const outside = join(dir, 'outside');
    mkdirSync(join(tree, 'deep/er'), { recursive: true });
    mkdirSync(outside);
    writeFileSync(join(outside, 'kept'), '');
    symlinkSync(outside, join(tree, 'deep/link'));
    const result = await brain.answer(
      program({ parent: [planned({ op: 'removeTree', args: { path: tree } })] }),
    );
    expect(result.kind).toBe('ok');
    expect([existsSync(tree), existsSync(join(outside, 'kept'))]).toEqual([false, true]);
    brain.exit();
    await brain.ended();
  });

  it('refuses a second start of a name and keeps the first record', async () => {
    const first = await start();
    const second = await start();
    const record = join(dir, 'run/hash/name.record');
    const parent = [
      planned({ op: 'bindCommand', args: { name: `${dir}/ncore-name/command` } }),
      planned({ op: 'openRecord', args: { path: record, head: Buffer.from('{}') } }),
      planned({ op: 'call', args: { what: 'wait' } }),
    ];
    first.brain.run(program({ parent }));
    await first.brain.expect('CALL');
    expect(await second.brain.answer(program({ parent }))).toMatchObject({
      kind: 'failed',
      index: 0,
      errno: 98,
    });
    expect(readFileSync(record).subarray(0, 8).toString()).toBe('LXCTSR1\n');
    first.brain.frames.send(frameTypes.ABORT, new ByteWriter().text('').take());
    expect(await first.brain.result()).toMatchObject({ kind: 'failed', index: 2 });
    expect(existsSync(record)).toBe(false);
    for (const { brain } of [first, second]) {
      brain.exit();
      await brain.ended();
    }
  });

  it('writes an inverse into the record before the op runs', async () => {
    const { brain } = await start();
    const record = join(dir, 'run/hash/ahead.record');
    const parent = [
      planned({ op: 'openRecord', args: { path: record, head: Buffer.from('{}') } }),
      planned({ op: 'call', args: { what: 'wait' } }, { undo: [unlink('/tmp/ncore-absent')] }),
    ];
    brain.run(program({ parent }));
    await brain.expect('CALL');
    expect(readFileSync(record).includes('/tmp/ncore-absent')).toBe(true);
    brain.process.kill('SIGKILL');
    expect(await brain.ended()).toBe('SIGKILL');
    expect(existsSync(record)).toBe(true);
  });

  const begun = join(dir, 'run/hash/begun.record');
  const head = Buffer.from('{"as": "it is"}');
  const begin = planned({ op: 'openRecord', args: { path: begun, head } });
  /** Bytes that a file may have: the kernel writes those and no more. */
  const most = (bytes: number) => ['prlimit', `--fsize=${bytes}`, '--'];

  describe.each([
    ['has its head in it', [], []],
    ['has it where no file system has nameless files', [oldKernel, 'tmpfile', '--'], ['begun.record.new']],
  ])('a record with a name %s', (_, kernel, left) => {
    it('and is there for readers', async () => {
      const { brain } = await start({ wrapper: [...most(16 + head.length), ...kernel] });
      brain.run(program({ parent: [begin, planned({ op: 'call', args: { what: 'wait' } })] }));
      await brain.expect('CALL');
      expect(readRecord(begun)?.head).toEqual(head);
      brain.process.kill('SIGKILL');
      await brain.ended();
      rmSync(begun);
    });

    it('or it is not there', async () => {
      for (const bytes of [1, 8, 12, 16, 16 + head.length - 1]) {
        const { brain } = await start({ wrapper: [...most(bytes), ...kernel] });
        const result = await brain.answer(program({ parent: [begin] }));
        expect(result).toMatchObject({ kind: 'failed', index: 0, errno: 28 });
        expect(existsSync(begun)).toBe(false);
        brain.exit(1);
        await brain.ended();
      }
    });

    it('or not at all when it is killed writing it, and the next has it', async () => {
      const ofIt = () => readdirSync(dirname(begun)).filter((name) => name.startsWith('begun'));
      const { brain } = await start({ wrapper: [...most(0), ...kernel] });
      brain.run(program({ parent: [begin] }));
      expect(await brain.ended()).toBe('SIGXFSZ');
      expect(ofIt()).toEqual(left);
      const next = await start({ wrapper: kernel });
      expect(await next.brain.answer(program({ parent: [begin] }))).toMatchObject({ kind: 'ok' });
      expect(readRecord(begun)?.head).toEqual(head);
      expect(ofIt()).toEqual(['begun.record']);
      next.brain.exit();
      await next.brain.ended();
      rmSync(begun);
    });
  });

  it('tells whether a file is locked, by whomever', async () => {
    const [holder, asker] = [await start(), await start()];
    const file = join(dir, 'locked');
    const test = () =>
      asker.brain.answer(program({ parent: [planned({ op: 'testLock', args: { path: file } })] }));
    const keep = (path: string) =>
      holder.brain.answer(program({ parent: [planned({ op: 'keepLock', args: { path } })] }));
    expect(await test()).toMatchObject({ kind: 'ok' });
    expect(await keep(file)).toMatchObject({ kind: 'ok' });
    expect(await test()).toMatchObject({ kind: 'failed', errno: 11 });
    expect(await keep('')).toMatchObject({ kind: 'ok' });
    expect(await test()).toMatchObject({ kind: 'ok' });
    for (const { brain } of [holder, asker]) {
      brain.exit();
      await brain.ended();
    }
  });

  it('adopts only the process it means', async () => {
    const { brain } = await start();
    const stat = readFileSync(`/proc/${process.pid}/stat`, 'utf8');
    const startTime = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
    const adopt = (time: number) =>
      program({ parent: [planned({ op: 'adopt', args: { pid: process.pid, startTime: time } })] });
    expect(await brain.answer(adopt(startTime + 1))).toMatchObject({ kind: 'failed', errno: 3 });
    expect(await brain.answer(adopt(startTime))).toMatchObject({ kind: 'ok', value: process.pid });
    brain.exit();
    await brain.ended();
  });

  it('tells what the kernel said about a refused interface', async () => {
    const { brain } = await start();
    // RTM_NEWLINK of kind veth whose name is too long.
    const name = Buffer.alloc(36);
    name.writeUInt16LE(36, 0);
    name.writeUInt16LE(3, 2);
    name.fill('x', 4);
    const request = Buffer.concat([Buffer.alloc(32), name]);
    request.writeUInt32LE(request.length, 0);
    request.writeUInt16LE(16, 4);
    request.writeUInt16LE(0x601, 6);
    const args = { request, patches: Buffer.alloc(0), ignore: 0, retry: 0 };
    const result = await brain.answer(program({ parent: [planned({ op: 'netlink', args })] }));
    expect(result).toMatchObject({ kind: 'failed', errno: 34 });
    expect(result.detail).toMatch(/Attribute failed policy validation|too long/i);
    brain.exit();
    await brain.ended();
  });

  it('keeps an inverse that failed in the record', async () => {
    const { brain } = await start();
    const record = join(dir, 'run/hash/rest.record');
    const bad = write('/no/such/dir/rest', '');
    const parent = [
      planned({ op: 'openRecord', args: { path: record, head: Buffer.from('{}') } }),
      planned(unlink(join(dir, 'none')), { undo: [unlink(join(dir, 'fine')), bad] }),
      planned({ op: 'mkdirCgroup', args: { path: '/no/such/cgroup', shared: 0 } }),
    ];
    expect(await brain.answer(program({ parent }))).toMatchObject({ kind: 'failed', notes: [{ list: 2 }] });
    const left = readFileSync(record);
    expect([left.includes('/no/such/dir/rest'), left.includes('fine'), left.includes('{}')]).toEqual([
      true,
      false,
      true,
    ]);
    brain.exit(1);
    await brain.ended();
  });

  it('gives up on SIGTERM and runs the inverses', async () => {
    const { brain } = await start();
    const path = join(dir, 'term');
    brain.run(
      program({
        parent: [
          planned(write(path, ''), { undo: [unlink(path)] }),
          planned({ op: 'call', args: { what: 'x' } }),
        ],
      }),
    );
    await brain.expect('CALL');
    brain.process.kill('SIGTERM');
    expect(await brain.result()).toMatchObject({ kind: 'failed', index: 1, errno: 4 });
    expect(existsSync(path)).toBe(false);
    brain.exit(1);
    expect(await brain.ended()).toBe(1);
  });

  it('refuses a program whose lengths lie', async () => {
    const { brain } = await start();
    brain.frames.send(frameTypes.RUN, Buffer.alloc(64, 255));
    expect((await brain.result()).kind).toBe('failed');
    const bytes = Buffer.alloc(32);
    bytes.writeUInt32LE(1, 0);
    bytes.writeUInt32LE(0x7fffffff, 16);
    brain.frames.send(frameTypes.RUN, bytes);
    expect((await brain.result()).kind).toBe('failed');
    brain.exit();
    expect(await brain.ended()).toBe(0);
  });

  it('fails the op that LXC_TS_FAULT names before it acts', async () => {
    const { brain } = await start({ env: { LXC_TS_FAULT: 'parent:1:28' } }, faulty);
    const path = join(dir, 'fault');
    const parent = [planned(write(path, ''), { undo: [unlink(path)] }), planned(unlink(path))];
    expect(await brain.answer(program({ parent }))).toMatchObject({ kind: 'failed', index: 1, errno: 28 });
    expect(existsSync(path)).toBe(false);
    brain.exit();
    await brain.ended();
  });
});
