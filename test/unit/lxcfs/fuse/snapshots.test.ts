import { closeSync, fstatSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test, vi } from 'vitest';
import type { Wide } from '../../../../src/lxcfs/fuse/protocol.ts';
import { Snapshots } from '../../../../src/lxcfs/fuse/snapshots.ts';

const directory = mkdtempSync(join(tmpdir(), 'snapshots-'));
let fd: number;
let count = 0;

beforeEach(() => {
  if (fd !== undefined) closeSync(fd);
  fd = openSync(join(directory, `state${count++}`), 'w+');
});
afterAll(() => {
  closeSync(fd);
  rmSync(directory, { recursive: true });
});

/** As a READ of `size` bytes at `offset` gets it. */
function textOf(snapshots: Snapshots, handle: Wide, offset = 0, size = 65536): string | undefined {
  const bytes = Buffer.alloc(16 + size);
  const found = snapshots.read(handle, offset, size, bytes, 16);
  return found === undefined ? undefined : bytes.toString('utf8', 16, 16 + found.count);
}

function isFresh(snapshots: Snapshots, handle: Wide): boolean | undefined {
  return snapshots.read(handle, 0, 16, Buffer.alloc(32), 16)?.fresh;
}

function take(snapshots: Snapshots, text: string, mark = 7): Wide {
  const handle = snapshots.take(Buffer.from(text), mark);
  if (handle === undefined) throw new Error('no slot');
  return handle;
}

test('What one server takes the other one reads', () => {
  const handle = take(new Snapshots(fd, 0), 'MemTotal');
  expect(textOf(new Snapshots(fd, 1), handle)).toBe('MemTotal');
});

test('The servers never take the same slot', () => {
  const [one, other] = [new Snapshots(fd, 0), new Snapshots(fd, 1)];
  const handles = [take(one, 'a'), take(other, 'b'), take(one, 'c'), take(other, 'd')];
  expect(new Set(handles.map(({ high }) => high)).size).toBe(4);
  expect(handles.map((handle) => textOf(one, handle))).toEqual(['a', 'b', 'c', 'd']);
});

test('A slot that the other server freed is used again', () => {
  const [one, other] = [new Snapshots(fd, 0), new Snapshots(fd, 1)];
  const first = take(one, 'a');
  other.release(first);
  expect(take(one, 'b').high).toBe(first.high);
});

test('A successor keeps the open files of its predecessor', () => {
  const before = take(new Snapshots(fd, 0), 'old');
  const successor = new Snapshots(fd, 0);
  const after = take(successor, 'new');
  expect(after.high).not.toBe(before.high);
  expect([textOf(successor, before), textOf(successor, after)]).toEqual(['old', 'new']);
});

test('A release that is handed out twice does not free the next one', () => {
  const snapshots = new Snapshots(fd, 0);
  const first = take(snapshots, 'first', 1);
  snapshots.release(first);
  const second = take(snapshots, 'second', 3);
  snapshots.release(first);
  expect(second.high).toBe(first.high);
  expect(textOf(snapshots, second)).toBe('second');
  expect(textOf(snapshots, first)).toBeUndefined();
});

test('A content is fresh for a moment, and a new one can be shorter', () => {
  vi.useFakeTimers();
  const snapshots = new Snapshots(fd, 0);
  const handle = take(snapshots, 'long content');
  expect(isFresh(snapshots, handle)).toBe(true);
  vi.advanceTimersByTime(200);
  expect(isFresh(new Snapshots(fd, 1), handle)).toBe(false);
  snapshots.renew(handle, Buffer.from('short'));
  expect([textOf(snapshots, handle), isFresh(snapshots, handle)]).toEqual(['short', true]);
  vi.useRealTimers();
});

test('A handle from nowhere is empty', () => {
  const snapshots = new Snapshots(fd, 0);
  expect(textOf(snapshots, { high: 12, low: 0 })).toBeUndefined();
  expect(textOf(snapshots, { high: 0xffffffff, low: 0 })).toBeUndefined();
  snapshots.release({ high: 0xffffffff, low: 0 });
  expect(fstatSync(fd).size).toBeLessThan(2 ** 24);
});

test('A long text is read whole, and from anywhere', () => {
  const text = Array.from({ length: 20_000 }, (_, line) => `line ${line}\n`).join('');
  const snapshots = new Snapshots(fd, 0);
  const handle = take(snapshots, text);
  expect(textOf(snapshots, handle, 0, 131072)).toBe(text.slice(0, 131072));
  expect(textOf(snapshots, handle, 0, 5000)).toBe(text.slice(0, 5000));
  expect(textOf(snapshots, handle, 131072, 131072)).toBe(text.slice(131072));
  expect(textOf(snapshots, handle, text.length, 100)).toBe('');
  expect(textOf(snapshots, handle, Number.MAX_SAFE_INTEGER, 100)).toBe('');
});
