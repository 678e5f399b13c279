import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
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

function textOf(snapshots: Snapshots, handle: { high: number; low: number }): string | undefined {
  const snapshot = snapshots.look(handle);
  if (snapshot === undefined) return undefined;
  const bytes = Buffer.alloc(64);
  return bytes.toString('utf8', 0, snapshots.copy(handle, 0, snapshot.length, bytes, 0));
}

function take(snapshots: Snapshots, text: string, mark = 7): { high: number; low: number } {
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

test('The beginning is fresh until it was given out, and a new content can be shorter', () => {
  const snapshots = new Snapshots(fd, 0);
  const handle = take(snapshots, 'long content');
  expect(snapshots.look(handle)?.fresh).toBe(true);
  snapshots.begun(handle);
  expect(snapshots.look(handle)?.fresh).toBe(false);
  snapshots.renew(handle, Buffer.from('short'));
  expect(textOf(snapshots, handle)).toBe('short');
});

test('A handle from nowhere is empty', () => {
  const snapshots = new Snapshots(fd, 0);
  expect(snapshots.look({ high: 12, low: 0 })).toBeUndefined();
  expect(snapshots.look({ high: 0xffffffff, low: 0 })).toBeUndefined();
  snapshots.release({ high: 0xffffffff, low: 0 });
});
