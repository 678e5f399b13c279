import { expect, test } from 'vitest';
import { linesIn, measure, numberIn, sumOf } from '../../../src/base/amount.ts';

const files: Readonly<Record<string, string>> = {
  usage: '4096\n',
  max: 'max\n',
  stat: 'anon 10\nfile 20\nfile_mapped 7\n',
  throttle: '8:0 Read 1\n8:0 Total 1\nTotal 3\n',
  io: '8:0 rbytes=4 wbytes=8 rios=1\n8:1 rbytes=1 wbytes=2 rios=1\n',
  empty: '',
};
const read = (file: string) => files[file];

test('A file that is a number is that number, another one none', () => {
  expect(measure(numberIn('usage'), read)).toBe(4096);
  expect(measure(numberIn('max'), read)).toBeUndefined();
  expect(measure(numberIn('none'), read)).toBeUndefined();
});

test('Lines count by their whole name, each once, times the scale', () => {
  expect(measure(linesIn('stat', ['anon', 'file', 'sock'], 1000), read)).toBe(30_000);
  expect(measure(linesIn('throttle', ['Total']), read)).toBe(3);
  expect(measure(linesIn('stat', ['sock']), read)).toBeUndefined();
});

test('Numbers behind a label are summed over the file, and over files', () => {
  const sources = [
    { file: 'io', label: ' rbytes=' },
    { file: 'io', label: ' wbytes=' },
  ];
  expect(measure({ sources, scale: 1, mayLack: true }, read)).toBe(15);
  expect(measure(sumOf(numberIn('usage'), linesIn('stat', ['anon'])), read)).toBe(4106);
});

test('Where no number means 0 the file must be there all the same', () => {
  const amount = (file: string) => ({ sources: [{ file, label: ' rbytes=' }], scale: 1, mayLack: true });
  expect(measure(amount('empty'), read)).toBe(0);
  expect(measure(amount('none'), read)).toBeUndefined();
});
