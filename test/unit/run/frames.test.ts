import { expect, test } from 'vitest';
import { FrameCutter } from '../../../src/run/frames.ts';
import { maxFrameBytes } from '../../../src/wire/frames.ts';
import { frame } from './client.ts';

test('frames come out whole however the bytes arrive', () => {
  const bytes = Buffer.concat([
    frame(33, Buffer.from('hello')),
    frame(32),
    frame(34, Buffer.alloc(7_000, 7)),
  ]);
  for (const size of [1, 3, 8, 13, 4096, bytes.length]) {
    const cutter = new FrameCutter();
    const frames = [];
    for (let at = 0; at < bytes.length; at += size)
      frames.push(...cutter.push(bytes.subarray(at, at + size)));
    expect(frames.map(({ type, payload }) => [type, payload.length])).toEqual([
      [33, 5],
      [32, 0],
      [34, 7_000],
    ]);
    expect(frames[0]?.payload.toString()).toBe('hello');
  }
});

test('a frame that is too large is refused before its bytes are there', () => {
  const head = Buffer.alloc(8);
  head.writeUInt32LE(maxFrameBytes + 1);
  expect(() => new FrameCutter().push(head)).toThrow('too large');
});
