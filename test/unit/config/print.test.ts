import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LxcError } from '../../../src/base/error.ts';
import {
  type Config,
  dumpConfig,
  parseConfig,
  printConfig,
  restoreConfig,
} from '../../../src/config/index.ts';
import { spellings } from '../../../src/config/lookup.ts';
import { isolationCases } from './cases/isolation.ts';
import { netCases } from './cases/net.ts';
import { processCases } from './cases/process.ts';
import { fakeIo } from './fake-io.ts';
import { failure, parse } from './support.ts';

const essence = (config: Config) => config.entries.map(({ key, text }) => [key, text]);

/** `undefined` where the text is refused, as it may be; any other error fails the test. */
function tryParse(text: string): Config | undefined {
  try {
    return parseConfig(text, { file: 'f', io: fakeIo({ files: { '/cfg/inc': 'lxc.tty.max = 1' } }) });
  } catch (error) {
    if (error instanceof LxcError) return undefined;
    throw error;
  }
}

function holds<T>(inputs: fc.Arbitrary<T>, check: (input: T) => void): void {
  void fc.assert(fc.property(inputs, check), { numRuns: 200 });
}

function survives(text: string): void {
  const config = tryParse(text);
  if (config === undefined) return;
  const printed = printConfig(config);
  const again = parse(printed);
  expect(essence(again)).toEqual(essence(config));
  expect(printConfig(again)).toBe(printed);
  expect(restoreConfig(dumpConfig(config)).entries).toEqual(config.entries);
}

const cases = [...processCases, ...isolationCases, ...netCases];
const goodLines = cases.flatMap(({ key, good, after = [] }) =>
  good.map(([text]) => [...after, `${key} = ${text}`].join('\n')),
);
const badLines = cases.flatMap(({ key, bad }) => bad.map(([text]) => `${key} = ${text}`));
const clearing = cases.map(({ key }) => `${key} =`);
const groups = [
  'lxc.net =',
  'lxc.net.0 =',
  'lxc.hook =',
  'lxc.cgroup =',
  'lxc.cgroup2 =',
  'lxc.prlimit =',
  'lxc.network =',
];

describe('a configuration that was read', () => {
  test('prints to one that reads the same, whatever lines it was made of', () => {
    const line = fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom(...goodLines) },
      fc.constantFrom(...clearing, ...groups),
    );
    holds(fc.array(line, { maxLength: 30 }), (lines) => survives(lines.join('\n')));
  });

  test('keeps texts with quotes and blanks at their ends', () => {
    const edge = fc.string({ unit: fc.constantFrom('"', "'", ' ', '\t', 'a', '=', '#'), maxLength: 6 });
    holds(edge, (text) => survives(`lxc.init.cmd = ${text}\nlxc.uts.name = "${text}"`));
  });
});

// An error costs milliseconds under the test runner, and most of these inputs make one.
describe('reading', { timeout: 60_000 }, () => {
  test('never fails in any other way than by refusing', () => {
    holds(fc.array(fc.constantFrom(...goodLines, ...badLines), { maxLength: 4 }), (lines) => {
      survives(lines.join('\n'));
    });
  });

  test('takes any bytes for what they are', () => {
    holds(fc.uint8Array({ maxLength: 200 }), (bytes) => survives(Buffer.from(bytes).toString('utf8')));
  });

  test('takes any text for any key', () => {
    const key = fc.constantFrom(...spellings().map((one) => one.replace(/<\w+>/, '0')), 'lxc.include');
    const value = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom(
        'inc',
        '/',
        'u',
        '1:2',
        '::',
        '0 0',
        'a b c',
        '-',
        '9'.repeat(400),
        'auto',
        'unix:',
        ',',
      ),
    );
    holds(fc.tuple(key, value), ([name, text]) => survives(`lxc.net.0.type = veth\n${name} = ${text}`));
  });

  test('takes any name behind any prefix', () => {
    const prefix = fc.constantFrom(
      'lxc.net.',
      'lxc.cgroup.',
      'lxc.sysctl.',
      'lxc.hook.',
      'lxc.network.',
      'lxcts.',
    );
    const name = fc.string({
      unit: fc.constantFrom('.', '0', '1', 'a', '<', 'n', '>', '/', '-', ' '),
      maxLength: 12,
    });
    holds(fc.tuple(prefix, name), ([start, end]) => survives(`${start}${end} = 1`));
  });
});

test('a printed configuration is in the current dialect and without includes', () => {
  const text = [
    'lxc.utsname = a',
    'lxc.include = inc',
    'lxc.network.type = veth',
    'lxc.network.link = br0',
  ].join('\n');
  const config = parseConfig(text, { file: 'f', io: fakeIo({ files: { '/cfg/inc': 'lxc.tty = 1' } }) });
  expect(printConfig(config)).toBe(
    'lxc.uts.name = a\nlxc.tty.max = 1\nlxc.net.0.type = veth\nlxc.net.0.link = br0\n',
  );
});

test('a variable of the caller with line breaks is printed by its name and recorded with its value', () => {
  const config = parse('lxc.environment = KEY', { env: { KEY: 'one\ntwo' } });
  expect(printConfig(config)).toBe('lxc.environment = KEY\n');
  expect(restoreConfig(dumpConfig(config)).many('lxc.environment')[0]?.value.value).toBe('one\ntwo');
});

test('a recorded configuration keeps spelling and place', () => {
  const config = parse(['', 'lxc.utsname = a']);
  expect(restoreConfig(dumpConfig(config)).one('lxc.uts.name')).toEqual({
    key: 'lxc.uts.name',
    spelled: 'lxc.utsname',
    text: 'a',
    value: 'a',
    origin: { file: 'foo.conf', line: 2 },
  });
});

test.each(['{}', '[1]', '[["lxc.x","lxc.x","1","f",1]]', '[["lxc.tty.max","lxc.tty",1,"f",1]]'])(
  'a record like %s is refused',
  (json) => {
    expect(failure(() => restoreConfig(json))).toContain('written by another version');
  },
);
