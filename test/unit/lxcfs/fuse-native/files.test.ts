import { expect, test } from 'vitest';
import type { Entry, Subject, View } from '../../../../src/lxcfs/contract.ts';
import { Tree } from '../../../../src/lxcfs/fuse/tree.ts';
import { NamedFiles } from '../../../../src/lxcfs/fuse-native/files.ts';

const cpus = '/sys/devices/system/cpu';
const entries: readonly Entry[] = [
  { path: '/proc', kind: 'directory', mode: 0o555 },
  { path: '/proc/stat', kind: 'file', mode: 0o444 },
  { path: '/proc/loadavg', kind: 'file', mode: 0o444 },
  { path: cpus, kind: 'directory', mode: 0o555 },
  { path: `${cpus}/cpu0`, kind: 'directory', mode: 0o555, cpu: 0 },
  { path: `${cpus}/cpu1`, kind: 'directory', mode: 0o555, cpu: 1 },
];

const subject = (key: string): Subject => ({ key, init: 1, started: 1, host: key === 'host', cgroups: '' });

/** Of the container `foo`, which has CPU 0, and of `new`, whose init is not known yet. */
function make(host = false) {
  const asked = { load: 0 };
  let count = 0;
  const view: View = {
    profile: { rules: 'default', cfs: true, loadavg: true, swap: true, zswap: true },
    entries,
    identify: () => subject('host'),
    subjectOf: () => undefined,
    mayAsk: () => false,
    isVisible: ({ cpu }, { key }) => cpu === 0 || key === 'host',
    render: (path, { key }) => Buffer.from(`${key} ${path} ${count++}`),
    explain: () => [],
    sweep: () => undefined,
  };
  const files = new NamedFiles({
    view,
    tree: new Tree(entries),
    containers: {
      names: () => ['foo', 'new'],
      has: (name) => name === 'foo' || name === 'new',
      subject: (name) => (name === 'foo' ? subject('foo') : undefined),
    },
    hostText: (path) => Buffer.from(`host ${path}`),
    loadWanted: () => {
      asked.load++;
    },
    host: () => host,
  });
  return { files, asked };
}

const read = (files: NamedFiles, path: string) => String(files.read(files.open(path), 0, 100));

test('The tree has containers by their names and nothing else', () => {
  const { files } = make();
  expect(files.list('/')).toEqual(['by-name']);
  expect(files.list('/by-name')).toEqual(['foo', 'new']);
  expect(files.list('/by-name/foo')).toEqual(['proc', 'sys']);
  for (const path of [
    '/proc',
    '/proc/stat',
    '/by-name/bar',
    '/by-name/bar/proc/stat',
    '/by-name/foo/nothing',
  ])
    expect(() => files.entry(path)).toThrow('ENOENT');
  expect(() => files.list('/by-name/foo/proc/stat')).toThrow('ENOTDIR');
  for (const path of ['/', '/by-name', '/by-name/foo', '/by-name/foo/proc'])
    expect(() => files.open(path)).toThrow('EISDIR');
});

test('The name in the path says whose numbers are shown, and where it is not known yet the host does', () => {
  const { files } = make();
  expect(read(files, '/by-name/foo/proc/stat')).toMatch(/^foo /);
  expect(read(files, '/by-name/new/proc/stat')).toMatch(/^host /);
  expect(read(make(true).files, '/by-name/foo/proc/stat')).toBe('host /proc/stat');
});

test('A CPU that the container does not have is not there', () => {
  const { files } = make();
  expect(files.list(`/by-name/foo${cpus}`)).toEqual(['cpu0']);
  expect(() => files.entry(`/by-name/foo${cpus}/cpu1`)).toThrow('ENOENT');
  expect(make(true).files.list(`/by-name/foo${cpus}`)).toEqual(['cpu0', 'cpu1']);
});

test('An open file keeps its content, and another open has its own', () => {
  const { files } = make();
  const [one, other] = [files.open('/by-name/foo/proc/stat'), files.open('/by-name/foo/proc/stat')];
  const text = (file: number, offset = 0) => String(files.read(file, offset, 100));
  expect(text(one)).toBe('foo /proc/stat 0');
  expect(text(other)).toBe('foo /proc/stat 1');
  expect(text(one, 4)).toBe('/proc/stat 0');
  expect(text(one, 100)).toBe('');
  files.release(one);
  expect(() => text(one)).toThrow('EIO');
  expect(text(other)).toBe('foo /proc/stat 1');
});

test('Only a load average that is read has loads sampled', () => {
  const { files, asked } = make();
  read(files, '/by-name/foo/proc/stat');
  expect(asked.load).toBe(0);
  read(files, '/by-name/foo/proc/loadavg');
  expect(asked.load).toBe(1);
});
