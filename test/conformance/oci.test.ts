/** What the helper makes of what OCI engines write: the state a hook is given, and the configuration of a bundle. */

import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { buildNative } from '../../scripts/native.ts';

const dir = mkdtempSync(join(tmpdir(), 'oci-'));
const bundle = join(dir, 'a "b" \\ é');
const config = join(bundle, 'config.json');
const wrapper = join(dir, 'lxcfs-fake');

let helper = '';

beforeAll(() => {
  helper = buildNative();
  copyFileSync(helper, wrapper);
  // It shows what it was called with, and ends as a runtime may.
  writeFileSync(join(dir, 'fake'), '#!/bin/sh\nprintf "%s\\n" "$@"\nexit 7\n', { mode: 0o755 });
}, 120_000);
beforeEach(() => mkdirSync(bundle));
afterEach(() => rmSync(bundle, { recursive: true }));
afterAll(() => rmSync(dir, { recursive: true }));

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function run(file: string, args: readonly string[], input = ''): Ended {
  const { status, stdout, stderr } = spawnSync(file, args, {
    cwd: bundle,
    env: { PATH: `${dir}:${process.env.PATH}` },
    encoding: 'utf8',
    input,
  });
  return { status, stdout, stderr };
}

describe('The hook', () => {
  /** In a mount namespace without any view but what `prepare` mounts. */
  function hook(args: readonly string[], state: string, prepare = 'true'): Ended {
    const script = `umount -a -l -t fuse.lxcfs 2>/dev/null; ${prepare}; exec "$0" --oci-hook "$@"`;
    return run('unshare', ['-m', '--propagation', 'private', 'sh', '-c', script, helper, ...args], state);
  }

  const stateOf = (more: object = {}) =>
    JSON.stringify({ ociVersion: '1.0.2', id: 'foo', status: 'creating', pid: 1, bundle, ...more });
  const asking = (wish: string) => stateOf({ annotations: { 'lxcts.lxcfs': wish } });
  const silence = { status: 0, stdout: '', stderr: '' };
  const told = (reason: string) => ({
    status: 1,
    stdout: '',
    stderr: `lxcfs: Failed to show the container its own limits: ${reason}\n`,
  });
  const noView = told('no lxcfs is mounted; run lxcfs /var/lib/lxcfs');

  test.each(['createContainer', 'createRuntime', 'prestart'])('is silent without a view in %s', (stage) => {
    expect(hook([stage], stateOf())).toEqual(silence);
    expect(hook([stage, 'required'], stateOf())).toEqual(noView);
    expect(hook([stage, 'meminfo,/proc/stat cpu'], stateOf())).toEqual(noView);
  });

  const mountView = [
    'exec 9<>/dev/fuse',
    'mount -i -t fuse.lxcfs -o fd=9,rootmode=40000,user_id=0,group_id=0 lxc-ts /mnt',
  ].join('; ');

  test('is silent where a view is dead', () => {
    const prepare = `${mountView}; exec 9>&-`;
    expect(hook(['createContainer'], stateOf(), prepare)).toEqual(silence);
    expect(hook(['createContainer', 'required'], stateOf(), prepare)).toEqual(told('nobody answers in /mnt'));
  });

  test('does not wait for ever where a view hangs', () => {
    const holder = join(dir, 'holder');
    const prepare = `${mountView}; sleep 300 >/dev/null 2>&1 & echo $! >${holder}`;
    try {
      const ended = hook(['createContainer', 'required'], stateOf(), prepare);
      expect(ended).toEqual(told('nobody answers in the view'));
    } finally {
      process.kill(Number(readFileSync(holder, 'utf8')));
    }
  });

  test('lets an annotation of the container decide', () => {
    expect(hook(['createContainer', 'required'], asking('off'))).toEqual(silence);
    expect(hook(['createContainer', 'required'], asking('auto'))).toEqual(silence);
    expect(hook(['createContainer'], asking('required'))).toEqual(noView);
    expect(hook(['createContainer'], asking('meminfo'))).toEqual(noView);
    expect(hook(['createContainer', 'required'], asking(''))).toEqual(noView);
    const escaped = asking('required').replace('lxcts.lxcfs', '\\u006cxcts\\u002Elxcfs');
    expect(hook(['createContainer'], escaped)).toEqual(noView);
  });

  test('names what an annotation asks for in vain', () => {
    const strange = told('the view has no such file: meminfoo');
    expect(hook(['createContainer'], asking('meminfoo'))).toEqual(strange);
    const twice = asking('off').replace('"lxcts', '"lxcts.lxcfs":"off","lxcts');
    expect(hook(['createContainer'], twice)).toEqual(told('annotation lxcts.lxcfs: Bad message'));
    expect(hook(['createContainer'], asking('x'.repeat(600)))).toMatchObject({ status: 1 });
  });

  test.each([
    '',
    '{',
    '{"pid":1,}',
    '{"pid":01}',
    '{"pid":-}',
    '{"pid":1.}',
    '{"pid":1e}',
    '{"pid":1} {}',
    '{"pid" 1}',
    '{pid:1}',
    '{"id":"\\x"}',
    '{"id":"\\ud800"}',
    '{"id":"\\udc00\\ud800"}',
    '{"id":"a\nb"}',
    '{"id":"a}',
    '{"id":tru}',
    '{"id":[1,2}',
    '{"id":1}\0',
    `${'['.repeat(70)}${']'.repeat(70)}`,
  ])('reads nothing from %j', (state) => {
    expect(hook(['createContainer'], state)).toEqual(silence);
    expect(hook(['createContainer', 'required'], state)).toEqual(
      told("the container's state on standard input: Bad message"),
    );
  });

  test('reads any JSON that is one', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.nat(3), (more, indent) => {
        const text = JSON.stringify({ ...more, annotations: { 'lxcts.lxcfs': 'required' } }, null, indent);
        expect(hook(['createContainer'], text)).toEqual(noView);
      }),
      { numRuns: 30 },
    );
  });

  test('refuses a stage that it does not know', () => {
    expect(hook(['startContainer'], stateOf())).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('name createContainer, createRuntime or prestart'),
    });
  });
});

describe('A runtime behind lxcfs-NAME', () => {
  const ours = { path: wrapper, args: ['lxc-ts', '--oci-hook', 'createContainer'] };
  const create = () => run(wrapper, ['create', '--bundle', bundle, 'foo']);
  const afterCreate = (text: string) => {
    writeFileSync(config, text);
    expect(create()).toEqual({ status: 7, stdout: `create\n--bundle\n${bundle}\nfoo\n`, stderr: '' });
    expect(readdirSync(bundle)).toEqual(['config.json']);
    return readFileSync(config, 'utf8');
  };

  test.each([
    ['{}', { hooks: { createContainer: [ours] } }],
    [' { "a" : 1 } ', { a: 1, hooks: { createContainer: [ours] } }],
    ['{"hooks":null}', { hooks: { createContainer: [ours] } }],
    ['{"hooks":{}}', { hooks: { createContainer: [ours] } }],
    ['{"hooks":{"poststop":[]}}', { hooks: { createContainer: [ours], poststop: [] } }],
    ['{"hooks":{"createContainer":null}}', { hooks: { createContainer: [ours] } }],
    ['{"hooks":{"createContainer":[ ]}}', { hooks: { createContainer: [ours] } }],
    ['{"hooks":{"createContainer":[{"path":"/x"}]}}', { hooks: { createContainer: [ours, { path: '/x' }] } }],
  ])('finds the hook in %j', (text, expected) => {
    const fresh = afterCreate(text);
    expect(JSON.parse(fresh)).toEqual(expected);
    expect(afterCreate(fresh)).toBe(fresh);
  });

  test('finds the rest of any configuration as it was', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.nat(3), ({ hooks: _, ...rest }, indent) => {
        const text = JSON.stringify(rest, null, indent);
        const fresh = afterCreate(text);
        const added = `"hooks":{"createContainer":[${JSON.stringify(ours)}]}`;
        expect(JSON.parse(fresh)).toEqual({ ...JSON.parse(text), ...JSON.parse(`{${added}}`) });
        expect(fresh.replace(Object.keys(rest).length > 0 ? `${added},` : added, '')).toBe(text);
      }),
      { numRuns: 30 },
    );
  });

  test.each(['', '{"a":1', '{"a":1,"a":}', '[]', '{"hooks":1}', '{"hooks":{},"hooks":{}}'])(
    'finds %j as it was',
    (text) => {
      expect(afterCreate(text)).toBe(text);
    },
  );

  test.each([
    [['--root', 'run', '--log-format=json', '--systemd-cgroup', '--log', '/x', 'create', '-b']],
    [['--debug', 'run', '--pid-file', '/x', '--bundle']],
    [['-root', 'state', 'run', '-bundle']],
  ])('is found by %j', (args) => {
    writeFileSync(config, '{}');
    expect(run(wrapper, [...args, bundle, 'foo']).stdout).toBe(`${args.join('\n')}\n${bundle}\nfoo\n`);
    expect(readFileSync(config, 'utf8')).toContain('--oci-hook');
  });

  test('is found in the working directory, and by an option of one word', () => {
    for (const args of [
      ['run', 'foo'],
      ['run', '--bundle=.', 'foo'],
    ]) {
      writeFileSync(config, '{}');
      run(wrapper, args);
      expect(readFileSync(config, 'utf8')).toContain('--oci-hook');
    }
  });

  test.each([[['--root', 'create', 'delete', 'foo']], [['start', 'foo']], [['--version']], [[]]])(
    'is left alone by %j',
    (args) => {
      writeFileSync(config, '{}');
      expect(run(wrapper, args)).toMatchObject({ status: 7 });
      expect(readFileSync(config, 'utf8')).toBe('{}');
    },
  );

  test('keeps the mode of its configuration, and one elsewhere is not written to', () => {
    writeFileSync(config, '{}');
    chmodSync(config, 0o640);
    create();
    expect(statSync(config).mode & 0o7777).toBe(0o640);
    rmSync(config);
    const elsewhere = join(dir, 'elsewhere.json');
    writeFileSync(elsewhere, '{}');
    symlinkSync(elsewhere, config);
    create();
    expect(readFileSync(elsewhere, 'utf8')).toBe('{}');
  });

  test('that is not installed is named', () => {
    const other = join(dir, 'lxcfs-no-such');
    symlinkSync(wrapper, other);
    expect(run(other, ['--version'])).toEqual({
      status: 127,
      stdout: '',
      stderr: 'lxcfs-no-such: Failed to run no-such: No such file or directory\n',
    });
  });
});
