import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { isAlive, parseRecord, readRecord } from '../../../src/run/record.ts';
import { ByteWriter } from '../../../src/wire/bytes.ts';
import { encodeOp, revive } from '../../../src/wire/encode.ts';
import { recordMagic, recordTags } from '../../../src/wire/frames.ts';
import type { Op } from '../../../src/wire/ops.ts';

const undo: readonly Op[] = [
  { op: 'rmdirCgroup', args: { path: '/sys/fs/cgroup/x', shared: 1n } },
  { op: 'netlink', args: { request: Buffer.from([1, 2]), patches: Buffer.alloc(0), ignore: 19n, retry: 0n } },
];

function entry(tag: number, payload: Uint8Array): Buffer {
  return new ByteWriter().u32(payload.length).u32(tag).raw(payload).take();
}

const process1 = new ByteWriter().u32(1).u32(0).i64(99).take();
const bytes = Buffer.concat([
  Buffer.from(recordMagic),
  entry(recordTags.head, Buffer.from('{}')),
  ...undo.map((op) => entry(recordTags.undo, encodeOp(op))),
  entry(recordTags.init, process1),
  entry(recordTags.running, Buffer.alloc(0)),
]);

describe('a record', () => {
  test('gives back what was written', () => {
    const record = parseRecord('/run/x', bytes);
    expect(record).toMatchObject({ init: { pid: 1, startTime: 99n }, monitor: undefined, running: true });
    expect(record.head.toString()).toBe('{}');
    expect(record.undo().map(revive)).toEqual(undo);
  });

  test('leaves out an entry that a crash cut off, wherever it was cut', () => {
    for (let size = recordMagic.length; size < bytes.length; size++)
      expect(parseRecord('/run/x', bytes.subarray(0, size)).running).toBe(false);
  });

  test('is none where there is no file, and an error where nobody may look', () => {
    const path = join(mkdtempSync(join(tmpdir(), 'record-')), 'x.record');
    expect(readRecord(path)).toBeUndefined();
    expect(readRecord(`${path}/x`)).toBeUndefined();
    writeFileSync(path, bytes);
    expect(readRecord(path)?.running).toBe(true);
    rmSync(path);
    symlinkSync(path, path);
    expect(() => readRecord(path)).toThrow('Too many levels of symbolic links');
    rmSync(dirname(path), { recursive: true });
  });

  test('of somebody else is refused', () => {
    expect(() => parseRecord('/run/x', Buffer.from('LXCTSR9\n'))).toThrow('not one of ours');
  });

  test('does not take a later process of the same pid for the recorded one', () => {
    expect(isAlive({ pid: process.pid, startTime: 1n })).toBe(false);
  });
});
