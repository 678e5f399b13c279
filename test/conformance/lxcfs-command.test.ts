/** The `lxcfs` command as it is installed, in a mount namespace of its own: mount points, takeover, running containers. */

import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from './lxcfs/mount.ts';

const bin = join(import.meta.dirname, '../../bin/lxcfs');
const dir = mkdtempSync(join(tmpdir(), 'lxcfs-command-'));
const view = join(dir, 'view');
/** Keeps the mount namespace of these tests. */
const holder = execa('unshare', ['-m', '--propagation', 'private', 'sleep', '300'], { reject: false });
const inside = ['-t', String(holder.pid), '-m', '--'];

/** A program in that namespace; cold, so that no daemon stays. */
const run = (...argv: string[]) =>
  execa('nsenter', [...inside, ...argv], { reject: false, env: { LXC_TS_DAEMON: '0' } });
const lxcfs = (...args: string[]) => run(bin, ...args);
const serve = () => lxcfs('--runtime-dir', dir, view);
/** Read, for what the kernel has cached of a dead mount still exists. */
const answers = async () => (await run('head', '-n1', `${view}/proc/meminfo`)).exitCode === 0;

interface Views {
  readonly views: readonly {
    readonly mountpoint: string;
    readonly keeper: number;
    readonly servers: number[];
  }[];
}

async function status(): Promise<Views['views'][number] | undefined> {
  const { stdout } = await lxcfs('status', '--format', 'json');
  const { views }: Views = JSON.parse(stdout);
  return views.find(({ mountpoint }) => mountpoint === view);
}

beforeAll(() => mkdirSync(view));
afterAll(async () => {
  holder.kill();
  await holder;
  rmSync(dir, { recursive: true });
});

describe.skipIf(!existsSync(bin))('lxcfs', () => {
  test.each([
    [[], 2, 'lxcfs: Missing mountpoint; lxcfs /var/lib/lxcfs'],
    [['one', 'two'], 2, 'lxcfs: Missing mountpoint; lxcfs /var/lib/lxcfs'],
    [
      ['/no/such'],
      1,
      'lxcfs: Failed to mount the view on /no/such: No such file or directory; mkdir -p /no/such',
    ],
    [['/etc/passwd'], 1, 'lxcfs: Failed to mount the view on /etc/passwd: Not a directory; name a directory'],
    [['-o', 'fd=3', view], 2, 'lxcfs: Failed to mount with -o fd=3: FUSE has no such option'],
  ])('%j is refused', async (args, exitCode, stderr) => {
    expect(await lxcfs(...args)).toMatchObject({ exitCode, stderr });
  });

  test('The view is served until SIGTERM, and a second one is refused', async () => {
    const job = serve();
    await eventually('the view answers', answers);
    const { stdout } = await run('head', '-n1', `${view}/proc/meminfo`);
    expect(stdout).toBe(readFileSync('/proc/meminfo', 'utf8').split('\n')[0]);
    expect((await lxcfs('--runtime-dir', dir, view)).stderr).toMatch(/serves it already; lxcfs --replace/);
    const keeper = (await status())?.keeper ?? 0;
    expect(readFileSync(`${dir}/lxcfs.pid`, 'utf8')).toBe(`${keeper}\n`);
    process.kill(keeper, 'SIGTERM');
    expect((await job).exitCode).toBe(0);
    expect((await run('cat', '/proc/self/mountinfo')).stdout).not.toContain(view);
    expect(existsSync(`${dir}/lxcfs.pid`)).toBe(false);
  });

  test('A running container gets the view, keeps it when everything was killed, and gives it back', async () => {
    let job = serve();
    await eventually('the view answers', answers);
    const box = execa('nsenter', [...inside, 'unshare', '-m', '-p', '-f', '--mount-proc', 'sleep', '200'], {
      reject: false,
    });
    const children = `/proc/${box.pid}/task/${box.pid}/children`;
    await eventually('the container runs', () => readFileSync(children, 'utf8').trim() !== '');
    const init = readFileSync(children, 'utf8').trim();
    const mounts = () => readFileSync(`/proc/${init}/mountinfo`, 'utf8').match(/fuse\.lxcfs/g)?.length ?? 0;
    const meminfo = () => run('nsenter', '-t', init, '-m', 'head', '-n1', '/proc/meminfo');
    const before = mounts();
    expect((await lxcfs('inject', init)).stdout).toMatch(/files$/);
    expect(mounts()).toBeGreaterThan(before + 8);
    const injected = mounts();
    expect((await lxcfs('inject', init)).exitCode).toBe(0);
    expect(mounts()).toBe(injected);
    expect((await lxcfs('--replace', view)).exitCode).toBe(0);
    expect((await meminfo()).stdout).toMatch(/^MemTotal:/);

    const { keeper = 0, servers = [] } = (await status()) ?? {};
    for (const pid of [keeper, ...servers]) process.kill(pid, 'SIGKILL');
    await job;
    // A server that was replaced or killed a moment ago still holds the connection until the kernel has taken it apart.
    const isDead = async () => (await meminfo()).stderr.includes('Transport endpoint is not connected');
    await eventually('the view is dead', isDead);
    job = serve();
    await eventually('the view answers', answers);
    expect(await lxcfs('reattach', init)).toMatchObject({ exitCode: 0, stderr: '' });
    expect((await meminfo()).stdout).toMatch(/^MemTotal:/);
    expect((await lxcfs('explain', init, 'meminfo')).stdout).toMatch(/^MemTotal: .*\n {4}= .*limit/);
    expect((await lxcfs('eject', init)).exitCode).toBe(0);
    expect(readFileSync(`/proc/${init}/mountinfo`, 'utf8')).not.toMatch(/ \/proc\/meminfo .*fuse\.lxcfs/);
    process.kill(Number(init), 'SIGKILL');
    process.kill((await status())?.keeper ?? 0, 'SIGTERM');
    expect((await job).exitCode).toBe(0);
    await box;
  });
});
