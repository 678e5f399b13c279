/**
 * The small commands beside Debian's: the same bytes for the same container, templates of either side, and what
 * lxc-create, lxc-destroy, lxc-freeze and lxc-ls do beyond the common path.
 */

import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { expect } from 'vitest';
import { binDir, cLxc, finished, lxc, type Result, run, start } from './harness/commands.ts';
import { eventually } from './harness/eventually.ts';
import type { Scope } from './harness/scope.ts';
import { test, testOurs } from './harness/suite.ts';
import { asked } from './harness/transcript.ts';

const emptyNetwork = 'lxc.net.0.type = empty\nlxc.net.0.flags = up\n';
const both = 'it compares the two';

/** A name for lxc-create; what it made is gone at the end. */
function created(scope: Scope): string {
  scope.file('/etc/lxc/default.conf', emptyNetwork);
  const name = scope.name();
  scope.defer(async () => {
    await lxc('destroy', ['-n', name, '-f']);
    rmSync(`/var/lib/lxc/${name}`, { recursive: true, force: true });
  });
  return name;
}

/** A template that takes its time, and the container that it is to make. */
function slowCreation(scope: Scope) {
  const name = created(scope);
  const script =
    '#!/bin/sh\nfor one; do case $one in --rootfs=*) cd "$(echo "$one" | cut -d= -f2)" && touch begun;; esac; done\nsleep 1\n';
  const template = scope.file(`/var/lib/lxc/.${name}.slow`, script, 0o755);
  const child = start(join(binDir, 'lxc-create'), ['-n', name, '-t', template]);
  const begun = () => existsSync(`/var/lib/lxc/${name}/rootfs/begun`);
  return { name, child, done: finished(child, 'lxc-create'), begun: eventually(begun, 'the template began') };
}

/** Both tools print the same. The kernel gives memory back at any moment, so a pair that it came between is repeated. */
async function expectSame(verb: string, args: readonly string[]): Promise<void> {
  let pair: readonly Result[] = [];
  const agree = async () => {
    pair = [await lxc(verb, args), await cLxc(verb, args)];
    return isDeepStrictEqual(pair[0], pair[1]);
  };
  for (let left = 10; left > 0 && !(await asked(agree)); ) left -= 1;
  expect(pair[0]).toEqual(pair[1]);
}

testOurs('lxc-info and lxc-ls print the bytes that those of LXC print', both, async (scope) => {
  const foo = scope.container({ config: ['lxc.group = g1', 'lxc.start.auto = 1'] });
  const stopped = scope.container();
  await foo.start();
  await foo.probe();
  // Frozen, so that what was used stays as it is between the two.
  await foo.run('freeze');
  const infos = [[], ['-H'], ['-s'], ['-sH'], ['-p', '-H'], ['-S'], ['-s', '-p', '-H'], ['-c', 'lxc.group']];
  for (const args of infos) {
    await expectSame('info', ['-n', foo.name, ...args]);
  }
  const columns = 'NAME,STATE,PID,RAM,SWAP,AUTOSTART,GROUPS,INTERFACE,IPV4,IPV6,UNPRIVILEGED';
  const lists = [
    [],
    ['-1'],
    ['-f'],
    ['-f', '-F', columns],
    ['--frozen'],
    ['--running'],
    ['--stopped', '-1'],
    ['-g', 'g1'],
  ];
  for (const args of lists) await expectSame('ls', args);
  await foo.run('unfreeze');
  await expectSame('info', ['-n', stopped.name]);
});

testOurs('lxc-config and lxc-checkconfig print the bytes that those of LXC print', both, async () => {
  for (const args of [['-l'], ['lxc.lxcpath'], ['lxc.'], ['lxc.cgroup.pattern'], ['nosuch']])
    await expectSame('config', args);
  const [ours, theirs] = await Promise.all([lxc('checkconfig', []), cLxc('checkconfig', [])]);
  const body = (text: string) => text.split('\n').filter((line) => !/^(LXC version|usage :)/.test(line));
  expect(body(ours.stdout)).toEqual(body(theirs.stdout));
});

testOurs('A container of our busybox template boots under C LXC', both, async (scope) => {
  const name = created(scope);
  expect(await lxc('create', ['-n', name, '-t', 'busybox'])).toEqual({ stdout: '', stderr: '', status: 0 });
  expect((await cLxc('start', ['-n', name])).status).toBe(0);
  const hostname = await cLxc('attach', ['-n', name, '--clear-env', '--', 'hostname']);
  expect(hostname.stdout).toBe(`${name}\n`);
  expect((await lxc('destroy', ['-n', name, '-f'])).status).toBe(0);
  expect(existsSync(`/var/lib/lxc/${name}`)).toBe(false);
});

testOurs(
  'The busybox system halts and reboots when it is asked to',
  'the template is ours',
  async (scope) => {
    const name = created(scope);
    await lxc('create', ['-n', name, '-t', 'busybox']);
    expect((await lxc('start', ['-n', name])).status).toBe(0);
    const up = async () => (await lxc('attach', ['-n', name, '--', 'pidof', 'syslogd'])).status === 0;
    await eventually(up, 'the system came up');
    expect((await lxc('stop', ['-n', name, '-r', '-t', '20'])).status).toBe(0);
    await eventually(up, 'the system came up again');
    expect((await lxc('stop', ['-n', name, '-t', '20', '--nokill'])).status).toBe(0);
    expect((await lxc('info', ['-n', name, '-sH'])).stdout).toBe('STOPPED\n');
  },
);

test("LXC's own busybox template runs unedited", async (scope) => {
  const name = created(scope);
  const template = '/usr/share/lxc/templates/lxc-busybox';
  expect((await lxc('create', ['-n', name, '-t', template])).status).toBe(0);
  const config = readFileSync(`/var/lib/lxc/${name}/config`, 'utf8');
  expect(config).toContain(`# Template used to create this container: ${template}\n`);
  expect((await lxc('start', ['-n', name])).status).toBe(0);
  expect((await lxc('attach', ['-n', name, '--', 'cat', '/etc/passwd'])).stdout).toContain('root:x:0:0');
});

testOurs('The local template takes a tarball or a directory', 'the template is ours', async (scope) => {
  const source = scope.container();
  const tarball = join(scope.directory(), 'root.tar.gz');
  expect((await run('tar', ['-C', source.rootfs, '-czf', tarball, '.'])).status).toBe(0);
  for (const tree of [tarball, source.rootfs]) {
    const name = created(scope);
    const made = await lxc('create', ['-n', name, '-t', 'local', '--', '--fstree', tree]);
    expect(made).toMatchObject({ stderr: '', status: 0 });
    expect(readdirSync(`/var/lib/lxc/${name}/rootfs`)).toContain('probe');
    const config = readFileSync(`/var/lib/lxc/${name}/config`, 'utf8');
    expect(config).toMatch(/^lxc\.include = \/.*\/common\.conf$/m);
  }
});

testOurs('The local template reads image metadata', 'the template is ours', async (scope) => {
  const source = scope.container();
  const metadata = scope.directory();
  writeFileSync(
    join(metadata, 'config'),
    'lxc.include = LXC_TEMPLATE_CONFIG/common.conf\nlxc.group = imaged\n',
  );
  writeFileSync(join(metadata, 'templates'), '/etc/motd\n/etc/outside\n../../escape\n');
  mkdirSync(join(source.rootfs, 'etc'), { recursive: true });
  writeFileSync(join(source.rootfs, 'etc/motd'), 'this is LXC_NAME\n');
  const outside = scope.file(join(metadata, 'outside'), 'LXC_NAME stays\n');
  symlinkSync(outside, join(source.rootfs, 'etc/outside'));
  const name = created(scope);
  const args = ['-n', name, '-t', 'local', '--', '-f', source.rootfs, '-m', metadata];
  expect(await lxc('create', args)).toMatchObject({ stderr: '', status: 0 });
  expect(readFileSync(`/var/lib/lxc/${name}/rootfs/etc/motd`, 'utf8')).toBe(`this is ${name}\n`);
  expect(readFileSync(outside, 'utf8')).toBe('LXC_NAME stays\n');
  expect((await lxc('info', ['-n', name, '-c', 'lxc.group', '-H'])).stdout).toBe('imaged\n\n');
});

test('lxc-create --dir puts the root file system elsewhere, and lxc-destroy removes it there', async (scope) => {
  const name = created(scope);
  const dir = join(scope.directory(), 'tree');
  expect((await lxc('create', ['-n', name, '-t', 'busybox', '-B', 'dir', '--dir', dir])).status).toBe(0);
  expect(existsSync(join(dir, 'sbin/init'))).toBe(true);
  expect((await lxc('destroy', ['-n', name])).status).toBe(0);
  expect(existsSync(dir)).toBe(false);
});

testOurs('A creation holds a lock that keeps the tools of C LXC off', both, async (scope) => {
  const { name, done, begun } = slowCreation(scope);
  await begun;
  expect(existsSync(`/var/lib/lxc/${name}/partial`)).toBe(true);
  await cLxc('ls', ['-f']);
  expect(existsSync(`/var/lib/lxc/${name}/rootfs`)).toBe(true);
  expect((await done).status).toBe(0);
  expect(existsSync(`/var/lib/lxc/${name}/partial`)).toBe(false);
});

testOurs(
  'A creation whose caller is killed leaves nothing',
  'C LXC leaves it to the next command',
  async (scope) => {
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      const { name, child, done, begun } = slowCreation(scope);
      await begun;
      child.kill(signal);
      await eventually(() => !existsSync(`/var/lib/lxc/${name}`), 'the half-made container is gone');
      await done;
    }
  },
);

test('lxc-create refuses what it cannot make, and makes nothing', async (scope) => {
  const name = created(scope);
  const refused: readonly (readonly [readonly string[], string])[] = [
    [['-t', 'busybox', '-B', 'nosuch'], 'nosuch is not a valid backing storage type'],
    [['-t', 'busybox', '--dir', 'relative'], '--dir should use absolute path'],
    [['-t', 'busybox', '--fssize', '3'], 'Filesystem type and size are only valid with block devices'],
  ];
  for (const [args, text] of refused) {
    const made = await lxc('create', ['-n', name, ...args]);
    expect(made.status).toBe(1);
    expect(made.stderr).toContain(text);
  }
  expect(existsSync(`/var/lib/lxc/${name}`)).toBe(false);
});

testOurs(
  'lxc-create -f wants a file that is there and can be read',
  'C LXC goes on without it',
  async (scope) => {
    const name = created(scope);
    const bad = scope.file(`/var/lib/lxc/.${name}.conf`, 'lxc.uts.name = x\nlxc.bogus = 1\n');
    for (const [file, text] of [
      ['/nosuch', 'No such file or directory'],
      [bad, `${bad}:2: `],
    ] as const) {
      const made = await lxc('create', ['-n', name, '-t', 'none', '-f', file]);
      expect(made.status).toBe(1);
      expect(made.stderr).toContain(text);
      expect(existsSync(`/var/lib/lxc/${name}`)).toBe(false);
    }
  },
);

test('lxc-destroy goes by clones, snapshots and the running state in this order', async (scope) => {
  const foo = scope.container();
  await foo.start();
  scope.file(join(foo.dir, 'snaps/snap0/config'), '');
  const clones = scope.file(join(foo.dir, 'lxc_snapshots'), '/var/lib/lxc\nnosuch\n');
  const refusal = async () => (await foo.run('destroy')).stderr;
  expect(await refusal()).toContain(`Destroying ${foo.name} failed: ${foo.name} has clones`);
  rmSync(clones);
  expect(await refusal()).toContain(`Destroying ${foo.name} failed: ${foo.name} has snapshots`);
  rmSync(join(foo.dir, 'snaps'), { recursive: true });
  expect(await refusal()).toContain(`${foo.name} is running`);
  expect(existsSync(foo.rootfs)).toBe(true);
  expect((await foo.run('destroy', ['-f'])).status).toBe(0);
  expect(existsSync(foo.dir)).toBe(false);
});

test('lxc-destroy runs the destroy hooks, and one that fails keeps the container', async (scope) => {
  const seen = scope.file(`/var/lib/lxc/.${scope.name()}.seen`, '');
  const hook = scope.file(
    `${seen}.sh`,
    `#!/bin/sh\necho "$LXC_NAME $*" >>${seen}\n[ ! -e ${seen}.fail ]\n`,
    0o755,
  );
  const foo = scope.container({ config: [`lxc.hook.destroy = ${hook} more`] });
  const fail = scope.file(`${seen}.fail`, '');
  expect((await foo.run('destroy')).status).toBe(1);
  expect(existsSync(foo.rootfs)).toBe(true);
  rmSync(fail);
  expect((await foo.run('destroy')).status).toBe(0);
  const line = `${foo.name} more ${foo.name} lxc destroy\n`;
  expect(readFileSync(seen, 'utf8')).toBe(line + line);
});

testOurs('lxc-destroy leaves a root file system that is not managed', 'C LXC removes it', async (scope) => {
  const foo = scope.container({ config: ['lxc.rootfs.managed = 0'] });
  expect((await foo.run('destroy')).status).toBe(0);
  expect(readdirSync(foo.dir)).toEqual(['rootfs']);
});

testOurs('lxc-destroy refuses a root file system that others live in', 'C LXC removes it', async (scope) => {
  const foo = scope.container();
  for (const path of ['/', '/var', '/var/lib', '/var/lib/lxc', '/usr']) {
    foo.writeConfig([`lxc.rootfs.path = dir:${path}`]);
    const refused = await foo.run('destroy');
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain(`${foo.configFile}:1: `);
  }
});

test('Everybody who waits is told of freezing and thawing', async (scope) => {
  const foo = scope.container();
  await foo.start();
  const frozen = foo.run('wait', ['-s', 'FROZEN', '-t', '10']);
  await new Promise((wake) => setTimeout(wake, 300));
  expect(await foo.run('freeze')).toEqual({ stdout: '', stderr: '', status: 0 });
  expect((await frozen).status).toBe(0);
  expect((await lxc('ls', ['--frozen', '-1'])).stdout).toBe(`${foo.name}\n`);
  expect((await foo.run('freeze')).status).toBe(0);
  const running = foo.run('wait', ['-s', 'RUNNING', '-t', '10']);
  await new Promise((wake) => setTimeout(wake, 300));
  expect(await foo.run('unfreeze')).toEqual({ stdout: '', stderr: '', status: 0 });
  expect((await running).status).toBe(0);
});

test('A container that does not run cannot be frozen and need not be thawed', async (scope) => {
  const foo = scope.container();
  expect((await foo.run('freeze')).stderr).toContain(`Failed to freeze /var/lib/lxc:${foo.name}`);
  expect((await foo.run('freeze')).status).toBe(1);
  expect((await foo.run('unfreeze')).status).toBe(0);
  expect((await lxc('unfreeze', ['-n', scope.name()])).status).toBe(1);
});

testOurs(
  'lxc-ls --nesting looks into containers and follows no link there',
  'it reads without entering',
  async (scope) => {
    const foo = scope.container();
    const inner = join(foo.rootfs, 'var/lib/lxc/inner');
    mkdirSync(inner, { recursive: true });
    writeFileSync(join(inner, 'config'), 'lxc.group = deep\n');
    mkdirSync(join(foo.rootfs, 'var/lib/lxc/linked'));
    symlinkSync('/etc/passwd', join(foo.rootfs, 'var/lib/lxc/linked/config'));
    await foo.start();
    expect((await lxc('ls', ['--nesting', '-1'])).stdout).toBe(`${foo.name}\n${foo.name}/inner\n`);
    const table = (await lxc('ls', ['--nesting', '-f', '-F', 'NAME,STATE,GROUPS'])).stdout;
    expect(table.split('\n')[2]).toBe(`${'\\inner'.padEnd(foo.name.length)} STOPPED deep   `);
    rmSync(join(foo.rootfs, 'var/lib/lxc'), { recursive: true });
    symlinkSync('/var/lib/lxc', join(foo.rootfs, 'var/lib/lxc'));
    expect((await lxc('ls', ['--nesting', '-1'])).stdout).toBe(`${foo.name}\n`);
  },
);

testOurs(
  'lxc-cgroup speaks of what it could not do with the file and a guess',
  'C LXC names no file',
  async (scope) => {
    const foo = scope.container();
    await foo.start();
    const near = await foo.run('cgroup', ['memory.limit_in_byte']);
    expect(near.status).toBe(1);
    expect(near.stderr).toContain(
      `${foo.cgroupDir('memory')}/memory.limit_in_byte: No such file or directory`,
    );
    expect(near.stderr).toContain('did you mean memory.limit_in_bytes?');
    const bad = await foo.run('cgroup', ['memory.limit_in_bytes', 'bogus']);
    expect(bad.stderr).toContain(`${foo.cgroupDir('memory')}/memory.limit_in_bytes: Invalid argument`);
    expect((await foo.run('cgroup', ['../memory/tasks'])).status).toBe(1);
  },
);
