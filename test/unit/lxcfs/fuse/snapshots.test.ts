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
  other.release(first, false);
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
  snapshots.release(first, false);
  const second = take(snapshots, 'second', 3);
  new Snapshots(fd, 1).release(first, true);
  expect(second.high).toBe(first.high);
  expect(take(snapshots, 'third', 5).high).not.toBe(first.high);
  expect(textOf(snapshots, second)).toBe('second');
  expect(textOf(snapshots, first)).toBeUndefined();
});

test('A successor uses what was released before it came, by whomever', () => {
  const [one, other] = [new Snapshots(fd, 0), new Snapshots(fd, 1)];
  const handles = ['a', 'b', 'c', 'd'].map((text, index) => take(one, text, 2 + index * 2));
  const [first, second, , last] = handles;
  if (first === undefined || second === undefined || last === undefined) throw new Error('no handles');
  one.release(first, false);
  other.release(last, false);
  one.release(second, true);
  const successor = new Snapshots(fd, 0);
  const taken = ['e', 'f', 'g', 'h'].map((text, index) => take(successor, text, 102 + index * 2).high);
  expect(new Set(taken.slice(0, 3))).toEqual(new Set([first.high, second.high, last.high]));
  expect(handles.map(({ high }) => high)).not.toContain(taken[3]);
});

test('An open file whose request has the number 0 is not taken for a free slot', () => {
  const snapshots = new Snapshots(fd, 0);
  const first = take(snapshots, 'first', 0);
  expect(take(snapshots, 'second', 2).high).not.toBe(first.high);
  expect(textOf(snapshots, first)).toBe('first');
});

test('An open that is handed out again keeps the slot that it got back to itself', () => {
  const snapshots = new Snapshots(fd, 0);
  snapshots.giveBack(take(snapshots, 'nobody took the reply', 7));
  const again = take(snapshots, 'somebody took it', 7);
  const others = [9, 11, 13].map((mark) => take(snapshots, 'other', mark));
  expect(others.map(({ high }) => high)).not.toContain(again.high);
  expect(textOf(snapshots, again)).toBe('somebody took it');
  new Snapshots(fd, 1).release(again, false);
  expect(take(snapshots, 'next', 15).high).toBe(again.high);
});

test('Slots are used again, however few are open, when all are released by the other server', () => {
  const [one, other] = [new Snapshots(fd, 0), new Snapshots(fd, 1)];
  const open: Wide[] = [];
  for (let round = 0; round < 3000; round++) {
    open.push(take(one, 'text', 2 + round * 2));
    const oldest = open.length > 3 ? open.shift() : undefined;
    if (oldest !== undefined) other.release(oldest, false);
  }
  expect(Math.max(...open.map(({ high }) => high))).toBeLessThan(10);
});

test('Slots of many open files are found again, wherever they are in the table', () => {
  const [one, other] = [new Snapshots(fd, 0), new Snapshots(fd, 1)];
  const handles = Array.from({ length: 2500 }, (_, index) => take(one, '', 2 + index * 2));
  const middle = [700, 1500, 2300].flatMap((index) => handles[index] ?? []);
  for (const handle of middle) other.release(handle, false);
  const taken = Array.from({ length: 9 }, (_, index) => take(one, '', 10_002 + index * 2).high);
  expect(taken).toEqual(expect.arrayContaining(middle.map(({ high }) => high)));
});

test('Behind its end a text is empty, until it may have been renewed by the other server', () => {
  vi.useFakeTimers();
  const [one, other] = [new Snapshots(fd, 0), new Snapshots(fd, 1)];
  const handle = take(one, 'short');
  expect([textOf(one, handle, 5), textOf(one, handle, 4)]).toEqual(['', 't']);
  vi.advanceTimersByTime(200);
  other.renew(handle, Buffer.from('much longer'), 9);
  expect([textOf(one, handle, 5), textOf(one, handle, 11)]).toEqual(['longer', '']);
  vi.useRealTimers();
});

test('A content is fresh for a moment, and a new one can be shorter', () => {
  vi.useFakeTimers();
  const snapshots = new Snapshots(fd, 0);
  const handle = take(snapshots, 'long content');
  expect(isFresh(snapshots, handle)).toBe(true);
  vi.advanceTimersByTime(200);
  expect(isFresh(new Snapshots(fd, 1), handle)).toBe(false);
  snapshots.renew(handle, Buffer.from('short'), 9);
  expect([textOf(snapshots, handle), isFresh(snapshots, handle)]).toEqual(['short', true]);
  vi.useRealTimers();
});

test('A text can be renewed again and again, long or short', () => {
  vi.useFakeTimers();
  const [one, other] = [new Snapshots(fd, 0), new Snapshots(fd, 1)];
  const handle = take(one, 'first');
  const texts = ['x'.repeat(9000), 'short', '', 'y'.repeat(70_000)];
  const seen = texts.map((text, index) => {
    vi.advanceTimersByTime(200);
    (index % 2 === 0 ? other : one).renew(handle, Buffer.from(text), 9 + index * 2);
    return textOf(one, handle, 0, 131072);
  });
  expect(seen).toEqual(texts);
  expect(textOf(other, handle, 60_000, 131072)).toBe('y'.repeat(10_000));
  vi.useRealTimers();
});

test('A text that takes more than half of a slot is not renewed, and nothing beside it is written over', () => {
  vi.useFakeTimers();
  const snapshots = new Snapshots(fd, 0);
  const long = 'x'.repeat(5 * 1024 * 1024);
  const [first, second] = [take(snapshots, long, 7), take(snapshots, 'short', 9)];
  const next = new Snapshots(fd, 1);
  const beside = take(next, 'beside', 11);
  vi.advanceTimersByTime(200);
  snapshots.renew(first, Buffer.from('short'), 13);
  snapshots.renew(second, Buffer.from(long), 15);
  expect([textOf(snapshots, first, long.length - 3, 9), textOf(snapshots, second)]).toEqual(['xxx', 'short']);
  expect(textOf(next, beside)).toBe('beside');
  vi.useRealTimers();
});

test('Who was answered from the old text by a sibling does not go on in a new one', () => {
  const [one, other] = [new Snapshots(fd, 0), new Snapshots(fd, 1)];
  const handle = take(one, 'old, and longer');
  other.settle(handle, 9);
  one.renew(handle, Buffer.from('new'), 9);
  expect([textOf(one, handle), textOf(other, handle, 5)]).toEqual(['old, and longer', 'and longer']);
  one.renew(handle, Buffer.from('new'), 11);
  other.settle(handle, 11);
  expect(textOf(other, handle)).toBe('new');
});

test('A handle from nowhere is empty', () => {
  const snapshots = new Snapshots(fd, 0);
  expect(textOf(snapshots, { high: 12, low: 0 })).toBeUndefined();
  expect(textOf(snapshots, { high: 0xffffffff, low: 0 })).toBeUndefined();
  snapshots.release({ high: 0xffffffff, low: 0 }, false);
  snapshots.settle({ high: 0xffffffff, low: 0 }, 9);
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
