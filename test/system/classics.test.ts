/** Commands that LXC had before 1.0. */

import { expect } from 'vitest';
import { lxc } from './harness/commands.ts';
import { testOurs } from './harness/suite.ts';

const gone = 'LXC has it no more';

testOurs('lxc-version prints the number that --version has', gone, async () => {
  const { stdout } = await lxc('start', ['--version']);
  expect(await lxc('version', [])).toEqual({ stdout: `lxc version: ${stdout}`, stderr: '', status: 0 });
});

testOurs('lxc-ps tells the container of each process', gone, async (scope) => {
  const [foo, bar] = [scope.container(), scope.container()];
  await foo.start();
  await bar.start();
  const [inFoo, inBar] = [await foo.initPid(), await bar.initPid()];
  const rows = async (...args: string[]) => {
    const done = await lxc('ps', args);
    expect([done.status, done.stderr]).toEqual([0, '']);
    const [header = '', ...lines] = done.stdout.trimEnd().split('\n');
    expect(header).toMatch(/^CONTAINER +.*PID/);
    const width = Math.max(9, foo.name.length, bar.name.length);
    return new Map(
      lines.map((line) => [Number(line.slice(width).trim().split(/\s+/)[0]), line.slice(0, width).trimEnd()]),
    );
  };
  const fields = ['-o', 'pid,args'];
  const inside = await rows('--lxc', '--', ...fields);
  expect([inside.get(inFoo), inside.get(inBar), inside.has(process.pid)]).toEqual([
    foo.name,
    bar.name,
    false,
  ]);
  expect([...(await rows('--name', foo.name, ...fields)).keys()]).toEqual([inFoo]);
  const host = await rows('--host', '-e', ...fields);
  expect([host.has(inFoo), host.get(process.pid)]).toEqual([false, '']);
  const everything = await rows('-e', ...fields);
  expect([everything.get(inBar), everything.get(process.pid)]).toEqual([bar.name, '']);
  expect(await lxc('ps', ['-e', '-o', 'args'])).toMatchObject({ stdout: '', status: 1 });
});

testOurs('lxc-netstat shows the sockets of the container', gone, async (scope) => {
  const foo = scope.container({ config: ['lxc.net.0.type = empty', 'lxc.net.0.flags = up'] });
  expect((await lxc('netstat', ['-n', foo.name])).stderr).toContain(`container '${foo.name}' is not running`);
  await foo.start();
  const done = await lxc('netstat', ['-n', foo.name, '-x', '-l']);
  expect([done.status, done.stderr]).toEqual([0, '']);
  expect(done.stdout).toContain('Active UNIX domain sockets');
  expect(done.stdout).not.toContain('lxc-ts/brain-');
  expect((await lxc('netstat', [])).status).toBe(1);
});

testOurs('lxc-shutdown asks, waits, and stops in the end', gone, async (scope) => {
  const foo = scope.container({ config: ['lxc.signal.halt = SIGKILL'] });
  const { name } = foo;
  const stopped = { stdout: '', status: 1 };
  expect(await lxc('shutdown', ['-n', name])).toMatchObject(stopped);
  await foo.start();
  expect(await lxc('shutdown', ['-n', name, '-w'])).toEqual({
    stdout: `Container ${name} has shut down\n`,
    stderr: '',
    status: 0,
  });
  foo.configure('lxc.signal.halt = SIGUSR1');
  await foo.start();
  expect(await lxc('shutdown', ['-n', name])).toEqual({ stdout: '', stderr: '', status: 0 });
  expect(await foo.state()).toBe('RUNNING');
  const forced = await lxc('shutdown', ['-n', name, '-t', '1']);
  expect(forced).toEqual({ stdout: `Calling lxc-stop on ${name}\n`, stderr: '', status: 0 });
  expect(await foo.state()).toBe('STOPPED');
});
