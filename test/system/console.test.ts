/** lxc-console on a terminal: what is typed and shown, how it is left, and what is refused; beside Debian's. */

import { join } from 'node:path';
import { expect } from 'vitest';
import { binDir, cBinDir, cLxc, lxc, start } from './harness/commands.ts';
import type { Container } from './harness/container.ts';
import { eventually } from './harness/eventually.ts';
import type { Scope } from './harness/scope.ts';
import { Screen } from './harness/screen.ts';
import { test, testOurs } from './harness/suite.ts';
import { User } from './harness/user.ts';

const both = 'it compares the two';
const busy = /somebody else is connected to it|Denied access to tty/;

/** Two ttys, on the first of which a shell waits. */
function withShell(scope: Scope, ...config: string[]): Container {
  const foo = scope.container({ config: ['lxc.tty.max = 2', 'lxc.init.cmd = /init', ...config] });
  foo.script(
    'init',
    "exec 2>/dev/tty2 3>/dev/tty2; while :; do PS1='inside> ' sh -i </dev/tty1 >/dev/tty1 2>&1; done",
  );
  return foo;
}

const command = (directory: string, foo: Container, ...args: string[]) => [
  join(directory, 'lxc-console'),
  '-n',
  foo.name,
  ...args,
];

async function usesShell(scope: Scope, argv: readonly string[]): Promise<void> {
  const screen = new Screen(scope);
  await screen.open(argv);
  await screen.shows(
    'Connected to tty 1\nType <Ctrl+a q> to exit the console, <Ctrl+a Ctrl+a> to enter Ctrl+a itself',
  );
  await screen.type('echo $((6 * 7)) by hand', 'Enter');
  await screen.shows('42 by hand');
  await screen.type('C-a', 'q');
  await screen.ended(0);
}

test('A tty of the container is typed into and left by the escape', async (scope) => {
  const foo = withShell(scope);
  await foo.start();
  await usesShell(scope, command(binDir, foo));
});

testOurs('Each side shows the ttys of the other', both, async (scope) => {
  const [ours, theirs] = [withShell(scope), withShell(scope)];
  await ours.start();
  expect((await cLxc('start', ['-n', theirs.name])).status).toBe(0);
  await usesShell(scope, command(cBinDir, ours, '-t', '1'));
  await usesShell(scope, command(binDir, theirs, '-t', '1'));
});

test('A tty has one user; the next free one and others than there are can be told apart', async (scope) => {
  const foo = withShell(scope);
  await foo.start();
  const [one, two, three] = [new Screen(scope), new Screen(scope), new Screen(scope)];
  await one.open(command(binDir, foo, '-t', '1'));
  await one.shows('Connected to tty 1');
  await two.open(command(binDir, foo));
  await two.shows('Connected to tty 2');
  await three.open(command(binDir, foo, '-t', '1'));
  expect(await three.ended(1)).toMatch(busy);
  await one.type('C-a', 'q');
  await one.ended(0);
  const again = new Screen(scope);
  await again.open(command(binDir, foo, '-t', '1'));
  await again.shows('Connected to tty 1');
});

test('The prefix of the escape can be chosen, and typed itself by typing it twice', async (scope) => {
  const foo = scope.container({ config: ['lxc.tty.max = 1', 'lxc.init.cmd = /init'] });
  foo.script(
    'init',
    'exec </dev/tty1; stty raw -echo; echo ready >/dev/tty1; head -c 4 >/out/typed; exec sleep 1000',
  );
  await foo.start();
  const screen = new Screen(scope);
  await screen.open(command(binDir, foo, '-e', '^x'));
  await screen.shows('<Ctrl+x q>');
  await screen.shows('ready');
  await screen.type('C-a', 'q', 'C-x', 'C-x', 'e');
  await eventually(() => foo.read('/out/typed') === '\x01q\x18e', 'all was typed');
  await screen.type('C-x', 'q');
  await screen.ended(0);
});

testOurs('The window of the terminal is that of the tty', 'LXC does not tell of changes', async (scope) => {
  const foo = withShell(scope);
  await foo.start();
  const screen = new Screen(scope);
  await screen.open(command(binDir, foo));
  await screen.shows('Connected');
  await screen.type('while sleep 0.1; do stty size; done', 'Enter');
  await screen.shows('24 100');
  await screen.resize({ columns: 77, rows: 20 });
  await screen.shows('20 77');
});

test('The end of the container is the end of the console', async (scope) => {
  const foo = withShell(scope);
  await foo.start();
  const screen = new Screen(scope);
  await screen.open(command(binDir, foo, '-t', '2'));
  await screen.shows('Connected to tty 2');
  await foo.stop();
  await screen.ended(0);
});

testOurs('What is refused is said, with the status that LXC has', both, async (scope) => {
  const [foo, bar] = [withShell(scope), scope.container()];
  await foo.start();
  await bar.start();
  const refusals: readonly (readonly [readonly string[], string])[] = [
    [['-n', 'no-such-name'], 'no-such-name is not running'],
    [[], 'No container name specified'],
    [['-n', foo.name, '-t', 'x'], "Failed to read 'x' as a number"],
    [['-n', foo.name, '-t', '-1'], 'there is none of that number'],
    [['-n', foo.name, '--bogus'], "unrecognized option '--bogus'"],
  ];
  for (const [args, words] of refusals) {
    const [ours, theirs] = [await lxc('console', args), await cLxc('console', args)];
    expect([ours.stdout, ours.status], args.join(' ')).toEqual([theirs.stdout, theirs.status]);
    expect(ours.stderr).toContain(words);
  }
  const piped = await lxc('console', ['-n', foo.name]);
  expect(piped).toMatchObject({ stdout: '', status: 1 });
  expect(piped.stderr).toContain('standard input is no terminal');
  const missing = [
    [command(binDir, foo, '-t', '3'), 'it has ttys 1 to 2'],
    [command(binDir, bar), 'it has no ttys; set lxc.tty.max, or take the console with -t 0'],
    [command(cBinDir, bar), ''],
  ] as const;
  for (const [argv, words] of missing) {
    const screen = new Screen(scope);
    await screen.open(argv);
    expect(await screen.ended(1)).toContain(words);
  }
});

testOurs(
  'An ordinary user uses his containers and no others',
  'LXC needs more of the host',
  async (scope) => {
    const user = new User(scope);
    const foo = withShell(scope);
    await foo.start();
    const argv = ['setpriv', '--reuid=23456', '--regid=23456', '--clear-groups', '--'];
    const screen = new Screen(scope, { env: { HOME: user.home, XDG_RUNTIME_DIR: join(user.home, 'run') } });
    await screen.open([...argv, ...command(binDir, foo, '-P', '/var/lib/lxc')]);
    expect(await screen.ended(1)).toContain(`Insufficient privileges to control ${foo.name}`);
  },
);

testOurs('A signal ends it and the terminal is as it was', both, async (scope) => {
  const foo = withShell(scope);
  await foo.start();
  const screen = new Screen(scope);
  await screen.open(['sh', '-c', 'echo $$; exec "$@"', 'sh', ...command(binDir, foo)]);
  const [, pid = ''] = /^(\d+)\n/.exec(await screen.shows('Connected')) ?? [];
  const killed = start('kill', ['-TERM', pid]);
  await new Promise((done) => killed.on('close', done));
  await screen.ended(0);
});
