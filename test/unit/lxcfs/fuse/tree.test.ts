import { expect, test } from 'vitest';
import type { Entry } from '../../../../src/lxcfs/contract.ts';
import { rootNode, Tree } from '../../../../src/lxcfs/fuse/tree.ts';

const entry = (path: string, kind: Entry['kind'] = 'file'): Entry => ({ path, kind, mode: 0o444 });

const paths = ['/proc', '/sys'].map((path) => entry(path, 'directory'));

test('A node id depends on the path alone', () => {
  const one = new Tree([...paths, entry('/proc/stat'), entry('/proc/meminfo')]);
  const other = new Tree([...paths, entry('/proc/new'), entry('/proc/meminfo')]);
  const idIn = (tree: Tree) => tree.root.child('proc')?.child('meminfo')?.id;
  expect(idIn(one)).toBe(idIn(other));
  expect(idIn(one)).toBeGreaterThan(rootNode);
});

test('A place is found by its id, and its children by name', () => {
  const tree = new Tree([...paths, entry('/proc/stat')]);
  const proc = tree.root.child('proc');
  expect(tree.at(proc?.id ?? 0)).toBe(proc);
  expect(proc?.children.map((child) => child.name)).toEqual(['stat']);
  expect(tree.root.children.map((child) => child.name)).toEqual(['proc', 'sys']);
  expect(tree.root.child('dev')).toBeUndefined();
});

test('Paths with the same hash have different ids', () => {
  // FNV-1a with 32 bits gives both the same.
  const tree = new Tree([entry('/n1549599'), entry('/n1712382')]);
  expect(tree.size).toBe(3);
});

test('Thousands of entries have ids of their own', () => {
  const many = Array.from({ length: 20_000 }, (_, cpu) => entry(`/sys/cpu${cpu}/online`));
  expect(new Tree(many).size).toBe(1 + 1 + 20_000 + 20_000);
});
