import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { version } from '../../../src/base/version.ts';
import { commands } from '../../../src/cli/commands.ts';
import { runLine } from './session.ts';

const run = (...argv: string[]) => runLine(argv.join(' '));

describe('the command line', () => {
  test('is the same as lxc-VERB and as lxc VERB', async () => {
    const long = await run('/usr/bin/lxc-stop', '--nolock', 'foo');
    expect(await run('lxc', 'stop', '--nolock', 'foo')).toEqual(long);
    expect(long).toEqual({
      out: '',
      err: 'lxc-stop: foo: --nolock may only be used with -k\n',
      status: 1,
    });
  });

  test('needs a container', async () => {
    expect(await run('lxc-stop')).toMatchObject({
      err: 'lxc-stop: No container name specified; try lxc-stop --help\n',
      status: 1,
    });
    expect((await run('lxc-kill')).status).toBe(255);
    expect((await run('lxc-stop', '../etc')).err).toContain("Failed to use '../etc' as a container name");
  });

  test('takes one container path', async () => {
    const twice = await run('lxc-stop', '-P', '/a', '-P', '/b', 'foo');
    expect(twice.err).toBe('lxc-stop: foo: This command only accepts 1 -P,--lxcpath arguments\n');
  });

  test('that is wrong gives the complaint and the help, and 1', async () => {
    const { out, err, status } = await run('lxc-stop', '--bogus');
    expect([out, status]).toEqual(['', 1]);
    expect(err).toMatch(/^lxc-stop: unrecognized option '--bogus'\nUsage: lxc-stop/);
  });

  test('prints no error with -q, but exits the same', async () => {
    expect(await run('lxc-stop', '-q', '--nolock', 'foo')).toEqual({ out: '', err: '', status: 1 });
  });

  test('asks for help on stderr: -h succeeds, -? does not', async () => {
    const [help, question] = [await run('lxc-stop', '-h'), await run('lxc-stop', '-?')];
    expect([help.status, question.status]).toEqual([0, 1]);
    expect(help.err).toBe(question.err);
    expect(help.err).toContain('  -t, --timeout=SECONDS');
  });

  test('knows no command of another name', async () => {
    expect(await run('lxc', 'bogus')).toMatchObject({ status: 1, out: '' });
    expect((await run('lxc', '--help')).err).toContain(' stop');
  });
});

test.each(Object.keys(commands))('%s describes itself', async (name) => {
  const { err, status } = await run(name, '--help');
  expect(status).toBe(0);
  expect(err).toMatch(new RegExp(`^Usage: ${name} `));
  for (const line of err.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
  expect((await run(name, '--usage')).err).toContain('[--version]');
  expect((await run(name, '--version')).out).toBe(`${version}\n`);
});

test('the version is that of the package', () => {
  const text = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8');
  expect(JSON.parse(text)).toMatchObject({ version });
});

test('a log has lines of LXC’s form and is for its owner only', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'lxc-ts-'));
  try {
    const file = join(directory, 'below', 'log');
    await run('lxc-stop', '-o', file, '--nolock', 'foo');
    expect(readFileSync(file, 'utf8')).toMatch(
      /^lxc-stop foo \d{14}\.\d{3} ERROR {4}\S+ - --nolock may only/,
    );
    expect(statSync(file).mode & 0o777).toBe(0o600);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
