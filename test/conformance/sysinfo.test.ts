/**
 * sysinfo(2) of a container, answered by the monitor from a file that the test writes in the place of the proc view's.
 * Needs root.
 */

import { execFileSync, spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { buildNative } from '../../scripts/native.ts';
import { sysinfoFilter } from '../../src/plan/sysinfo.ts';
import { type Op, where } from '../../src/wire/ops.ts';
import type { PlannedOp } from '../../src/wire/program.ts';
import { FakeBrain, planned, program, type Result } from './fake-brain.ts';

const MS = { bind: 4096, rec: 16384, private: 1 << 18 };
const namespaces = 0x20000 + 0x4000000 + 0x8000000 + 0x20000000;

const dir = mkdtempSync(join(tmpdir(), 'sysinfo-'));
const root = join(dir, 'rootfs');
const file = join(dir, 'sysinfo');
const source = join(import.meta.dirname, 'sysinfo/caller.c');
const narrow = join(root, 'bin/caller32');
let helper: string;

beforeAll(() => {
  helper = buildNative();
  for (const name of ['bin', 'dev', 'proc']) mkdirSync(join(root, name), { recursive: true });
  execFileSync('cp', ['/bin/busybox', join(root, 'bin')]);
  // What the shell gives to a job in the background.
  writeFileSync(join(root, 'dev/null'), '');
  for (const name of ['sh', 'sleep']) execFileSync('ln', ['-s', 'busybox', join(root, 'bin', name)]);
  execFileSync('gcc', ['-O2', '-static', '-pthread', '-o', join(root, 'bin/caller'), source]);
}, 120_000);
afterAll(() => rmSync(dir, { recursive: true }));

const hostTotal = Number(/^MemTotal: +(\d+)/.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1]) * 1024;
const total = 268_435_456;

/** In the order that the view has. */
function numbers(totalram = total, totalswap = 2_097_152): string {
  const values = {
    uptime: 77,
    load1: 65_536,
    load5: 32_768,
    load15: 16_384,
    totalram,
    freeram: totalram / 2,
  };
  const rest = { sharedram: 4096, bufferram: 8192, totalswap, freeswap: totalswap / 2, procs: 12 };
  return Object.entries({ ...values, ...rest })
    .map(([name, value]) => `${name} ${value}\n`)
    .join('');
}

function mount(source: string, target: string, fstype: string, flags = 0): PlannedOp {
  const to = target === 'proc' ? where.rootfs : where.host;
  const args = { source, sourceWhere: where.host, target, targetWhere: to, fstype, flags };
  return planned({ op: 'mount', args: { ...args, data: '', propagation: 0 } });
}

const settings: readonly Op[] = [{ op: 'setSysinfo', args: { file } }];

interface Running {
  readonly brain: FakeBrain;
  readonly init: number;
  readonly notes: Result['notes'];
}

/** A container in the foreground whose init runs `script`; `wrapper` stands before the helper's command line. */
async function container(script: string, wrapper: readonly string[] = []): Promise<Running> {
  const brain = new FakeBrain(helper, { wrapper });
  await brain.hello();
  const child = [
    mount('', '/', '', MS.private + MS.rec),
    mount(root, root, '', MS.bind + MS.rec),
    planned({ op: 'openRoot', args: { path: root } }),
    mount('proc', 'proc', 'proc'),
    planned({ op: 'pivotRoot', args: {} }),
    planned(sysinfoFilter(), { optional: true }),
    planned({ op: 'exec', args: { argv: ['/bin/sh', '-c', script], env: ['PATH=/bin'] } }),
  ];
  const clone = planned({ op: 'clone', args: { flags: namespaces, cgroup2: '', pidNamespace: '' } });
  const result = await brain.answer(
    program({ parent: [clone], child, settings, after: 'monitor', exit: 'status' }),
  );
  expect(result.kind).toBe('ok');
  brain.exit(0);
  return { brain, init: result.value, notes: result.notes };
}

async function output(script: string): Promise<string> {
  const { brain, notes } = await container(script);
  await brain.ended();
  expect(notes).toEqual([]);
  return brain.stdout;
}

/** Octets as they are do not go through the helper of these tests. */
async function record(command: string): Promise<Buffer> {
  writeFileSync(join(root, 'record'), '');
  await output(`${command} > /record`);
  return readFileSync(join(root, 'record'));
}

const totalOf = (bytes: Buffer) => Number(bytes.readBigUInt64LE(32));

function children(pid: number): readonly number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return text.split(' ').filter(Boolean).map(Number);
}

function listenersOf(pid: number): number {
  const fds = `/proc/${pid}/fd`;
  const targets = readdirSync(fds).map((fd) => readlinkSync(join(fds, fd)));
  return targets.filter((target) => target.includes('seccomp')).length;
}

describe('sysinfo(2)', () => {
  it('tells the numbers of the file', async () => {
    writeFileSync(file, numbers());
    const bytes = await record('caller');
    const words = Array.from({ length: 10 }, (_, at) => Number(bytes.readBigUInt64LE(at * 8)));
    expect(words).toEqual([77, 65_536, 32_768, 16_384, total, total / 2, 4096, 8192, 2_097_152, 1_048_576]);
    expect([bytes.readUInt16LE(80), bytes.readUInt32LE(104)]).toEqual([12, 1]);
  });

  it('tells them to programs of 32 bits, in pages where bytes are too many', async (context) => {
    const flags = ['-m32', '-O2', '-nostdlib', '-static', '-fno-pie', '-no-pie', '-fno-stack-protector'];
    const built = spawnSync('gcc', [...flags, '-o', narrow, source]);
    if (built.status !== 0 || spawnSync(narrow).status !== 0)
      context.skip('no 32-bit programs can be built or run here');
    writeFileSync(file, numbers());
    const small = await record('caller32');
    const words = Array.from({ length: 10 }, (_, at) => small.readUInt32LE(at * 4));
    expect(words).toEqual([77, 65_536, 32_768, 16_384, total, total / 2, 4096, 8192, 2_097_152, 1_048_576]);
    expect([small.readUInt16LE(40), small.readUInt32LE(52)]).toEqual([12, 1]);
    writeFileSync(file, numbers(2 ** 33));
    const large = await record('caller32');
    expect([large.readUInt32LE(16), large.readUInt32LE(52)]).toEqual([2 ** 33 / 4096, 4096]);
  });

  it('tells every thread of every process', async () => {
    writeFileSync(file, numbers());
    const told = await output(`caller threads ${total} & caller threads ${total}; wait`);
    // One that waited for longer than its time, on a busy machine, was told of the host.
    const counts = told.trim().split('\n').map(Number);
    expect(counts).toHaveLength(2);
    for (const count of counts) expect(count).toBeGreaterThan(150);
  });

  it('fails for a bad address as the kernel has it', async () => {
    writeFileSync(file, numbers());
    expect(await output('caller bad')).toBe('14\n');
  });

  it.each([
    ['absent', () => rmSync(file, { force: true })],
    ['empty', () => writeFileSync(file, '')],
    ['something else', () => writeFileSync(file, 'MemTotal: 7 kB\n')],
  ])('tells the host where the file is %s', async (_, prepare) => {
    prepare();
    expect(totalOf(await record('caller'))).toBe(hostTotal);
  });

  it('tells the host when the file takes too long, and the truth when it answers again', async () => {
    rmSync(file, { force: true });
    execFileSync('mkfifo', [file]);
    writeFileSync(join(root, 'record'), '');
    const { brain } = await container('while :; do caller > /record; sleep 0.05; done');
    const shown = () => totalOf(readFileSync(join(root, 'record')));
    await vi.waitFor(() => expect(shown()).toBe(hostTotal), 20_000);
    rmSync(file);
    writeFileSync(file, numbers());
    await vi.waitFor(() => expect(shown()).toBe(total), 20_000);
    brain.process.kill('SIGKILL');
    await brain.ended();
  });

  it('is answered when the process that answers is stopped or killed', async () => {
    writeFileSync(file, numbers());
    writeFileSync(join(root, 'record'), '');
    const { brain, init } = await container('while :; do caller >> /record; done');
    const monitor = brain.process.pid ?? 0;
    const answers = () => statSync(join(root, 'record')).size / 112;
    for (let round = 0; round < 30; round++) {
      const before = answers();
      const worker = children(monitor).find((pid) => pid !== init);
      const signal = round % 2 === 0 ? 'KILL' : 'STOP';
      if (worker !== undefined) spawnSync('kill', ['-s', signal, String(worker)]);
      await vi.waitFor(() => expect(answers()).toBeGreaterThan(before + 1), 20_000);
    }
    brain.process.kill('SIGKILL');
    expect(await brain.ended()).toBe('SIGKILL');
  });

  it('ends with the monitor: no process is left that nobody answers', async () => {
    writeFileSync(file, numbers());
    const { brain, init } = await container('sleep 1000 & while :; do caller > /record; done');
    await vi.waitFor(() => expect(totalOf(readFileSync(join(root, 'record')))).toBe(total), 20_000);
    brain.process.kill('SIGKILL');
    await brain.ended();
    await vi.waitFor(() => expect(spawnSync('kill', ['-0', String(init)]).status).not.toBe(0), 20_000);
  });

  it('is left alone where somebody supervises calls already', async () => {
    writeFileSync(file, numbers());
    writeFileSync(join(root, 'record'), '');
    const { brain, notes } = await container('caller > /record', [join(root, 'bin/caller'), 'supervise']);
    expect(notes).toMatchObject([{ list: 1, index: 5, errno: 16 }]);
    await brain.ended();
    expect(totalOf(readFileSync(join(root, 'record')))).toBe(hostTotal);
  });

  it('leaves one listener and nothing else with the monitor', async () => {
    writeFileSync(file, numbers());
    const { brain } = await container('caller > /record; sleep 1000');
    await vi.waitFor(() => expect(totalOf(readFileSync(join(root, 'record')))).toBe(total), 20_000);
    const monitor = brain.process.pid ?? 0;
    await vi.waitFor(() => expect(children(monitor)).toHaveLength(1), 20_000);
    expect(listenersOf(monitor)).toBe(1);
    brain.process.kill('SIGKILL');
    await brain.ended();
  });
});
