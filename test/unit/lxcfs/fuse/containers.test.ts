import { expect, test } from 'vitest';
import { initOf } from '../../../../src/lxcfs/fuse/containers.ts';
import { Log } from '../../../../src/lxcfs/fuse/log.ts';
import { recordMagic, recordTags } from '../../../../src/wire/frames.ts';

function entry(tag: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32LE(payload.length, 0);
  head.writeUInt32LE(tag, 4);
  return Buffer.concat([head, payload]);
}

function processEntry(tag: number, pid: number, started: bigint): Buffer {
  const payload = Buffer.alloc(16);
  payload.writeUInt32LE(pid, 0);
  payload.writeBigUInt64LE(started, 8);
  return entry(tag, payload);
}

test('The init of a container is the last one in its record', () => {
  const record = Buffer.concat([
    Buffer.from(recordMagic),
    entry(recordTags.head, Buffer.from('{}')),
    processEntry(recordTags.init, 100, 5n),
    processEntry(recordTags.monitor, 99, 4n),
    processEntry(recordTags.init, 200, 9n),
  ]);
  expect(initOf(record)).toEqual({ pid: 200, started: 9 });
});

test('A record without an init, cut short, or of another kind has none', () => {
  const head = Buffer.from(recordMagic);
  expect(initOf(head)).toBeUndefined();
  const whole = Buffer.concat([head, processEntry(recordTags.init, 100, 5n)]);
  expect(initOf(whole.subarray(0, -1))).toBeUndefined();
  expect(initOf(Buffer.from('something else'))).toBeUndefined();
});

test('A log keeps to ten lines a minute and then says how many it left out', () => {
  const lines: string[] = [];
  const log = new Log((line) => lines.push(line));
  for (let count = 0; count < 50; count++) log.line(`line ${count}`, 1_000_000);
  expect(lines.length).toBe(10);
  log.line('later', 1_060_000);
  expect(lines.slice(10)).toEqual(['lxcfs: 40 more lines were left out\n', 'lxcfs: later\n']);
});
