/** The direction of imports: cli -> run -> {plan, host, lxcfs} -> {config, cgroup, netlink, wire} -> base, and no cycles. */

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect, test } from 'vitest';

const source = join(import.meta.dirname, '../../src');

/** Each folder may import from itself and from those named. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  base: [],
  wire: ['base'],
  netlink: ['base', 'wire'],
  cgroup: ['base', 'wire', 'config'],
  config: ['base', 'wire'],
  seccomp: ['base', 'config'],
  host: ['base', 'wire', 'netlink', 'cgroup', 'config', 'plan'],
  plan: ['base', 'wire', 'netlink', 'cgroup', 'config', 'seccomp'],
  lxcfs: ['base', 'wire', 'cgroup', 'config', 'host'],
  template: ['base', 'config'],
  run: ['base', 'wire', 'netlink', 'cgroup', 'config', 'seccomp', 'plan', 'host', 'lxcfs'],
  cli: ['base', 'wire', 'netlink', 'cgroup', 'config', 'plan', 'host', 'lxcfs', 'run'],
  library: ['base', 'wire', 'config', 'plan', 'run'],
};

const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) =>
  file.endsWith('.ts'),
);

/** Relative imports of a file as paths below src; those of types only do not count for cycles. */
function importsOf(file: string): { readonly path: string; readonly typeOnly: boolean }[] {
  const text = readFileSync(join(source, file), 'utf8');
  const found = text.matchAll(
    /^(?:import|export)\s+(type\s)?[^;'"]*?from\s+'(\.[^']+)'|import\('(\.[^']+)'\)/gm,
  );
  return [...found].map((match) => ({
    path: relative(source, join(source, dirname(file), match[2] ?? match[3] ?? '')),
    typeOnly: match[1] !== undefined || match[3] !== undefined,
  }));
}

function folder(path: string): string {
  return path.includes('/') ? path.slice(0, path.indexOf('/')) : '';
}

test('Every folder of src has a place in the order', () => {
  const folders = [...new Set(files.map(folder))].filter((name) => name !== '');
  expect(folders.filter((name) => allowed[name] === undefined)).toEqual([]);
});

test('Imports point down the order', () => {
  const wrong = files.flatMap((file) =>
    importsOf(file)
      .filter(({ path }) => folder(file) !== '' && folder(path) !== folder(file))
      .filter(({ path }) => !(allowed[folder(file)] ?? []).includes(folder(path)))
      .map(({ path }) => `${file} imports ${path}`),
  );
  expect(wrong).toEqual([]);
});

test('Nothing outside of src is imported by a relative path', () => {
  const wrong = files.flatMap((file) => importsOf(file).filter(({ path }) => path.startsWith('..')));
  expect(wrong).toEqual([]);
});

test('No file imports itself through others', () => {
  const graph = new Map(
    files.map((file) => [
      file,
      importsOf(file)
        .filter((one) => !one.typeOnly)
        .map((one) => one.path),
    ]),
  );
  expect(files.map((file) => cycleFrom(file, graph)).filter((cycle) => cycle !== undefined)).toEqual([]);
});

/** The way from a file back to itself, if there is one. */
function cycleFrom(start: string, graph: ReadonlyMap<string, readonly string[]>): string | undefined {
  const seen = new Set<string>();
  const walk = (file: string, way: readonly string[]): string | undefined => {
    for (const next of graph.get(file) ?? []) {
      if (next === start) return [...way, next].join(' -> ');
      if (seen.has(next)) continue;
      seen.add(next);
      const cycle = walk(next, [...way, next]);
      if (cycle !== undefined) return cycle;
    }
    return undefined;
  };
  return walk(start, [start]);
}
