import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Ground } from '../../../src/base/grounds.ts';
import { Patterns } from '../../../src/run/pattern.ts';
import { ByteReader, ByteWriter } from '../../../src/wire/bytes.ts';
import { encodeProgram } from '../../../src/wire/encode.ts';

let dir: string;
let patterns: Patterns;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'lxc-ts-'));
  patterns = new Patterns();
});

afterEach(() => rmSync(dir, { recursive: true }));

function hello(argv: readonly string[]): Buffer {
  return new ByteWriter()
    .raw(Buffer.alloc(40))
    .text('/root')
    .texts(argv)
    .texts(['PATH=/bin'])
    .text('build')
    .take();
}

function program(path: string): Buffer {
  const why = { key: 'k', act: 'a' };
  return encodeProgram({
    parent: [{ op: 'unlink', args: { path }, why }],
    child: [],
    settings: [],
    after: 'return',
    exit: 'zero',
  });
}

interface Given {
  readonly path?: string;
  readonly grounds?: readonly Ground[];
  readonly argv?: readonly string[];
  readonly pidfile?: string;
}

function learn(name: string, { path = `/x/${name}`, grounds, argv, pidfile }: Given = {}): void {
  const free = pidfile === undefined ? [name] : [name, pidfile];
  patterns.learn(dir, {
    hello: hello(argv ?? ['lxc-start', '-n', ...free, '-d']),
    namespaces: '0123456789abcdef',
    grounds: grounds ?? [{ kind: 'absent', path: `/run/${name}.record` }],
    again: { kind: 'program', bytes: program(path) },
    free,
  });
}

const files = () => globSync(`${dir}/patterns/*`);

function lengths(): readonly number[] {
  const from = new ByteReader(readFileSync(files()[0] ?? '').subarray(8));
  expect(from.u32()).toBe(1);
  expect(from.text()).toBe('0123456789abcdef');
  const most = new ByteReader(from.blob());
  return Array.from({ length: most.left / 4 }, () => most.u32());
}

test('Two answers that differ only in their names show a pattern', () => {
  learn('web1');
  expect(files()).toEqual([]);
  learn('web2');
  expect(files()).toHaveLength(1);
  expect(readFileSync(files()[0] ?? '', 'latin1')).not.toMatch(/web[12]/);
});

test('The same answer twice shows none', () => {
  learn('web1');
  learn('web1');
  expect(files()).toEqual([]);
});

test.each<[string, Given]>([
  ['a program with more in it', { path: '/y/web2' }],
  ['another ground', { grounds: [{ kind: 'present', path: '/run/web2.record' }] }],
  ['a value of a ground', { grounds: [{ kind: 'text', path: '/run/web2.record', text: '2' }] }],
  ['another option', { argv: ['lxc-start', '-n', 'web2', '-F'] }],
  ['a name that is not said', { argv: ['lxc-start', '--name=web2', '-d'] }],
])('No pattern is seen in %s', (_, other) => {
  learn('web1');
  learn('web2', other);
  expect(files()).toEqual([]);
});

test.each(['.web', 'we b', 'we/b', 'w*b', 'wéb', '-web'])('%j may mean something', (name) => {
  learn('web1');
  learn('web2');
  rmSync(`${dir}/patterns`, { recursive: true });
  learn(name);
  expect(files()).toEqual([]);
});

test('No words longer than those that were seen are taken', () => {
  learn('web1', { pidfile: '/run/1.pid' });
  learn('web2', { pidfile: '/run/2.pid' });
  expect(lengths()).toEqual([4, 10]);
  learn('web100', { pidfile: '/run/100.pid' });
  expect(lengths()).toEqual([6, 12]);
  learn('w', { pidfile: '/run/3.pid' });
  expect(lengths()).toEqual([6, 12]);
});

test('A word within a word is not taken for it', () => {
  learn('web1', { pidfile: '/run/web1.pid', path: '/run/web1.pid' });
  learn('web2', { pidfile: '/run/2.pid', path: '/run/2.pid' });
  expect(lengths()).toEqual([4, 13]);
});

test('Words that come and go leave no other', () => {
  learn('web1', { pidfile: '/run/pid' });
  learn('web2', { pidfile: '/run/pid' });
  expect(files()).toEqual([]);
});
