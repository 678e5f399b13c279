/**
 * The view against the kernel: processes in a pid namespace of their own, in cgroups that this test makes, where the
 * host lets it. What is shown is what those cgroups were told.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Entry, Subject } from '../../../src/lxcfs/contract.ts';
import { makeProfile } from '../../../src/lxcfs/profile.ts';
import { openLoadSampler } from '../../../src/lxcfs/sampler.ts';
import { openView } from '../../../src/lxcfs/view.ts';

const mount = '/sys/fs/cgroup/memory';
const name = `view-test-${process.pid}`;
const directory = join(mount, name);
const possible = process.getuid?.() === 0 && existsSync(join(mount, 'memory.limit_in_bytes'));

describe.skipIf(!possible)('A namespace in a cgroup with 64 MB', () => {
  const state = mkdtempSync(join(tmpdir(), 'view-state-'));
  const view = openView({ profile: makeProfile(), state });
  let child: ChildProcess;
  let init = 0;

  beforeAll(async () => {
    mkdirSync(directory);
    writeFileSync(join(directory, 'memory.limit_in_bytes'), '64M');
    const script = `echo 0 > ${directory}/cgroup.procs; exec unshare --pid --fork --mount sh -c 'while :; do :; done'`;
    child = spawn('sh', ['-c', script], { stdio: 'ignore' });
    init = await firstChild(child.pid ?? 0);
  });

  afterAll(async () => {
    if (init > 0) process.kill(init, 'SIGKILL');
    await new Promise((resolve) => child.once('exit', resolve));
    for (let attempt = 0; attempt < 100 && existsSync(directory); attempt++) await removeCgroup();
    rmSync(state, { recursive: true });
  });

  const meminfo = (subject: Subject) => view.render('/proc/meminfo', subject).toString();

  test('is found from its init, and shown its limit', () => {
    const subject = view.identify(init);
    expect(subject).toMatchObject({ init, host: false });
    expect(view.subjectOf(init)).toEqual(subject);
    expect(meminfo(subject)).toMatch(/^MemTotal: +65536 kB\n/);
  });

  test('is shown a changed limit at once', () => {
    const subject = view.identify(init);
    writeFileSync(join(directory, 'memory.limit_in_bytes'), '32M');
    expect(meminfo(subject)).toMatch(/^MemTotal: +32768 kB\n/);
  });

  test('sees its time pass, alike in stat and uptime and from a second server', async () => {
    const other = openView({ profile: makeProfile(), state });
    const subject = view.identify(init);
    const idle = (text: string) => Number(text.split(' ')[5]);
    const before = view.render('/proc/stat', subject).toString();
    await sleep(300);
    const after = other.render('/proc/stat', other.identify(init)).toString();
    expect(idle(after)).toBeGreaterThanOrEqual(idle(before));
    const [age = 0] = view.render('/proc/uptime', subject).toString().split(' ').map(Number);
    expect(age).toBeGreaterThan(0.25);
    expect(age).toBeLessThan(60);
  });

  // unshare itself waits in the same cgroup.
  test('has a load once it was sampled', () => {
    const subject = view.identify(init);
    expect(view.render('/proc/loadavg', subject).toString()).toMatch(/^0\.00 0\.00 0\.00 \d\/2 1\n$/);
    const sampler = openLoadSampler(state);
    expect(sampler.sample()).toEqual({ sampled: 1, left: 0 });
    expect(view.render('/proc/loadavg', subject).toString()).toMatch(/^0\.0\d 0\.0\d 0\.0\d \d\/2 1\n$/);
  });

  test('is answered for every entry, those that the host cannot read included', () => {
    const subject = view.identify(init);
    const served = view.entries.filter((entry) => entry.kind === 'file' && view.isVisible(entry, subject));
    for (const entry of served) expect(view.render(entry.path, subject)).toBeInstanceOf(Buffer);
    expect(served.length).toBeGreaterThan(14);
  });

  test('has each line of meminfo explained', () => {
    const lines = view.explain('/proc/meminfo', view.identify(init));
    expect(lines.map(({ line }) => line).join('\n')).toContain('MemTotal:');
    expect(lines[0]?.inputs).toContainEqual({
      path: join(directory, 'memory.limit_in_bytes'),
      value: '33554432',
    });
  });
});

test('Entries come after the directory that holds them, each once', () => {
  const { entries } = openView({ profile: makeProfile() });
  const seen = new Set(['']);
  for (const { path } of entries) {
    expect(seen.has(path.slice(0, path.lastIndexOf('/')))).toBe(true);
    expect(seen.has(path)).toBe(false);
    seen.add(path);
  }
  const modes = entries.filter(({ kind }: Entry) => kind === 'file').map(({ mode }) => mode & 0o222);
  expect(modes.every((mode) => mode === 0)).toBe(true);
});

test('All servers of a mount have the same entries in the same order', () => {
  const state = mkdtempSync(join(tmpdir(), 'view-state-'));
  const [first, second] = [1, 2].map(() => openView({ profile: makeProfile(), state }).entries);
  expect(second).toEqual(first);
  expect(openView({ profile: makeProfile({ rules: '5.0.3' }), state }).entries).not.toEqual(first);
  rmSync(state, { recursive: true });
});

test('The host itself is shown its own files', () => {
  const view = openView({ profile: makeProfile() });
  const host = view.identify(0);
  const total = /^MemTotal.*$/m.exec(readFileSync('/proc/meminfo', 'utf8'))?.[0];
  expect(view.render('/proc/meminfo', host).toString()).toContain(total);
  expect(view.render('/proc/cpuinfo', host).length).toBeGreaterThan(0);
});

/** Of `unshare --fork`, which becomes pid 1 of the new namespace. */
async function firstChild(pid: number): Promise<number> {
  for (let attempt = 0; attempt < 200; attempt++) {
    await sleep(20);
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
    const found = Number(children.split(' ')[0]);
    if (found > 0 && readFileSync(`/proc/${found}/cmdline`, 'utf8').startsWith('sh')) return found;
  }
  throw new Error('no namespace was made');
}

async function removeCgroup(): Promise<void> {
  try {
    rmdirSync(directory);
  } catch {
    await sleep(20);
  }
}
