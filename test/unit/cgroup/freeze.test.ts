import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { setFrozen } from '../../../src/cgroup/freeze.ts';

/** Plain files in place of the kernel's: they keep what is written and nobody acts on it. */
let dir = '';

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'lxc-ts-freeze-'));
});
afterEach(() => {
  rmSync(dir, { recursive: true });
});

function put(file: string, text: string): void {
  writeFileSync(join(dir, file), text);
}

function get(file: string): string {
  return readFileSync(join(dir, file), 'utf8');
}

describe('freezing a cgroup', () => {
  test('writes the state of v1 and is done when the kernel says so', async () => {
    put('freezer.state', '');
    await setFrozen({ version: 1, dir }, true, { seconds: 1 });
    expect(get('freezer.state')).toBe('FROZEN');
    await setFrozen({ version: 1, dir }, false, { seconds: 1 });
    expect(get('freezer.state')).toBe('THAWED');
  });

  test('writes the flag of v2 and waits for the event', async () => {
    put('cgroup.freeze', '0');
    put('cgroup.events', 'populated 1\nfrozen 0\n');
    const frozen = setFrozen({ version: 2, dir }, true, { seconds: 5 });
    setTimeout(() => put('cgroup.events', 'populated 1\nfrozen 1\n'), 20);
    await frozen;
    expect(get('cgroup.freeze')).toBe('1');
  });

  test('thaws again when the time is over', async () => {
    put('cgroup.freeze', '0');
    put('cgroup.events', 'populated 1\nfrozen 0\n');
    put('cgroup.procs', `${process.pid}\n`);
    const frozen = setFrozen({ version: 2, dir }, true, { seconds: 0.05 });
    await expect(frozen).rejects.toThrow('a task did not stop within 0.05 seconds; everything runs again');
    expect(get('cgroup.freeze')).toBe('0');
  });
});
