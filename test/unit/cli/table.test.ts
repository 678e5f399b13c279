import { describe, expect, test } from 'vitest';
import { namesText, tableText } from '../../../src/cli/table.ts';

const names = 'a bb ccc dddddd e f g h i jjjjjjjjjjjj k l m tools-a'.split(' ');

describe('names side by side', () => {
  test('are one padded name a row where the width is not known', () => {
    expect(namesText(['aa', 'b'], 0)).toBe('aa  \nb   \n');
    expect(namesText(['aa', 'long-name'], 5)).toBe('aa       \nlong-name\n');
  });

  test('fill the width, and a row that is not full ends in a blank', () => {
    expect(namesText(names, 80)).toBe(
      'a            bb           ccc          dddddd       e            f           \n' +
        'g            h            i            jjjjjjjjjjjj k            l           \n' +
        'm            tools-a      \n',
    );
    expect(namesText(names, 26)).toBe(namesText(names, 28));
    expect(namesText(names, 26)).toContain('\nm            tools-a     \n');
  });

  test('are nothing where there is none', () => {
    expect(namesText([], 80)).toBe('');
  });
});

test('a table is as wide as its widest cells, with a blank behind every column', () => {
  const rows = [
    'NAME STATE AUTOSTART GROUPS IPV4 IPV6 UNPRIVILEGED'.split(' '),
    ['c1', 'STOPPED', '0', '-', '-', '-', 'false'],
    ['c2', 'RUNNING', '1', 'g1, g2', '10.0.3.5', '-', 'true'],
  ];
  expect(tableText(rows)).toBe(
    'NAME STATE   AUTOSTART GROUPS IPV4     IPV6 UNPRIVILEGED \n' +
      'c1   STOPPED 0         -      -        -    false        \n' +
      'c2   RUNNING 1         g1, g2 10.0.3.5 -    true         \n',
  );
  expect(tableText([])).toBe('');
});
