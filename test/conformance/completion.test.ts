/** The completion of each shell, by the shell itself. `lxc-ls` is a script that names two containers. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { run } from '../system/harness/commands.ts';

const project = join(import.meta.dirname, '../..');
const files = join(project, 'completions');
const scratch = mkdtempSync(join(tmpdir(), 'comfort-completion-'));
const lister = '#!/bin/sh\n[ "$2" = -P ] && echo "in-$(basename "$3")"\necho foo\necho fob\n';
writeFileSync(join(scratch, 'lxc-ls'), lister, { mode: 0o755 });
afterAll(() => rmSync(scratch, { recursive: true }));

const env = {
  ...process.env,
  PATH: `${scratch}:${process.env.PATH ?? ''}`,
  HOME: scratch,
  LC_ALL: 'C.UTF-8',
};

async function lines(argv: readonly string[]): Promise<readonly string[]> {
  const [file = '', ...args] = argv;
  const done = await run(file, args, { env, timeoutMs: 60_000 });
  expect(done.stderr).toBe('');
  return done.stdout.split('\n').flatMap((word) => word.trim() || []);
}

/** As readline splits a line: `=` is a word of its own. */
function bash(line: string): Promise<readonly string[]> {
  const words = line.split(' ').flatMap((word) => (word.startsWith('-') ? word.split(/(=)/) : [word]));
  const fromStart = words.at(-1) === '' && words.at(-2) === '=' ? words.slice(0, -1) : words;
  const script = `. "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _lxc_complete; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return lines(['bash', '--norc', '-c', script, join(files, 'lxc.bash'), ...fromStart]);
}

function zsh(line: string): Promise<readonly string[]> {
  return lines(['zsh', '-f', join(import.meta.dirname, 'completion/zsh-matches'), files, line]);
}

async function fish(line: string): Promise<readonly string[]> {
  const script = 'source $argv[1]; complete -C $argv[2]';
  const found = await lines(['fish', '--no-config', '-c', script, join(files, 'lxc.fish'), line]);
  return found.map((match) => match.split('\t')[0] ?? '');
}

const shells = { bash, fish, zsh };

describe.each(Object.entries(shells))('%s', (_, complete) => {
  test('It completes long options of a command', async () => {
    const found = await complete('lxc-start --pid');
    expect(found.map((word) => word.replace(/=$/, ''))).toEqual(['--pidfile']);
  });

  test('It completes containers, as operand and behind -n', async () => {
    expect([...(await complete('lxc-stop f'))].sort()).toEqual(['fob', 'foo']);
    expect([...(await complete('lxc-stop -n f'))].sort()).toEqual(['fob', 'foo']);
  });

  test('It asks for the containers of the path that the line names', async () => {
    expect(await complete('lxc-stop -P /some/where -n in')).toEqual(['in-where']);
  });

  test('It completes states, keys and formats', async () => {
    expect(await complete('lxc-wait -n foo -s RUN')).toEqual(['RUNNING']);
    expect(await complete('lxc-info -n foo -c lxc.uts')).toEqual(['lxc.uts.name']);
    expect((await complete('lxc-ls --format j')).map((word) => word.replace(/^--format=/, ''))).toEqual([
      'json',
    ]);
  });

  test('It completes verbs of lxc, and their options', async () => {
    expect(await complete('lxc unfr')).toEqual(['unfreeze']);
    expect((await complete('lxc start --pid')).map((word) => word.replace(/=$/, ''))).toEqual(['--pidfile']);
  });

  test('It completes commands within commands, and their options', async () => {
    expect(await complete('lxcfs statu')).toEqual(['status']);
    expect((await complete('lxc-net install --uninst')).map((word) => word.replace(/=$/, ''))).toEqual([
      '--uninstall',
    ]);
    expect(await complete('lxcfs install pod')).toEqual(['podman']);
  });
});
