/** What --trace prints, from times that are known. */

import { describe, expect, test } from 'vitest';
import { traceText } from '../../../src/cli/trace-text.ts';
import type { StartTrace } from '../../../src/run/start.ts';

const why = { key: 'lxc.uts.name', act: 'set the host name', origin: { file: 'foo.conf', line: 3 } };
const span = (from: number, to: number) => ({ from, to });

const trace: StartTrace = {
  program: {
    after: 'monitor',
    exit: 'zero',
    parent: [
      { op: 'openRecord', args: { path: '/r', head: Buffer.alloc(0) }, why: { key: '', act: '' } },
      { op: 'clone', args: { flags: 0, cgroup2: '', pidNamespace: '' }, why: { key: '', act: '' } },
      { op: 'sync', args: { point: 4, mode: 1 }, why: { key: '', act: '' } },
    ],
    child: [
      { op: 'setHostname', args: { name: 'n'.repeat(200) }, why },
      { op: 'exec', args: { argv: ['/init'], env: [] }, why: { key: '', act: '' } },
    ],
    settings: [],
  },
  times: {
    execCost: 100,
    began: 1100,
    said: 1200,
    run: 1800,
    done: 2900,
    parent: [span(1850, 1950), span(2000, 2400), span(2400, 2600)],
    child: [span(2300, 2350), span(2500, 0)],
  },
  laps: [
    { what: 'hear HELLO', at: 1300 },
    { what: 'plan', at: 1700 },
    { what: 'say how it went', at: 3000 },
  ],
};

const lines = traceText(trace).split('\n');
const line = (text: string) => lines.find((one) => one.includes(text)) ?? '';
const numbers = (text: string) => (line(text).match(/[\d.]+/g) ?? []).slice(0, 2).map(Number);

describe('acts', () => {
  test('count from the kernel running the command', () => {
    expect(numbers('exec of the command')).toEqual([0, 100]);
    expect(numbers('look for a brain')).toEqual([100, 100]);
    expect(numbers('brain   plan')).toEqual([300, 400]);
    expect(numbers('parent  clone')).toEqual([1000, 400]);
  });

  test('stand in the order in which they began', () => {
    const begins = lines.slice(1, lines.indexOf('Phases:')).map((one) => Number.parseFloat(one));
    expect(begins).toEqual(begins.toSorted((one, other) => one - other));
    expect(begins).toHaveLength(12);
  });

  test('name the line of the configuration, and are cut where they are long', () => {
    expect(line('setHostname')).toMatch(/setHostname name=n+\.\.\. {2}# foo\.conf:3$/);
  });

  test('of an exec last until it was seen', () => {
    expect(numbers('child   exec')).toEqual([1500, 400]);
  });
});

describe('phases', () => {
  test('cover each moment once', () => {
    expect(numbers('client: exec')).toEqual([350, 17.5]);
    expect(numbers('brain: from')).toEqual([600, 30]);
    expect(numbers('before there is a process')).toEqual([100, 5]);
    expect(numbers('make the process')).toEqual([400, 20]);
    expect(numbers('side by side')).toEqual([500, 25]);
    expect(numbers('between the acts')).toEqual([50, 2.5]);
    expect(numbers('the whole start')).toEqual([2000, 100]);
  });
});
