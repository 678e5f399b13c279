import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Log, syslogLine } from '../../../src/run/log.ts';

let directory: string;
let file: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'lxc-ts-'));
  file = join(directory, 'foo.log');
});
afterEach(() => rmSync(directory, { recursive: true }));

const options = { program: 'lxc-start', name: 'foo', level: 'WARN' } as const;
const lines = (path = file) => readFileSync(path, 'utf8').trimEnd().split('\n');

test('A log has a line for what is important enough', () => {
  const log = new Log({ ...options, file });
  log.write('INFO', 'start', 'not told');
  log.write('ERROR', 'start', 'told');
  log.close();
  expect(lines()).toEqual([expect.stringMatching(/^lxc-start foo \d{14}\.\d{3} ERROR {4}start - told$/)]);
});

test('At its limit the file becomes FILE.1 and a new one begins', () => {
  const log = new Log({ ...options, file, limit: 100 });
  for (const word of ['one', 'two', 'three', 'four', 'five']) log.write('ERROR', 'start', word);
  log.close();
  expect(lines(`${file}.1`).map((line) => line.split(' ').at(-1))).toEqual(['three', 'four']);
  expect(lines().map((line) => line.split(' ').at(-1))).toEqual(['five']);
});

test('A file that another process put away is left where it is', () => {
  const log = new Log({ ...options, file, limit: 10 });
  log.write('ERROR', 'start', 'first');
  renameSync(file, `${file}.1`);
  log.write('ERROR', 'start', 'second');
  log.close();
  expect(lines(`${file}.1`).length).toBe(1);
  expect(lines()).toEqual([expect.stringContaining('second')]);
});

test('The log of the system gets what is important enough, also without a file', () => {
  const sent: string[] = [];
  const syslog = { facility: 'local3', pid: 4711, send: (line: string) => sent.push(line) };
  const log = new Log({ ...options, file: undefined, syslog });
  log.write('DEBUG', 'start', 'not told');
  log.write('WARN', 'start', 'told');
  log.close();
  expect(sent).toEqual(['<156>lxc-start[4711]: foo WARN     start - told']);
  expect(existsSync(file)).toBe(false);
});

test.each([
  ['daemon', 'ERROR', 27],
  ['daemon', 'FATAL', 24],
  ['local0', 'TRACE', 135],
  ['local7', 'NOTICE', 189],
] as const)('%s and %s are the priority %i', (facility, level, priority) => {
  const line = syslogLine({ facility, pid: 1, send: () => undefined }, level, 'lxc-stop', 'text');
  expect(line).toBe(`<${priority}>lxc-stop[1]: text`);
});
