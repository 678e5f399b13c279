import { describe, expect, test } from 'vitest';
import { numberIn } from '../../../src/base/amount.ts';
import { type InfoFacts, type InfoStyle, infoJson, infoPieces } from '../../../src/cli/info-text.ts';
import { partsOf, textOf } from '../../../src/cli/pieces.ts';

const read = (value: number) => ({ value, amount: numberIn(`/cgroup/${value}`) });
const stats = {
  cpuNanoseconds: read(7_212_064),
  blkioBytes: read(0),
  memoryBytes: read(675_840),
  kernelMemoryBytes: read(364_544),
  swapBytes: read(0),
  pids: read(2),
};
const running: InfoFacts = { name: 'c1', state: 'RUNNING', pid: 8622, ips: ['10.0.3.5', 'fd00::5'], stats };
const human = { humanize: true, bare: false, bareItem: false };
const raw = { ...human, humanize: false };
const infoText = (facts: InfoFacts, style: InfoStyle) => textOf(infoPieces(facts, style));

describe('lxc-info', () => {
  test('prints a running container as LXC does', () => {
    expect(infoText(running, human)).toBe(
      [
        'Name:           c1',
        'State:          RUNNING',
        'PID:            8622',
        'IP:             10.0.3.5',
        'IP:             fd00::5',
        'CPU use:        0.01 seconds',
        'BlkIO use:      0 bytes',
        'Memory use:     660.00 KiB',
        'KMem use:       356.00 KiB',
        '',
      ].join('\n'),
    );
  });

  test('is given again with the files of its numbers, if every number has one', () => {
    const pieces = infoPieces({ state: 'RUNNING', stats: { ...stats, blkioBytes: undefined } }, human);
    expect(partsOf(pieces)?.slice(0, 3)).toEqual([
      { text: 'State:          RUNNING\nCPU use:        ' },
      { amount: numberIn('/cgroup/7212064'), form: 'seconds' },
      { text: '\nMemory use:     ' },
    ]);
    const links = [{ link: 'eth0', txBytes: 1, rxBytes: 2, counters: undefined }];
    expect(partsOf(infoPieces({ stats, links }, human))).toBeUndefined();
  });

  test('prints only what a stopped container has', () => {
    expect(infoText({ name: 'c1', state: 'STOPPED' }, human)).toBe(
      'Name:           c1\nState:          STOPPED\n',
    );
  });

  test('prints plain numbers with -H and keeps the labels of several facts', () => {
    expect(infoText({ state: 'RUNNING', stats }, raw)).toBe(
      [
        'State:          RUNNING',
        'CPU use:        7212064',
        'BlkIO use:      0',
        'Memory use:     675840',
        'KMem use:       364544',
        '',
      ].join('\n'),
    );
  });

  test('prints a single fact without its label, statistics with theirs', () => {
    const bare = { ...raw, bare: true };
    expect(infoText({ state: 'RUNNING' }, bare)).toBe('RUNNING\n');
    expect(infoText({ ips: ['10.0.3.5', '10.0.4.5'] }, bare)).toBe('10.0.3.5\n10.0.4.5\n');
    expect(infoText({ stats }, bare)).toMatch(/^CPU use: {8}7212064\n/);
  });

  test('prints the traffic of each interface below the rest', () => {
    const links = [{ link: 'vethABCDEF', txBytes: 5181, rxBytes: 648, counters: undefined }];
    expect(infoText({ links }, human)).toBe(
      [
        'Link:           vethABCDEF',
        ' TX bytes:      5.06 KiB',
        ' RX bytes:      648 bytes',
        ' Total bytes:   5.69 KiB',
        '',
      ].join('\n'),
    );
  });

  test('prints configuration items with their key, a list with its line ends, an unknown key not at all', () => {
    const items = [
      { key: 'lxc.uts.name', value: '' },
      { key: 'lxc.group', value: 'g1\ng2\n' },
      { key: 'lxc.bogus', value: undefined },
      { key: 'lxc.pty.max', value: '1' },
    ];
    expect(infoText({ items }, human)).toBe('lxc.uts.name =\nlxc.group = g1\ng2\n\nlxc.pty.max = 1\n');
    expect(infoText({ items: [{ key: 'lxc.group', value: '' }] }, { ...raw, bareItem: true })).toBe('\n');
  });

  test('gives JSON with numbers as numbers and every asked key', () => {
    const items = [
      { key: 'lxc.uts.name', value: 'c1' },
      { key: 'lxc.bogus', value: undefined },
    ];
    expect(JSON.parse(JSON.stringify(infoJson({ ...running, items })))).toEqual({
      name: 'c1',
      state: 'RUNNING',
      pid: 8622,
      ips: ['10.0.3.5', 'fd00::5'],
      stats: {
        cpuNanoseconds: 7_212_064,
        blkioBytes: 0,
        memoryBytes: 675_840,
        kernelMemoryBytes: 364_544,
        swapBytes: 0,
        pids: 2,
      },
      config: { 'lxc.uts.name': 'c1', 'lxc.bogus': null },
    });
  });
});
