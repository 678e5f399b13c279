/** The OCI hook in containers of runc and crun, and against root file systems that are not what they seem. */

import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { type BundleOptions, installHelper, makeBundle, type Runtime, runBundle } from './harness/bundle.ts';
import { run } from './harness/commands.ts';
import type { Scope } from './harness/scope.ts';
import { testOurs } from './harness/suite.ts';
import { ours, serveView } from './harness/view.ts';

const reason = 'the OCI hook';
const memory = /^MemTotal: +262144 kB$/m;
const look = 'head -n1 /proc/meminfo; cat /proc/stat /sys/devices/system/cpu/online; cat /proc/mounts';
const shell = (script: string): BundleOptions => ({ argv: ['/bin/sh', '-c', script] });

/** What the view covers, and what the process printed. */
async function inside(scope: Scope, runtime: Runtime, options: BundleOptions) {
  const { stdout, stderr, status } = await runBundle(scope, runtime, makeBundle(scope, options));
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
  const covered = stdout.match(/(?<=^\S+ )\S+(?= fuse\.lxcfs )/gm) ?? [];
  return { stdout, covered };
}

for (const runtime of ['runc', 'crun'] as const) {
  for (const stage of ['createContainer', 'createRuntime', 'prestart'] as const) {
    testOurs(`A container of ${runtime} sees its own limits by a hook in ${stage}`, reason, async (scope) => {
      await serveView(scope, ours);
      const { stdout, covered } = await inside(scope, runtime, { ...shell(look), stage, wish: 'required' });
      expect(stdout).toMatch(memory);
      expect(stdout.match(/^cpu\d+/gm)).toEqual(['cpu0']);
      expect(stdout).toMatch(/^0$/m);
      expect(covered).toEqual(expect.arrayContaining(['/proc/vmstat', '/sys/devices/system/cpu']));
      expect(covered).toEqual([...new Set(covered)]);
    });
  }

  testOurs(`${runtime} in a user namespace runs the hook as well`, reason, async (scope) => {
    await serveView(scope, ours);
    const options = { ...shell(look), stage: 'createContainer', wish: 'required', rootId: 100_000 } as const;
    expect((await inside(scope, runtime, options)).stdout).toMatch(memory);
  });

  testOurs(`${runtime} behind a name of ours shows the view`, reason, async (scope) => {
    await serveView(scope, ours);
    const bundle = makeBundle(scope, shell(look));
    const wrapper = installHelper(scope, `lxcfs-${runtime}`);
    expect((await runBundle(scope, runtime, bundle, wrapper)).stdout).toMatch(memory);
  });
}

testOurs('LXCFS is bound by the hook as well', reason, async (scope) => {
  await serveView(scope, '/usr/bin/lxcfs');
  const { stdout, covered } = await inside(scope, 'runc', { ...shell(look), stage: 'createContainer' });
  expect(stdout).toMatch(memory);
  expect(covered).toContain('/sys/devices/system/cpu/online');
});

testOurs('What the user mounts himself stays', reason, async (scope) => {
  await serveView(scope, ours);
  const own = scope.file(join(scope.directory(), 'meminfo'), 'mine\n');
  const mounts = [{ type: 'bind', source: own, destination: '/proc/meminfo', options: ['bind', 'ro'] }];
  const options = { ...shell(look), stage: 'createContainer', wish: 'required', mounts } as const;
  const { stdout, covered } = await inside(scope, 'runc', options);
  expect(stdout).toMatch(/^mine\n/);
  expect(covered).toContain('/proc/stat');
  expect(covered).not.toContain('/proc/meminfo');
});

testOurs('An annotation chooses the files, or none', reason, async (scope) => {
  await serveView(scope, ours);
  const choose = async (wish: string) => {
    const annotations = { 'lxcts.lxcfs': wish };
    return (await inside(scope, 'runc', { ...shell(look), stage: 'createContainer', annotations })).covered;
  };
  expect(await choose('uptime,/proc/meminfo')).toEqual(['/proc/meminfo', '/proc/uptime']);
  expect(await choose('off')).toEqual([]);
});

testOurs(
  'Without a view a container of runc starts as ever, unless it requires one',
  reason,
  async (scope) => {
    const options = { ...shell(look), stage: 'createContainer' } as const;
    expect((await inside(scope, 'runc', options)).covered).toEqual([]);
    const refused = await runBundle(scope, 'runc', makeBundle(scope, { ...options, wish: 'required' }));
    expect(refused.status).not.toBe(0);
    expect(refused.stderr).toContain(
      'Failed to show the container its own limits: no lxcfs is mounted; run lxcfs /var/lib/lxcfs',
    );
  },
);

/** The hook itself, in a mount namespace that shows afterwards what it has mounted. */
async function afterHook(scope: Scope, cwd: string, prepare: string): Promise<readonly string[]> {
  const script = `${prepare}\necho '{}' | "$0" --oci-hook createContainer; cat /proc/self/mountinfo`;
  const before = readFileSync('/proc/self/mountinfo', 'utf8').match(/fuse\.lxcfs/g)?.length ?? 0;
  const argv = ['-m', '--propagation', 'private', 'sh', '-c', script, installHelper(scope)];
  const { stdout, stderr, status } = await run('unshare', argv, { cwd });
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
  const points = stdout.split('\n').filter((line) => line.includes(' - fuse.lxcfs '));
  return points.slice(before).map((line) => line.split(' ')[4] ?? '');
}

testOurs('Links in a root file system lead the hook nowhere', reason, async (scope) => {
  await serveView(scope, ours);
  const root = scope.directory();
  symlinkSync('/proc', join(root, 'proc'));
  symlinkSync('../../../../sys', join(root, 'sys'));
  expect(await afterHook(scope, root, '')).toEqual([]);
});

testOurs('A root with plain files in the place of proc gets nothing', reason, async (scope) => {
  await serveView(scope, ours);
  const root = scope.directory();
  mkdirSync(join(root, 'proc'));
  writeFileSync(join(root, 'proc/meminfo'), '');
  expect(await afterHook(scope, root, '')).toEqual([]);
});

testOurs('The files of the host itself are never covered', reason, async (scope) => {
  await serveView(scope, ours);
  expect(await afterHook(scope, '/', '')).toEqual([]);
});

testOurs('A second hook finds nothing more to do', reason, async (scope) => {
  await serveView(scope, ours);
  const root = scope.directory();
  mkdirSync(join(root, 'proc'));
  const prepare = 'mount -t proc proc proc';
  const once = await afterHook(scope, root, prepare);
  expect(once).toContain(join(root, 'proc/meminfo'));
  const twice = `${prepare}; echo '{}' | "$0" --oci-hook createContainer`;
  expect(await afterHook(scope, root, twice)).toEqual(once);
});

testOurs('A view that was handed to a container serves the containers in it', reason, async (scope) => {
  await serveView(scope, ours);
  const root = scope.directory();
  mkdirSync(join(root, 'proc'));
  const handed = `/srv/${scope.name()} \\$(x)`;
  const prepare = `mount -t tmpfs tmpfs /srv
    mkdir -p '${handed}/proc' '${handed}/sys'
    mount --bind /var/lib/lxcfs/proc '${handed}/proc'
    mount --bind /var/lib/lxcfs/sys '${handed}/sys'
    umount -l /var/lib/lxcfs
    mount -t proc proc proc`;
  const points = await afterHook(scope, root, prepare);
  expect(points).toContain(join(root, 'proc/meminfo'));
});
