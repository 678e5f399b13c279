import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseConfig } from '../../../src/config/index.ts';
import { fakeIo } from './fake-io.ts';

const configs = new URL('../../../configs/', import.meta.url);
const files = readdirSync(configs).filter((name) => name.endsWith('.conf'));

test.each(files)('configs/%s is read, in the current dialect unless it shows an old one', (file) => {
  const text = readFileSync(new URL(file, configs), 'utf8').replaceAll(/^lxc\.include.*$/gm, '');
  const { entries, notes } = parseConfig(text, { file, io: fakeIo() });
  expect(entries.length).toBeGreaterThan(0);
  if (file !== 'macvlan-board.conf') expect(notes).toEqual([]);
});
