/** lxc-copy: clones, snapshots that share their beginning, and new names. */

import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  lstatSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { binDir, cLxc, finished, lxc, type Result, start } from './harness/commands.ts';
import type { Container } from './harness/container.ts';
import { eventually } from './harness/eventually.ts';
import type { Scope } from './harness/scope.ts';
import { test, testOurs } from './harness/suite.ts';

const both = 'it mixes the two';

function must(file: string, ...args: string[]): string {
  const done = spawnSync(file, args, { encoding: 'utf8' });
  if (done.status !== 0) throw new Error(`Failed to run ${file} ${args.join(' ')}: ${done.stderr}`);
  return done.stdout.trim();
}

/** A name for a copy; what is made of it is gone at the end. */
function copyName(scope: Scope): string {
  const name = scope.name();
  scope.defer(async () => {
    await lxc('destroy', ['-n', name, '-f', '-s']);
    rmSync(`/var/lib/lxc/${name}`, { recursive: true, force: true });
  });
  return name;
}

function copy(from: Container | string, name: string, ...args: string[]): Promise<Result> {
  return lxc('copy', ['-n', typeof from === 'string' ? from : from.name, '-N', name, ...args]);
}

function configOf(name: string): string {
  return readFileSync(`/var/lib/lxc/${name}/config`, 'utf8');
}

const success = { stdout: '', stderr: '', status: 0 };

test('A clone has a root file system of its own and starts', async (scope) => {
  const foo = scope.container({ config: ['lxc.uts.name = original'] });
  writeFileSync(join(foo.rootfs, 'etc/hostname'), 'original\n');
  const name = copyName(scope);
  expect(await copy(foo, name)).toEqual(success);
  expect(configOf(name)).toMatch(new RegExp(`^lxc.rootfs.path = dir:/var/lib/lxc/${name}/rootfs$`, 'm'));
  expect(readFileSync(`/var/lib/lxc/${name}/rootfs/etc/hostname`, 'utf8').trim()).toBe(name);
  expect(readFileSync(join(foo.rootfs, 'etc/hostname'), 'utf8')).toBe('original\n');
  expect(existsSync(`/var/lib/lxc/${name}/partial`)).toBe(false);
  expect(statSync(`/var/lib/lxc/${name}`).mode & 0o777).toBe(0o770);
  await foo.run('destroy');
  expect((await lxc('start', ['-n', name])).status).toBe(0);
  expect((await lxc('attach', ['-n', name, '--', 'hostname'])).stdout).toBe(`${name}\n`);
});

test('A snapshot stands on its original, which cannot be destroyed before it', async (scope) => {
  const foo = scope.container();
  writeFileSync(join(foo.rootfs, 'etc/shared'), 'original\n');
  const name = copyName(scope);
  expect((await copy(foo, name, '-s')).status).toBe(0);
  expect(configOf(name)).toContain(
    `lxc.rootfs.path = overlay:${foo.rootfs}:/var/lib/lxc/${name}/overlay/delta\n`,
  );
  expect((await lxc('start', ['-n', name])).status).toBe(0);
  const wrote = await lxc('attach', [
    '-n',
    name,
    '--',
    'sh',
    '-c',
    'cat /etc/shared; echo mine > /etc/shared',
  ]);
  expect(wrote.stdout).toBe('original\n');
  expect(readFileSync(join(foo.rootfs, 'etc/shared'), 'utf8')).toBe('original\n');
  expect(readFileSync(join(foo.dir, 'lxc_snapshots'), 'utf8')).toBe(`/var/lib/lxc\n${name}\n`);
  expect(readFileSync(`/var/lib/lxc/${name}/lxc_rdepends`, 'utf8')).toBe(`/var/lib/lxc\n${foo.name}\n`);
  const refused = await foo.run('destroy');
  expect(refused.status).toBe(1);
  expect(refused.stderr).toContain('has clones');
  expect((await lxc('destroy', ['-n', name, '-f'])).status).toBe(0);
  expect(existsSync(join(foo.dir, 'lxc_snapshots'))).toBe(false);
  expect((await foo.run('destroy')).status).toBe(0);
});

test('Twenty snapshots of one base, made at once, all know it and leave it', async (scope) => {
  const foo = scope.container();
  const names = Array.from({ length: 20 }, () => copyName(scope));
  const made = await Promise.all(names.map((name) => copy(foo, name, '-s')));
  expect(made.map(({ status }) => status)).toEqual(names.map(() => 0));
  const known = readFileSync(join(foo.dir, 'lxc_snapshots'), 'utf8').trim().split('\n');
  expect(known.filter((line) => line !== '/var/lib/lxc').sort()).toEqual([...names].sort());
  await Promise.all(names.map((name) => lxc('destroy', ['-n', name])));
  expect(existsSync(join(foo.dir, 'lxc_snapshots'))).toBe(false);
});

test('A clone keeps links, devices, holes, owners, modes, times, attributes and ACLs', async (scope) => {
  const foo = scope.container();
  const at = (path: string) => join(foo.rootfs, 'srv', path);
  writeFileSync(at('one'), 'text');
  linkSync(at('one'), at('two'));
  symlinkSync('/etc/passwd', at('link'));
  must('mkfifo', at('fifo'));
  must('mknod', at('null'), 'c', '1', '3');
  writeFileSync(at('hole'), '');
  truncateSync(at('hole'), 256 * 1024 * 1024);
  chownSync(at('one'), 1000, 1001);
  chmodSync(at('one'), 0o4711);
  must('touch', '-d', '2001-02-03 04:05:06.789', at('one'));
  must('setfattr', '-n', 'user.note', '-v', 'kept', at('one'));
  must('setfacl', '-m', 'u:1234:r', at('hole'));
  const name = copyName(scope);
  expect(await copy(foo, name)).toEqual(success);
  const to = (path: string) => `/var/lib/lxc/${name}/rootfs/srv/${path}`;
  const [one, two] = [lstatSync(to('one')), lstatSync(to('two'))];
  expect(one.ino).toBe(two.ino);
  expect(one).toMatchObject({ uid: 1000, gid: 1001, mtimeMs: lstatSync(at('one')).mtimeMs });
  expect(one.mode & 0o7777).toBe(0o4711);
  expect(readlinkSync(to('link'))).toBe('/etc/passwd');
  expect(lstatSync(to('fifo')).isFIFO()).toBe(true);
  expect(lstatSync(to('null')).rdev).toBe(lstatSync(at('null')).rdev);
  expect(lstatSync(to('hole'))).toMatchObject({
    size: 256 * 1024 * 1024,
    blocks: lstatSync(at('hole')).blocks,
  });
  expect(must('getfattr', '--only-values', '-n', 'user.note', to('one'))).toBe('kept');
  expect(must('getfacl', '-np', to('hole'))).toContain('user:1234:r--');
});

testOurs(
  'A host name is not written through a link of the root file system',
  'C LXC writes it',
  async (scope) => {
    const foo = scope.container();
    const outside = scope.file(join(scope.directory(), 'outside'), 'untouched\n');
    for (const make of [
      (path: string) => symlinkSync(outside, path),
      (path: string) => must('mkfifo', path),
      (path: string) => must('mknod', path, 'c', '1', '7'),
    ]) {
      rmSync(join(foo.rootfs, 'etc/hostname'), { force: true });
      make(join(foo.rootfs, 'etc/hostname'));
      expect(await copy(foo, copyName(scope))).toEqual(success);
    }
    expect(readFileSync(outside, 'utf8')).toBe('untouched\n');
  },
);

test('A clone hook is told of both containers and sees the new root file system', async (scope) => {
  const foo = scope.container();
  const seen = scope.file(`/var/lib/lxc/.${foo.name}.seen`, '');
  const text = `#!/bin/sh\necho "$* | $LXC_SRC_NAME $LXC_NAME $LXC_CONFIG_FILE" >${seen}; ls -d $LXC_ROOTFS_MOUNT/bin/busybox >/dev/null\n`;
  writeFileSync(join(foo.dir, 'hook'), text, { mode: 0o755 });
  foo.configure('lxc.hook.clone = $DIR/hook word');
  // C LXC takes the whole line for the file that it copies.
  const name = copyName(scope);
  foo.writeConfig([
    readFileSync(foo.configFile, 'utf8')
      .trimEnd()
      .replace(/ word$/, ''),
  ]);
  expect(await copy(foo, name, '--', 'more', 'two words')).toEqual(success);
  const line = readFileSync(seen, 'utf8');
  expect(line).toBe(`${name} lxc clone more two words | ${foo.name} ${name} /var/lib/lxc/${name}/config\n`);
  expect(configOf(name)).toContain(`lxc.hook.clone = /var/lib/lxc/${name}/hook\n`);
  expect(existsSync(`/var/lib/lxc/${name}/hook`)).toBe(true);
});

test('A clone hook that fails leaves no clone', async (scope) => {
  const foo = scope.container({ config: ['lxc.hook.clone = /bin/false'] });
  for (const args of [[], ['-s']]) {
    const name = copyName(scope);
    expect((await copy(foo, name, ...args)).status).toBe(1);
    expect(existsSync(`/var/lib/lxc/${name}`)).toBe(false);
    expect(existsSync(join(foo.dir, 'lxc_snapshots'))).toBe(false);
  }
});

test('A rename moves the container with all that mentions it', async (scope) => {
  const foo = scope.container({ config: ['lxc.uts.name = original', 'lxc.net.0.type = empty'] });
  const bar = copyName(scope);
  expect((await copy(foo, bar, '-s')).status).toBe(0);
  const name = copyName(scope);
  expect(await copy(bar, name, '-R')).toEqual(success);
  expect(existsSync(`/var/lib/lxc/${bar}`)).toBe(false);
  expect(readFileSync(join(foo.dir, 'lxc_snapshots'), 'utf8')).toBe(`/var/lib/lxc\n${name}\n`);
  expect(configOf(name)).toContain(`:/var/lib/lxc/${name}/overlay/delta\n`);
  expect((await lxc('start', ['-n', name])).status).toBe(0);
  expect((await lxc('attach', ['-n', name, '--', 'hostname'])).stdout).toBe(`${name}\n`);
  const running = await copy(name, copyName(scope), '-R');
  expect(running.status).toBe(1);
  expect((await copy(foo, copyName(scope), '-R')).status).toBe(1);
  expect(existsSync(foo.rootfs)).toBe(true);
});

testOurs(
  'What is killed or interrupted while it copies leaves nothing',
  'C LXC leaves it to the next command',
  async (scope) => {
    const begun = join(scope.directory(), 'begun');
    const hook = scope.file(`${begun}.sh`, `#!/bin/sh\ntouch ${begun}; sleep 2\n`, 0o755);
    const foo = scope.container({ config: [`lxc.hook.clone = ${hook}`] });
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGKILL'] as const) {
      for (const args of [[], ['-s']]) {
        const name = copyName(scope);
        const child = start(join(binDir, 'lxc-copy'), ['-n', foo.name, '-N', name, ...args]);
        const done = finished(child, 'lxc-copy');
        await eventually(() => existsSync(begun), 'the hook began');
        expect(existsSync(`/var/lib/lxc/${name}/partial`)).toBe(true);
        child.kill(signal);
        await done;
        await eventually(() => !existsSync(`/var/lib/lxc/${name}`), 'the half-made clone is gone');
        rmSync(begun);
      }
    }
    expect(readdirSync(foo.dir).sort()).toEqual(['config', 'rootfs']);
  },
);

testOurs('Clones of C LXC are ours and ours are theirs', both, async (scope) => {
  const foo = scope.container();
  for (const [make, use] of [
    [cLxc, lxc],
    [lxc, cLxc],
  ] as const) {
    for (const args of [[], ['-s']]) {
      const name = copyName(scope);
      expect((await make('copy', ['-n', foo.name, '-N', name, ...args])).status).toBe(0);
      expect((await use('start', ['-n', name])).status).toBe(0);
      expect((await use('attach', ['-n', name, '--', 'hostname'])).stdout).toBe(`${name}\n`);
      if (args.length > 0) expect((await use('destroy', ['-n', foo.name])).status).toBe(1);
      expect((await use('destroy', ['-n', name, '-f'])).status).toBe(0);
      expect(existsSync(`/var/lib/lxc/${name}`)).toBe(false);
    }
  }
  expect(existsSync(join(foo.dir, 'lxc_snapshots'))).toBe(false);
});

test('A container that runs is copied only when that is asked for', async (scope) => {
  const foo = scope.container();
  await foo.start();
  expect((await copy(foo, copyName(scope))).status).toBe(1);
  expect((await copy(foo, copyName(scope), '-s')).status).toBe(1);
  expect((await copy(foo, copyName(scope), '-a')).status).toBe(0);
  expect((await copy(foo, copyName(scope), '-s', '-a')).status).toBe(0);
});

test('lxc-copy keeps names and addresses that it is told to keep', async (scope) => {
  const foo = scope.container({
    config: [
      '# mine',
      'lxc.uts.name = kept',
      'lxc.net.0.type = veth',
      'lxc.net.0.hwaddr = 00:16:3e:01:02:03',
    ],
  });
  const [one, two] = [copyName(scope), copyName(scope)];
  expect((await copy(foo, one, '-K', '-M')).status).toBe(0);
  expect(configOf(one)).toContain('lxc.net.0.hwaddr = 00:16:3e:01:02:03\n');
  expect(configOf(one)).toContain('lxc.uts.name = kept\n');
  expect((await copy(foo, two)).status).toBe(0);
  expect(configOf(two)).toMatch(/^# mine$/m);
  expect(configOf(two)).toMatch(/^lxc\.net\.0\.hwaddr = 00:16:3e:(?!01:02:03)/m);
});

const started = /^Created (\S+) as clone of (\S+)\n/;

async function untilGone(name: string): Promise<void> {
  await eventually(() => !existsSync(`/var/lib/lxc/${name}`), `${name} is gone`, 15_000);
}

test('An ephemeral copy runs, and is gone when it stops', async (scope) => {
  const foo = scope.container();
  const made = await lxc('copy', ['-n', foo.name, '-e']);
  expect(made).toMatchObject({ stderr: '', status: 0 });
  const [, name = '', original] = started.exec(made.stdout) ?? [];
  expect(original).toBe(foo.name);
  expect(name).toMatch(new RegExp(`^${foo.name}_[A-Za-z0-9]{6}$`));
  expect((await lxc('attach', ['-n', name, '--', 'sh', '-c', 'echo x > /srv/x'])).status).toBe(0);
  expect((await foo.run('destroy')).stderr).toContain('has clones');
  expect((await lxc('stop', ['-n', name, '-k'])).status).toBe(0);
  await untilGone(name);
  expect(existsSync(join(foo.rootfs, 'srv/x'))).toBe(false);
  expect(existsSync(join(foo.dir, 'lxc_snapshots'))).toBe(false);
});

test('An ephemeral copy can be kept, and given files of the host', async (scope) => {
  const foo = scope.container();
  const shared = scope.directory();
  writeFileSync(join(shared, 'file'), 'host\n');
  const name = copyName(scope);
  const mounts = ['-m', `bind=${shared}:/mnt`, '-m', `overlay=${shared}:/srv`];
  expect((await copy(foo, name, '-e', '-D', ...mounts)).status).toBe(0);
  const script = 'cat /mnt/file; echo bound > /mnt/file; echo over > /srv/file; echo mine > /root/file';
  expect((await lxc('attach', ['-n', name, '--', 'sh', '-c', script])).stdout).toBe('host\n');
  expect(readFileSync(join(shared, 'file'), 'utf8')).toBe('bound\n');
  expect((await lxc('stop', ['-n', name, '-k'])).status).toBe(0);
  expect(readFileSync(`/var/lib/lxc/${name}/overlay/delta/root/file`, 'utf8')).toBe('mine\n');
  expect((await lxc('start', ['-n', name])).status).toBe(0);
});

test('What an ephemeral copy on a tmpfs writes is in memory alone', async (scope) => {
  const foo = scope.container();
  const name = copyName(scope);
  const made = await copy(foo, name, '-e', '-t');
  expect(made.stdout).toBe(
    `Created ${name} as clone of ${foo.name}\nContainer is placed on tmpfs.\nRebooting will cause all changes made to it to be lost!\n`,
  );
  const wrote = await lxc('attach', ['-n', name, '--', 'sh', '-c', 'echo x > /srv/x; cat /srv/x']);
  expect(wrote.stdout).toBe('x\n');
  expect(existsSync(`/var/lib/lxc/${name}/overlay/delta/srv`)).toBe(false);
  expect((await lxc('stop', ['-n', name, '-k'])).status).toBe(0);
  await untilGone(name);
});

/** An init that ends when it is asked to. */
const willing = 'trap "exit 0" TERM; while :; do sleep 0.1; done';
const haltsByTerm = 'lxc.signal.halt = SIGTERM';

testOurs(
  'A command in an ephemeral copy gives its status, and the copy is gone with it',
  'C LXC exits 0',
  async (scope) => {
    const foo = scope.container({ config: [haltsByTerm, 'lxc.init.cmd = /init'] });
    foo.script('/init', willing);
    const name = copyName(scope);
    const done = await copy(foo, name, '-e', '--', 'sh', '-c', 'hostname; exit 3');
    expect(done).toEqual({
      stdout: `Created ${name} as clone of ${foo.name}\n${name}\n`,
      stderr: '',
      status: 3,
    });
    expect(existsSync(`/var/lib/lxc/${name}`)).toBe(false);
    expect((await copy(foo, name, '-e', '--', 'nosuch')).status).toBe(127);
    expect(existsSync(`/var/lib/lxc/${name}`)).toBe(false);
  },
);

testOurs(
  'An ephemeral copy whose command is interrupted is gone',
  'C LXC leaves it running',
  async (scope) => {
    const foo = scope.container({ config: [haltsByTerm, 'lxc.init.cmd = /init'] });
    foo.script('/init', willing);
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      const name = copyName(scope);
      const command = ['sh', '-c', 'echo > /srv/began; exec sleep 1000'];
      const words = ['-n', foo.name, '-N', name, '-e', '--', ...command];
      const child = start(join(binDir, 'lxc-copy'), words);
      const done = finished(child, 'lxc-copy');
      const began = `/var/lib/lxc/${name}/overlay/delta/srv/began`;
      await eventually(() => existsSync(began), 'the command runs', 15_000);
      child.kill(signal);
      await done;
      await untilGone(name);
    }
  },
);

test('An ephemeral copy that does not start is gone', async (scope) => {
  const foo = scope.container({ config: ['lxc.init.cmd = /nosuch'] });
  const name = copyName(scope);
  expect((await copy(foo, name, '-e')).status).toBe(1);
  await untilGone(name);
  expect(existsSync(join(foo.dir, 'lxc_snapshots'))).toBe(false);
});

test('lxc-copy refuses what does not go together, and makes nothing', async (scope) => {
  const foo = scope.container();
  const name = scope.name();
  const refused: readonly (readonly string[])[] = [
    ['-B', 'bogus'],
    ['-B', 'btrfs', '-s'],
    ['-L', 'x'],
    ['-e', '-m', 'bogus=/x'],
    ['-e', '-m', 'bind=relative'],
    ['--bogus'],
    ['-p', '/proc/no'],
  ];
  for (const args of refused) {
    expect((await copy(foo, name, ...args)).status).toBe(1);
    expect(existsSync(`/var/lib/lxc/${name}`)).toBe(false);
  }
  expect((await copy(foo, foo.name)).status).toBe(1);
  expect((await copy(scope.name(), name)).status).toBe(1);
  expect((await lxc('copy', ['-n', foo.name])).status).toBe(1);
});

testOurs('lxc-clone of older scripts copies', 'C LXC has none since 3.0', async (scope) => {
  const foo = scope.container();
  const [one, two] = [copyName(scope), copyName(scope)];
  const made = await lxc('clone', ['-o', foo.name, '-n', one, '-s']);
  expect(made).toEqual({ ...success, stdout: `Created container ${one} as snapshot of ${foo.name}\n` });
  expect((await lxc('clone', [foo.name, two])).stdout).toBe(
    `Created container ${two} as copy of ${foo.name}\n`,
  );
  expect((await lxc('start', ['-n', two])).status).toBe(0);
  expect((await lxc('clone', ['-o', foo.name])).status).toBe(1);
});
