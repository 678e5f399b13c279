/**
 * A server whose contents tests can judge: every file says whose it is, is marked at both ends and has a length that
 * varies. Stands in for dist/lxcfs.cjs in an installation of the tests.
 */

import { readFileSync } from 'node:fs';
import type { Entry, Subject, View } from '../../../src/lxcfs/contract.ts';
import { runServer } from '../../../src/lxcfs/fuse/server.ts';

const cpus = ['/sys/devices/system/cpu/cpu0', '/sys/devices/system/cpu/cpu1'];

const entries: readonly Entry[] = [
  ...['/proc', '/sys', '/sys/devices', '/sys/devices/system', '/sys/devices/system/cpu'].map(directory),
  ...['meminfo', 'loadavg', 'stat', 'version'].map((name) => file(`/proc/${name}`)),
  { path: '/proc/slabinfo', kind: 'file', mode: 0o400 },
  file('/proc/large'),
  file('/sys/devices/system/cpu/online'),
  ...cpus.map((path, cpu): Entry => ({ ...directory(path), cpu })),
  { path: '/sys/devices/system/cpu/cpu0/driver', kind: 'link', mode: 0o777, target: '../online', cpu: 0 },
];

function directory(path: string): Entry {
  return { path, kind: 'directory', mode: 0o555 };
}

function file(path: string): Entry {
  return { path, kind: 'file', mode: 0o444 };
}

/** The last part of the v1 or v2 cgroup that a test put the reader into. */
function identify(tid: number): Subject {
  const cgroups = tid === 0 ? '' : textOf(`/proc/${tid}/cgroup`);
  const group = /\/lxcfs-test-(\w+)/.exec(cgroups)?.[1] ?? 'host';
  return { key: group, init: tid, started: 0, host: true, cgroups };
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

let generation = process.pid;

/** Whose it is in every line, and a last line that says how many there were. */
export function contentOf(path: string, key: string): Buffer {
  const lines = path === '/proc/large' ? 20_000 : 20 + (generation % 37);
  const line = `${key} ${path} ${generation++}\n`;
  return Buffer.from(`${line.repeat(lines)}end ${key} ${lines}\n`);
}

/** Blocks where the reader is in the cgroup `slow`, in a way that only SIGKILL ends. */
function render(path: string, subject: Subject): Buffer {
  if (path === '/proc/version' && subject.key === 'slow') for (;;) Atomics.wait(cell, 0, 0);
  return contentOf(path, subject.key);
}

const cell = new Int32Array(new SharedArrayBuffer(4));

const view: View = {
  profile: { rules: 'default', cfs: true, loadavg: true, swap: true, zswap: true },
  entries,
  identify,
  subjectOf: (pid) => {
    const started = Number(/\) (?:\S+ ){19}(\d+)/.exec(textOf(`/proc/${pid}/stat`))?.[1] ?? 0);
    return started === 0 ? undefined : { ...identify(pid), started, init: pid };
  },
  mayAsk: (tid, subject) => [subject.key, 'host'].includes(identify(tid).key),
  isVisible: (entry, subject) => entry.cpu !== 1 || subject.key !== 'small',
  render,
  explain: () => [],
  sweep: () => undefined,
};

runServer(process.argv.slice(2), {
  openView: () => view,
  openLoadSampler: () => ({ sample: () => ({ sampled: 0, left: 0 }) }),
});
