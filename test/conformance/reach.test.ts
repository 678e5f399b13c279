/** How a client reaches its brain: the daemon that is there, one it starts, or a cold one. Needs root. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { buildNative } from '../../scripts/native.ts';

const root = mkdtempSync(join(tmpdir(), 'ncore-'));
const buildId = `reach${process.pid}`;
const daemons: number[] = [];

/** Answers HELLO with what it is and how it was started; `LXC_TS_DAEMON_IDLE` says how it misbehaves. */
const brain = `
const net = require('node:net'), fs = require('node:fs');
const mode = process.argv[2], how = process.env.LXC_TS_DAEMON_IDLE ?? '';
const frame = (type, bytes) => {
  const head = Buffer.alloc(8);
  head.writeUInt32LE(bytes.length, 0);
  head.writeUInt32LE(type, 4);
  return Buffer.concat([head, bytes]);
};
const answer = (socket) => {
  socket.once('data', () => {
    if (how === 'silent' && mode === '--daemon') return;
    if (how === 'refuse' && mode === '--daemon') return socket.destroy();
    const fds = fs.readdirSync('/proc/self/fd').filter((fd) => fs.existsSync('/proc/self/fd/' + fd));
    const files = fds.map((fd) => fs.readlinkSync('/proc/self/fd/' + fd)).filter((to) => to.startsWith('/'));
    const seen = { mode, pid: process.pid, cwd: process.cwd(), env: process.env, files, umask: process.umask() };
    socket.write(frame(32, Buffer.alloc(0)));
    if (how === 'die') return socket.destroy();
    socket.write(frame(33, Buffer.from(JSON.stringify(seen))));
    socket.end(frame(35, Buffer.alloc(8)));
    if (mode === '--cold') process.exitCode = 0;
  });
};
const client = (fd) => answer(new net.Socket({ fd, readable: true, writable: true }));
if (mode === '--daemon') net.createServer(answer).listen({ fd: 3 }), client(4), setTimeout(() => process.exit(), 5000);
else client(3);
`;

interface Seen {
  readonly mode: string;
  readonly pid: number;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly files: readonly string[];
  readonly umask: number;
}

beforeAll(() => {
  for (const name of ['bin', 'dist', 'libexec']) mkdirSync(join(root, name));
  copyFileSync(buildNative({ buildId, out: join(root, 'build') }), join(root, 'bin/lxc-ts'));
  symlinkSync('lxc-ts', join(root, 'bin/lxc-info'));
  symlinkSync(process.execPath, join(root, 'libexec/node'));
  writeFileSync(join(root, 'dist/lxc.cjs'), brain);
}, 120_000);

afterEach(() => {
  for (const pid of daemons.splice(0)) process.kill(pid, 'SIGKILL');
  for (const name of readdirSync('/run/lxc-ts')) if (name.includes(buildId)) rmSync(`/run/lxc-ts/${name}`);
});
afterAll(() => rmSync(root, { recursive: true }));

async function ask(env: Readonly<Record<string, string>> = {}, wrapper: readonly string[] = []) {
  const [file = '', ...args] = [...wrapper, join(root, 'bin/lxc-info')];
  const child = spawn(file, args, {
    env: { PATH: '/usr/bin:/bin', HOME: '/h', NODE_OPTIONS: '--no-such-option', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: root,
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const [status] = await once(child, 'close');
  const seen: Seen | undefined = stdout === '' ? undefined : JSON.parse(stdout);
  if (seen?.mode === '--daemon' && !daemons.includes(seen.pid)) daemons.push(seen.pid);
  return { status, seen, stderr };
}

it('starts a daemon with nothing of the caller but PATH and HOME', async () => {
  const { status, seen } = await ask({ SECRET: 'x' });
  expect(status).toBe(0);
  expect(seen).toMatchObject({ mode: '--daemon', cwd: '/', umask: 0o22 });
  expect(seen?.env).toEqual({ PATH: '/usr/bin:/bin', HOME: '/h' });
  expect(new Set(seen?.files)).toEqual(new Set(['/dev/null']));
});

it('does not keep the limits and the niceness of its first caller', async () => {
  const { seen } = await ask({}, [
    '/usr/bin/prlimit',
    '--nofile=99:',
    '--fsize=9:',
    '/usr/bin/nice',
    '-n',
    '5',
  ]);
  const limits = readFileSync(`/proc/${seen?.pid}/limits`, 'utf8');
  expect(limits).toMatch(/^Max file size +unlimited/m);
  const [, soft, hard] = limits.match(/^Max open files +(\d+) +(\d+)/m) ?? [];
  expect(soft).toBe(hard);
  expect(readFileSync(`/proc/${seen?.pid}/stat`, 'utf8').split(' ')[18]).toBe('0');
});

it('finds the daemon that is there', async () => {
  const first = await ask();
  const second = await ask();
  expect(second.seen?.pid).toBe(first.seen?.pid);
});

it('starts one daemon when many ask at once', async () => {
  const answers = await Promise.all([ask(), ask(), ask(), ask()]);
  expect(new Set(answers.map(({ seen }) => seen?.pid)).size).toBe(1);
});

it('starts another when the last one left its socket behind', async () => {
  const first = await ask();
  for (const pid of daemons.splice(0)) process.kill(pid, 'SIGKILL');
  const another = async () => (await ask()).seen;
  await expect.poll(another).toMatchObject({ mode: '--daemon' });
  expect((await another())?.pid).not.toBe(first.seen?.pid);
});

it('runs cold where the daemon is not wanted', async () => {
  const { seen, status } = await ask({ LXC_TS_DAEMON: '0' });
  expect([seen?.mode, status]).toEqual(['--cold', 0]);
});

it('runs cold where a daemon closes the connection before it took the request', async () => {
  const { seen } = await ask({ LXC_TS_DAEMON_IDLE: 'refuse' });
  expect(seen?.mode).toBe('--cold');
});

it('retries nothing once the request was taken', async () => {
  const { status, stderr } = await ask({ LXC_TS_DAEMON: '0', LXC_TS_DAEMON_IDLE: 'die' });
  expect([status, stderr]).toEqual([1, 'lxc-info: the planner process died\n']);
});

it('says that Node.js cannot be started', async () => {
  rmSync(join(root, 'libexec/node'));
  const { status, stderr } = await ask({ PATH: '/nowhere', LXC_TS_DAEMON: '0' });
  symlinkSync(process.execPath, join(root, 'libexec/node'));
  expect(status).toBe(1);
  expect(stderr).toMatch(/Failed to start Node.js/);
});
