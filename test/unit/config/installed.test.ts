import { existsSync, readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { loadConfig, nodeConfigIo } from '../../../src/config/index.ts';

const fragments = '/usr/share/lxc/config';
const io = nodeConfigIo({ cwd: '/', env: {} });
const files = [
  '/etc/lxc/default.conf',
  ...(existsSync(fragments) ? readdirSync(fragments) : [])
    .filter((name) => name.endsWith('.conf'))
    .map((name) => `${fragments}/${name}`),
].filter((file) => existsSync(file));

if (files.length === 0) console.info(`skipped: the package lxc is not installed, ${fragments} is not there`);

test.skipIf(files.length === 0).each(files)('%s, as the distribution ships it, is read', (file) => {
  expect(loadConfig(file, io).notes.filter(({ kind }) => kind === 'warning')).toEqual([]);
});
