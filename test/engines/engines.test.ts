/** Containers of Docker and Podman with the proc view: by -v, and without it by our hook. */

import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../system/harness/eventually.ts';
import { directory, type Engine, engines, expectSuccess, image, must } from './engine.ts';

const bin = resolve(import.meta.dirname, '../../bin');
const view = '/var/lib/lxcfs';
/** What the seeds of LXCFS's users list. */
const files = ['cpuinfo', 'diskstats', 'meminfo', 'stat', 'swaps', 'uptime'];
const byMount = files.flatMap((file) => ['-v', `${view}/proc/${file}:/proc/${file}`]);
const look = 'head -n 1 /proc/meminfo; cat /proc/stat; cat /proc/self/mounts';

async function serveView(): Promise<() => Promise<void>> {
  const server = spawn(join(bin, 'lxcfs'), [view], {
    stdio: 'ignore',
    env: { ...process.env, LXC_TS_DAEMON: '0' },
  });
  const ended = new Promise<void>((done) => server.on('exit', () => done()));
  await eventually(() => existsSync(`${view}/proc/meminfo`), 'the view is mounted', 60_000);
  return async () => {
    server.kill('SIGTERM');
    await ended;
  };
}

interface Seen {
  readonly memory: string;
  readonly processors: readonly string[];
  readonly covered: readonly string[];
}

/** What a container sees that may use 256 MiB and CPU 0. */
async function seenBy(engine: Engine, ...options: readonly string[]): Promise<Seen> {
  const args = ['run', '--rm', ...engine.limits, ...options, image, '/bin/sh', '-c', look];
  const { stdout } = expectSuccess(`${engine.name} ${args.join(' ')}`, await engine.run(...args));
  return {
    memory: /^MemTotal: +(.*)/.exec(stdout)?.[1] ?? '',
    processors: stdout.match(/^cpu\d+/gm) ?? [],
    covered: (stdout.match(/(?<=^\S+ )\S+(?= fuse\.lxcfs )/gm) ?? []).sort(),
  };
}

const own = { memory: '262144 kB', processors: ['cpu0'] };
const host = { memory: /^MemTotal: +(.*)/.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1], covered: [] };
const everything = expect.arrayContaining(['/proc/vmstat', '/proc/pressure/cpu', '/sys/devices/system/cpu']);
const install = async (name: string) => await must(join(bin, 'lxcfs'), ['install', name]);

let endView: () => Promise<void>;
beforeAll(async () => {
  endView = await serveView();
});
afterAll(async () => await endView());

/** A title says why nothing is tested. */
function describeEngine(
  name: keyof typeof engines,
  tests: (engine: Engine, restart: () => Promise<void>) => void,
): void {
  const engine = engines[name];
  const { missing } = engine;
  if (missing !== undefined) {
    test.skip(`${name}: ${missing}`, () => undefined);
    return;
  }
  describe(name, () => {
    let end: () => Promise<void>;
    beforeAll(async () => {
      end = await engine.start();
    });
    afterAll(async () => await end());
    tests(engine, async () => {
      await end();
      end = await engine.start();
    });
  });
}

describeEngine('podman', (podman) => {
  const bare = ['--annotation', 'lxcts.lxcfs=off'];

  test('shows a container the host', async () => {
    expect(await seenBy(podman)).toMatchObject(host);
  });

  test('shows a container its own limits by -v', async () => {
    const seen = await seenBy(podman, ...byMount);
    expect(seen).toMatchObject({ ...own, covered: files.map((file) => `/proc/${file}`) });
  });

  test('shows a container its own limits by hooks.d, unless it wants none', async () => {
    await install('podman');
    expect(await seenBy(podman, ...bare)).toMatchObject(host);
    expect(await seenBy(podman)).toMatchObject({ ...own, covered: everything });
  });

  test('shows what an annotation chooses', async () => {
    const seen = await seenBy(podman, '--annotation', 'lxcts.lxcfs=meminfo');
    expect(seen).toMatchObject({ memory: own.memory, covered: ['/proc/meminfo'] });
  });

  test('shows a container its own limits by CDI, and without it the host', async () => {
    await must(join(bin, 'lxcfs'), ['install', 'podman', '--uninstall']);
    await install('cdi');
    expect(await seenBy(podman)).toMatchObject(host);
    const seen = await seenBy(podman, '--device', 'lxc-ts/lxcfs=required');
    expect(seen).toMatchObject({ ...own, covered: everything });
    await install('podman');
    const twice = await seenBy(podman, '--device', 'lxc-ts/lxcfs=auto');
    expect(twice.covered).toEqual([...new Set(twice.covered)]);
  });

  test('starts a container as ever while no view is mounted', async () => {
    await endView();
    expect(await seenBy(podman)).toMatchObject(host);
    endView = await serveView();
    expect(await seenBy(podman)).toMatchObject(own);
  });
});

describeEngine('docker', (docker, restart) => {
  const bare = ['--runtime', 'runc'];
  /** As `systemctl reload docker` does. */
  async function reload(runtime: string): Promise<void> {
    process.kill(Number(readFileSync('/run/docker.pid', 'utf8')), 'SIGHUP');
    const chosen = async () => (await docker.run('info', '--format', '{{.DefaultRuntime}}')).stdout.trim();
    await eventually(async () => (await chosen()) === runtime, `${runtime} is the default`, 60_000);
  }

  test('shows a container the host', async () => {
    expect(await seenBy(docker)).toMatchObject(host);
  });

  test('takes our runtime as its default when it is told to reload', async () => {
    await install('docker');
    await reload('lxcfs');
    expect(await seenBy(docker)).toMatchObject({ ...own, covered: everything });
    expect(await seenBy(docker, ...bare)).toMatchObject(host);
  });

  test('shows a container its own limits by -v', async () => {
    const seen = await seenBy(docker, ...bare, ...byMount);
    expect(seen).toMatchObject({ ...own, covered: files.map((file) => `/proc/${file}`) });
  });

  test('shows a limit that changes, after a restart too', async () => {
    const sleeper = ['run', '-d', '--name', 'oci-sleeper', ...docker.limits, image, '/bin/sleep', '600'];
    expectSuccess('docker run', await docker.run(...sleeper));
    const memory = async () =>
      (await docker.run('exec', 'oci-sleeper', '/bin/head', '-n', '1', '/proc/meminfo')).stdout;
    expect(await memory()).toMatch(/ 262144 kB/);
    const update = ['update', '--memory', '128m', '--memory-swap', '256m', 'oci-sleeper'];
    expectSuccess('docker update', await docker.run(...update));
    expect(await memory()).toMatch(/ 131072 kB/);
    expectSuccess('docker restart', await docker.run('restart', '-t', '0', 'oci-sleeper'));
    expect(await memory()).toMatch(/ 131072 kB/);
    expectSuccess('docker rm', await docker.run('rm', '-f', 'oci-sleeper'));
  });

  test('starts a container as ever while no view is mounted', async () => {
    await endView();
    expect(await seenBy(docker)).toMatchObject(host);
    endView = await serveView();
    expect(await seenBy(docker)).toMatchObject(own);
  });

  test('forgets our runtime when that is removed, and Docker is started again', async () => {
    await must(join(bin, 'lxcfs'), ['install', 'docker', '--uninstall']);
    await restart();
    expect(await seenBy(docker)).toMatchObject(host);
  });
});

test('The hook takes less than 10 ms', async () => {
  const times: number[] = [];
  for (let round = 0; round < 20; round++) {
    const root = mkdtempSync(join(directory, 'root-'));
    for (const type of ['proc', 'sys']) mkdirSync(join(root, type));
    await must('mount', ['-t', 'proc', 'proc', join(root, 'proc')]);
    await must('mount', ['-t', 'sysfs', 'sysfs', join(root, 'sys')]);
    const start = process.hrtime.bigint();
    const args = ['--oci-hook', 'createContainer', 'required'];
    const { status } = spawnSync(join(bin, 'lxc-ts'), args, { cwd: root, input: '{}' });
    times.push(Number(process.hrtime.bigint() - start) / 1e6);
    expect(status).toBe(0);
    expect(readFileSync('/proc/self/mounts', 'utf8')).toContain(` ${root}/proc/meminfo fuse.lxcfs `);
    await must('umount', ['-R', join(root, 'proc'), join(root, 'sys')]);
  }
  const [best = Number.NaN, median] = [Math.min(...times), times.toSorted((a, b) => a - b)[10]];
  console.log(
    `The hook took ${median?.toFixed(1)} ms (median of ${times.length}), ${best.toFixed(1)} at best`,
  );
  expect(best).toBeLessThan(10);
});
