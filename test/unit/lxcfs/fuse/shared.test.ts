import { closeSync, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { SharedState } from '../../../../src/lxcfs/fuse/shared.ts';
import { lxcfsServer, lxcfsSizes, lxcfsState } from '../../../../src/wire/lxcfs.ts';

const server = 1;
let directory: string;
let fd: number;

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
  directory = mkdtempSync(join(tmpdir(), 'shared-'));
  fd = openSync(join(directory, 'state'), 'w+');
});
afterEach(() => {
  vi.useRealTimers();
  closeSync(fd);
  rmSync(directory, { recursive: true });
});

/** What the keeper sees of the server. */
function note(): { serial: number; busy: number; unique: number } {
  const bytes = Buffer.alloc(lxcfsSizes.serverBytes);
  readSync(fd, bytes, 0, bytes.length, lxcfsState.servers + server * lxcfsSizes.serverBytes);
  return {
    serial: bytes.readUInt32LE(lxcfsServer.serial),
    busy: bytes.readUInt32LE(lxcfsServer.busy),
    unique: bytes.readUInt32LE(lxcfsServer.unique),
  };
}

const unique = (low: number) => ({ low, high: 0 });

test('The first request is noted, those that follow at once are not, one that comes later is', () => {
  const shared = new SharedState(fd, server);
  shared.begin(unique(10), false);
  vi.advanceTimersByTime(50);
  shared.begin(unique(12), false);
  expect(note()).toEqual({ serial: 1, busy: 1, unique: 10 });
  vi.advanceTimersByTime(60);
  shared.begin(unique(14), false);
  expect(note()).toEqual({ serial: 2, busy: 1, unique: 14 });
});

test('A request that is handed out again is always noted', () => {
  const shared = new SharedState(fd, server);
  shared.begin(unique(10), false);
  shared.begin(unique(12), true);
  shared.begin(unique(14), true);
  expect(note()).toEqual({ serial: 3, busy: 1, unique: 14 });
});

test('A successor goes on counting', () => {
  new SharedState(fd, server).begin(unique(10), false);
  new SharedState(fd, server).begin(unique(12), false);
  expect(note()).toEqual({ serial: 2, busy: 1, unique: 12 });
});
