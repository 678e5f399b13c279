/** The library against the kernel: what the commands do, as functions. */

import { existsSync, readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { Container, ExecError, LxcError, list, type State } from '../../src/index.ts';
import { run } from './harness/commands.ts';
import type { Container as TestContainer } from './harness/container.ts';
import { eventually } from './harness/eventually.ts';
import type { Scope } from './harness/scope.ts';
import { testOurs } from './harness/suite.ts';

function test(title: string, body: (scope: Scope) => Promise<void>): void {
  testOurs(title, 'the library', body);
}

/** A container on disk, and the library's handle for it. */
async function handle(scope: Scope, config: readonly string[] = []): Promise<[TestContainer, Container]> {
  const foo = scope.container({ config });
  return [foo, await Container.open(foo.name)];
}

async function errorOf(work: PromiseLike<unknown>): Promise<LxcError> {
  try {
    await work;
  } catch (error) {
    if (error instanceof LxcError) return error;
    throw error;
  }
  throw new Error('It should have failed');
}

test('A container is started, looked at and stopped', async (scope) => {
  const [foo, container] = await handle(scope);
  expect(await container.state()).toBe('STOPPED');
  expect(await container.pid()).toBeUndefined();
  const { pid, warnings } = await container.start();
  expect(warnings).toEqual([]);
  expect(await container.state()).toBe('RUNNING');
  expect(pid).toBe(await foo.initPid());
  expect(await container.info()).toMatchObject({ name: foo.name, state: 'RUNNING', pid });
  expect((await container.info()).stats?.memoryBytes).toBeGreaterThan(0);
  expect(await container.kill()).toBe(true);
  expect(await container.state()).toBe('STOPPED');
  expect(await container.kill()).toBe(false);
  expect(await container.stop()).toBe(false);
});

test('await using ends a container and lets a frozen one go on', async (scope) => {
  const [, container] = await handle(scope);
  {
    await using started = await container.start();
    expect(started.pid).toBeGreaterThan(0);
    {
      await using _frozen = await container.freeze();
      expect(await container.state()).toBe('FROZEN');
    }
    expect(await container.state()).toBe('RUNNING');
  }
  expect(await container.state()).toBe('STOPPED');
});

test('A second start fails with a code, and so does what needs a running container', async (scope) => {
  const [, container] = await handle(scope);
  expect(await errorOf(container.exec(['/bin/true']))).toMatchObject({ code: 'NOT_RUNNING' });
  expect(await errorOf(container.freeze())).toMatchObject({ code: 'NOT_RUNNING' });
  expect(await errorOf(container.cgroup.get('pids.current'))).toMatchObject({ code: 'NOT_RUNNING' });
  await using _started = await container.start();
  expect(await errorOf(container.start())).toMatchObject({ code: 'ALREADY_RUNNING' });
  expect(await errorOf(container.destroy())).toMatchObject({ code: 'ALREADY_RUNNING' });
});

test('What fails tells the line to blame and the next move', async (scope) => {
  const [foo, container] = await handle(scope, ['lxc.mount.entry = /nosuch srv/data none bind 0 0']);
  const refused = await errorOf(container.start());
  expect(refused).toMatchObject({ code: 'FAILED', origin: { file: foo.configFile, line: 4 } });
  expect(refused.message).toContain('/nosuch');
  foo.configure('lxc.uts.nam = foo');
  expect(await errorOf(container.start())).toMatchObject({
    code: 'INVALID_CONFIG',
    origin: { file: foo.configFile, line: 5 },
    hint: 'did you mean lxc.uts.name?',
  });
  expect(await errorOf(Container.open('lib-nosuch'))).toMatchObject({ code: 'NOT_DEFINED' });
  expect(await errorOf(Container.open('../x'))).toMatchObject({ code: 'INVALID_ARGUMENT' });
});

test('A command gives its streams and its status', async (scope) => {
  const [, container] = await handle(scope);
  await using _started = await container.start();
  const done = await container.exec(['/probe', '--say', 'out', 'err']);
  expect(done).toMatchObject({ stdout: 'out', stderr: 'err', exitCode: 0, failed: false, signal: undefined });
  expect(done.durationMs).toBeGreaterThan(0);
  expect(await container.exec(['/bin/cat'], { input: 'through\n' })).toMatchObject({ stdout: 'through' });
  const bytes = await container.exec(['/bin/cat'], { input: Buffer.from([0xff, 0, 10]), encoding: 'buffer' });
  expect(bytes.stdout).toEqual(Buffer.from([0xff, 0, 10]));
  const lines: string[] = [];
  for await (const line of container.exec(['/bin/sh', '-c', 'echo one; echo two'])) lines.push(line);
  expect(lines).toEqual(['one', 'two']);
});

test('A command that fails is an error with its output, or a result where that is wanted', async (scope) => {
  const [, container] = await handle(scope);
  await using _started = await container.start();
  const failed = await errorOf(container.exec(['/bin/sh', '-c', 'echo half; echo why >&2; exit 42']));
  expect(failed).toBeInstanceOf(ExecError);
  expect(failed).toMatchObject({ code: 'COMMAND_FAILED', exitCode: 42, stdout: 'half', stderr: 'why' });
  expect(failed.message).toBe('Failed to run /bin/sh: it exited with status 42 (why)');
  const killed = await container.exec(['/probe', '--die', '15'], { reject: false });
  expect(killed).toMatchObject({ signal: 'SIGTERM', exitCode: undefined, failed: true });
  expect(await errorOf(container.exec(['/nosuch']))).toMatchObject({ code: 'NOT_EXECUTABLE', exitCode: 127 });
  expect(await errorOf(container.exec(['/bin/pwd'], { cwd: '/nosuch' }))).toMatchObject({ code: 'FAILED' });
});

test('A command has its own directory, ids and variables, and none of this process', async (scope) => {
  const [, container] = await handle(scope, ['lxc.environment = FROM_CONFIG=yes']);
  await using _started = await container.start();
  process.env.LIBRARY_SECRET = 'secret';
  const script = 'pwd; id -u; id -g; env';
  const { stdout } = await container.exec(['/bin/sh', '-c', script], {
    cwd: '/tmp',
    uid: 12,
    gid: 34,
    env: { MINE: 'a b' },
  });
  const [pwd, uid, gid, ...env] = stdout.split('\n');
  expect([pwd, uid, gid]).toEqual(['/tmp', '12', '34']);
  expect(env).toEqual(expect.arrayContaining(['MINE=a b', 'FROM_CONFIG=yes', 'container=lxc']));
  expect(stdout).not.toContain('secret');
});

test('A command is ended by its signal, by a limit of time, and by the end of its scope', async (scope) => {
  const [foo, container] = await handle(scope);
  await using _started = await container.start();
  const late = container.exec(['/bin/sleep', '100'], { signal: AbortSignal.timeout(300) });
  expect(await errorOf(late)).toMatchObject({ code: 'TIMED_OUT' });
  const stubborn = ['/bin/sh', '-c', 'trap "" TERM; echo ready; while :; do sleep 0.1; done'];
  const controller = new AbortController();
  const running = container.exec(stubborn, { signal: controller.signal, forceKillAfter: 200 });
  for await (const line of running.stdout) {
    expect(String(line)).toBe('ready\n');
    break;
  }
  controller.abort(new Error('enough'));
  expect(await errorOf(running)).toMatchObject({ code: 'ABORTED', signal: 'SIGKILL' });
  {
    await using _sleeping = container.exec(['/bin/sleep', '101']);
    await eventually(() => hasProcess(foo, 'sleep\u0000101'), 'the command runs');
  }
  expect(hasProcess(foo, 'sleep\u0000101')).toBe(false);
  const asked = container.exec(
    ['/bin/sh', '-c', 'trap "exit 7" USR1; echo up; while :; do sleep 0.1; done'],
    {
      reject: false,
    },
  );
  asked.stdout.once('data', () => asked.kill('SIGUSR1'));
  expect(await asked).toMatchObject({ exitCode: 7 });
});

function hasProcess(foo: TestContainer, words: string): boolean {
  const tasks = readFileSync(`${foo.cgroupDir('pids')}/tasks`, 'utf8')
    .trim()
    .split('\n');
  return tasks.some((pid) => {
    const file = `/proc/${pid}/cmdline`;
    return existsSync(file) && readFileSync(file, 'utf8').includes(words);
  });
}

test('Too much output ends a command, and streams need no buffer', async (scope) => {
  const [, container] = await handle(scope);
  await using _started = await container.start();
  const chatty = ['/bin/sh', '-c', 'while :; do echo 0123456789; done'];
  const flooded = await errorOf(container.exec(chatty, { maxBuffer: 1000 }));
  expect(flooded).toMatchObject({ code: 'TOO_MUCH_OUTPUT', signal: 'SIGKILL' });
  const streamed = container.exec(chatty, { buffer: false, reject: false });
  let size = 0;
  for await (const piece of streamed.stdout) {
    size += Buffer.byteLength(piece);
    if (size > 100_000) break;
  }
  streamed.kill('SIGKILL');
  expect(await streamed).toMatchObject({ stdout: undefined, failed: true });
});

test('A command with a terminal has one of its own, that can be resized', async (scope) => {
  const [, container] = await handle(scope, ['lxc.pty.max = 16']);
  await using _started = await container.start();
  const seen = await container.exec(['/bin/sh', '-c', 'test -t 0 && test -t 2 && stty size && tty'], {
    pty: { rows: 33, columns: 111 },
  });
  expect(seen.stdout).toMatch(/^33 111\r\n\/dev\/pts\/\d+$/);
  const shell = container.exec(['/bin/sh'], { pty: true, stdin: 'pipe', env: { PS1: '> ' } });
  shell.resize({ rows: 10, columns: 20 });
  shell.stdin.write('stty size; exit 3\n');
  const { code, stdout } = await shell.then(
    () => ({ code: '', stdout: '' }),
    (error: ExecError) => ({ code: error.code, stdout: String(error.stdout) }),
  );
  expect(code).toBe('COMMAND_FAILED');
  expect(stdout).toContain('10 20');
  expect((await container.exec(['/bin/cat'], { pty: true, input: 'typed\n' })).stdout).toContain('typed\r\n');
});

test('A container of a single command gives what the command gives', async (scope) => {
  const [, container] = await handle(scope);
  expect(await container.run(['/bin/sh', '-c', 'echo in; cat'], { input: 'side' })).toMatchObject({
    stdout: 'in\nside',
    exitCode: 0,
  });
  expect(await container.state()).toBe('STOPPED');
  const failed = await container.run(['/bin/sh', '-c', 'exit 5'], { reject: false });
  expect(failed.exitCode).toBe(5);
  const late = container.run(['/bin/sleep', '100'], {
    signal: AbortSignal.timeout(500),
    forceKillAfter: 300,
  });
  expect(await errorOf(late)).toMatchObject({ code: 'TIMED_OUT' });
  await container.wait('STOPPED');
});

test('A command is ended when its program exits', async (scope) => {
  const [foo, container] = await handle(scope);
  await using _started = await container.start();
  const library = new URL('../../src/index.ts', import.meta.url).href;
  const text = `const { Container } = await import('${library}');
for await (const line of Container.at('${foo.name}').exec(['/bin/sh', '-c', 'echo up; exec sleep 102'])) process.exit(7);`;
  const program = await run(process.execPath, ['--input-type=module', '-e', text]);
  expect(program).toMatchObject({ stderr: '', status: 7 });
  await eventually(() => !hasProcess(foo, 'sleep\u0000102'), 'the command has ended');
});

test('The console tells what it has shown', async (scope) => {
  const [foo, container] = await handle(scope, ['lxc.console.buffer.size = auto']);
  foo.script('talk', 'echo hello from init; exec sleep 100');
  await using _started = await container.start({ command: ['/talk'] });
  await eventually(
    async () => `${await container.consoleLog()}`.includes('hello from init'),
    'init has spoken',
  );
});

test('Limits are said for one start, read and changed', async (scope) => {
  const [, container] = await handle(scope);
  const config = { 'lxc.cgroup.memory.limit_in_bytes': '64M', 'lxc.uts.name': 'limited' } as const;
  await using _started = await container.start({ config });
  expect(await container.cgroup.get('memory.limit_in_bytes')).toBe(String(64 << 20));
  expect(await container.cgroup.get('memory.max')).toBe(String(64 << 20));
  await container.cgroup.set('memory.limit_in_bytes', 32 << 20);
  expect(await container.cgroup.get('memory.limit_in_bytes')).toBe(String(32 << 20));
  expect((await container.exec(['/bin/hostname'])).stdout).toBe('limited');
  expect(await container.config.running('lxc.uts.name')).toBe('limited');
  expect(await container.config.get('lxc.uts.name')).toBe('');
  expect(await errorOf(container.cgroup.set('memory.nosuch', 1))).toMatchObject({ code: 'FAILED' });
});

test('A configuration is edited line by line, and stays as it was where the result would be wrong', async (scope) => {
  const [foo, container] = await handle(scope, ['# kept', 'lxc.group = one']);
  await container.config.append('lxc.group', ['two', 'three']);
  await container.config.set('lxc.start.auto', true);
  expect(await container.config.get('lxc.group')).toBe('one\ntwo\nthree\n');
  const text = readFileSync(foo.configFile, 'utf8');
  expect(text).toContain('# kept\n');
  const wrong = await errorOf(container.config.set('lxc.start.delay', 'soon'));
  expect(wrong).toMatchObject({ code: 'INVALID_CONFIG' });
  expect(readFileSync(foo.configFile, 'utf8')).toBe(text);
  await container.config.edit((draft) => {
    draft.remove('lxc.group');
    draft.set('lxc.net.0.type', 'empty');
  });
  const entries = await container.config.entries();
  expect(entries.map(({ key }) => key)).not.toContain('lxc.group');
  expect(entries.at(-1)).toMatchObject({
    key: 'lxc.net.0.type',
    value: 'empty',
    origin: { file: foo.configFile },
  });
});

test('States are waited for, and told as they come', async (scope) => {
  const [, container] = await handle(scope);
  const seen: State[] = [];
  const controller = new AbortController();
  const watching = (async () => {
    for await (const { state } of container.events({ signal: controller.signal })) seen.push(state);
  })();
  await eventually(() => seen.length === 1, 'the first state is told');
  const running = container.wait('RUNNING');
  await container.start();
  expect(await running).toBe('RUNNING');
  await eventually(() => seen.at(-1) === 'RUNNING', 'the start is told');
  await container.freeze();
  await eventually(() => seen.at(-1) === 'FROZEN', 'freezing is told');
  await container.unfreeze();
  await eventually(() => seen.at(-1) === 'RUNNING', 'thawing is told');
  const stopped = container.wait(['STOPPED']);
  await container.kill();
  expect(await stopped).toBe('STOPPED');
  await eventually(() => seen.at(-1) === 'STOPPED', 'the end is told');
  controller.abort();
  expect(await errorOf(watching)).toMatchObject({ code: 'ABORTED' });
  expect(seen[0]).toBe('STOPPED');
  const never = container.wait('FROZEN', { signal: AbortSignal.timeout(100) });
  expect(await errorOf(never)).toMatchObject({ code: 'TIMED_OUT' });
});

test('A plan is data and changes nothing', async (scope) => {
  const [foo, container] = await handle(scope);
  const plan = await container.plan({ config: { 'lxc.uts.name': 'planned' } });
  expect(plan.child.map(({ op }) => op)).toEqual(
    expect.arrayContaining(['pivotRoot', 'setHostname', 'exec']),
  );
  expect(plan.child.find(({ op }) => op === 'setHostname')?.args).toEqual({ name: 'planned' });
  expect(plan.parent.flatMap(({ undo }) => undo)).not.toEqual([]);
  expect(String(plan)).toContain('setHostname');
  expect(await foo.state()).toBe('STOPPED');
});

test('A container is made, listed and destroyed', async (scope) => {
  const lxcpath = scope.directory();
  const name = scope.name();
  const container = await Container.create(name, {
    lxcpath,
    template: 'busybox',
    config: { 'lxc.group': ['ci', 'fast'], 'lxc.net.0.type': 'empty' },
  });
  expect(container.isDefined).toBe(true);
  expect(await errorOf(Container.create(name, { lxcpath }))).toMatchObject({ code: 'ALREADY_DEFINED' });
  const [row, ...others] = await list({ lxcpath, groups: ['ci'] });
  expect(others).toEqual([]);
  expect(row).toMatchObject({ name, state: 'STOPPED', groups: ['ci', 'fast'], pid: undefined });
  expect(await list({ lxcpath, states: ['RUNNING'] })).toEqual([]);
  await container.destroy();
  expect(container.isDefined).toBe(false);
  expect(await list({ lxcpath })).toEqual([]);
  const broken = Container.create(name, { lxcpath, template: 'busybox', templateArgs: ['--nosuch'] });
  expect((await errorOf(broken)).message).toContain('status');
  expect(container.isDefined).toBe(false);
});

test('A container is copied, renamed, and gone back to a snapshot', async (scope) => {
  const lxcpath = scope.directory();
  const base = await Container.create(scope.name(), { lxcpath, template: 'busybox' });
  const other = await base.copy(scope.name());
  expect(other.isDefined).toBe(true);
  expect(await errorOf(base.copy(other.name))).toMatchObject({ code: 'ALREADY_DEFINED' });
  const name = scope.name();
  const renamed = await other.rename(name);
  expect([renamed.name, renamed.isDefined, other.isDefined]).toEqual([name, true, false]);
  const snapshot = await renamed.snapshots.take('clean');
  {
    await using _started = await renamed.start();
    expect(await errorOf(renamed.snapshots.take())).toMatchObject({ code: 'ALREADY_RUNNING' });
    await renamed.exec(['rm', '/bin/vi']);
  }
  await renamed.snapshots.restore(snapshot);
  {
    await using _started = await renamed.start();
    await renamed.exec(['ls', '/bin/vi']);
  }
  expect(await renamed.snapshots.list()).toMatchObject([{ name: snapshot, comment: 'clean' }]);
  await renamed.snapshots.destroy(snapshot);
  await renamed.destroy();
  await base.destroy();
});

test('Ephemeral containers share one base and are gone with their scope', async (scope) => {
  const lxcpath = scope.directory();
  {
    await using base = await Container.temporary({ lxcpath, template: 'busybox' });
    const names = await Promise.all(
      ['one', 'two', 'three'].map(async (word) => {
        await using box = await base.ephemeral();
        await using _started = await box.start();
        await box.exec(['sh', '-c', `echo ${word} > /word`]);
        expect((await box.exec(['cat', '/word'])).stdout).toBe(word);
        expect(await errorOf(base.destroy())).toMatchObject({ code: 'FAILED' });
        return box.name;
      }),
    );
    expect(new Set(names).size).toBe(3);
    expect(await list({ lxcpath })).toMatchObject([{ name: base.name }]);
  }
  expect(await list({ lxcpath })).toEqual([]);
});

test('A start that is aborted leaves nothing', async (scope) => {
  const [foo, container] = await handle(scope);
  foo.configure('lxc.hook.pre-start = sleep 1; :');
  const aborted = container.start({ signal: AbortSignal.timeout(300) });
  expect(await errorOf(aborted)).toMatchObject({ code: 'TIMED_OUT' });
  expect(await container.state()).toBe('STOPPED');
});

test('init is signalled and asked to stop', async (scope) => {
  const [foo, container] = await handle(scope);
  await container.start();
  await foo.probe();
  expect(await container.signal('SIGUSR1')).toBe(true);
  await eventually(() => foo.signals().length > 0, 'init got the signal');
  expect(foo.signals()).toContain('10');
  await container.stop({ timeout: 500 });
  expect(await container.state()).toBe('STOPPED');
  expect(await container.signal('SIGUSR1')).toBe(false);
});
