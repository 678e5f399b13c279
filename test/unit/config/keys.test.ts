import { describe, expect, test } from 'vitest';
import { keys } from '../../../src/config/index.ts';
import { findKey } from '../../../src/config/lookup.ts';
import type { Case } from './cases/case.ts';
import { isolationCases } from './cases/isolation.ts';
import { netCases } from './cases/net.ts';
import { processCases } from './cases/process.ts';
import { failure, parse } from './support.ts';

const cases: readonly Case[] = [...processCases, ...isolationCases, ...netCases];
const world = { env: { GIVEN: 'by the caller' } };

describe.each(cases)('$key', ({ key, good, bad, after = [] }) => {
  const load = (text: string) => parse([...after, `${key} = ${text}`], world);

  test.each(good)('takes %s', (text, value) => {
    const entry = load(text).entries.findLast((one) => one.key === key);
    expect(entry?.origin).toEqual({ file: 'foo.conf', line: after.length + 1 });
    expect(findKey(key)?.row.codec.parse(entry?.text ?? '')).toEqual(value);
  });

  test.each(bad)('refuses %s', (text, reason) => {
    const message = failure(() => load(text));
    expect(message).toContain(`foo.conf:${after.length + 1}: `);
    expect(message).toContain(key);
    expect(message).toContain(reason);
  });

  test('is cleared by an empty value', () => {
    const [[text] = ['']] = good;
    const config = parse([...after, `${key} = ${text}`, `${key} =`], world);
    expect(config.entries.filter((entry) => entry.key === key)).toEqual([]);
  });
});

test('every key of the table is tested here or stands for a group', () => {
  const tested = new Set(cases.map(({ key }) => findKey(key)?.row));
  const untested = Object.entries(keys).filter(([, row]) => row.kind !== 'group' && !tested.has(row));
  expect(untested.map(([key]) => key)).toEqual(['lxc.include']);
});

test('no two patterns of the table match one key', () => {
  const patterns = Object.entries(keys).map(([pattern, row]) => ({
    pattern,
    match: matcher(pattern, row.names),
  }));
  const samples = [...cases.map(({ key }) => key), ...Object.keys(keys).filter((key) => !key.includes('<'))];
  for (const key of samples) {
    const matching = patterns.filter(({ match }) => match(key)).map(({ pattern }) => pattern);
    expect(matching, key).toHaveLength(1);
  }
});

function matcher(
  pattern: string,
  names: (typeof keys)['lxc.cgroup.<file>']['names'],
): (key: string) => boolean {
  const open = pattern.indexOf('<');
  if (open < 0) return (key) => key === pattern;
  if (pattern.startsWith('lxc.net.<n>')) return (key) => key.replace(/\.[0-9]+/, '.<n>') === pattern;
  const prefix = pattern.slice(0, open);
  return (key) => {
    const name = key.slice(prefix.length);
    if (!key.startsWith(prefix) || names === undefined) return false;
    return names instanceof RegExp ? names.test(name) : names.includes(name);
  };
}

test('every key says in one sentence what it is for, and since when it exists', () => {
  for (const [key, row] of Object.entries(keys)) {
    expect(row.doc, key).toMatch(/^[A-Z].*\.$/);
    expect(row.since, key).toMatch(/^[0-9]+\.[0-9]+$/);
  }
});
