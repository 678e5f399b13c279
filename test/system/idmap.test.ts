/** Containers with ids of their own: `lxc.idmap` as root. */

import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { binDir, cLxc, lxc, run } from './harness/commands.ts';
import { eventually } from './harness/eventually.ts';
import { base, give, mapped, maps } from './harness/mapped.ts';
import { hasCap, mountOn } from './harness/probe.ts';
import { test, testOurs } from './harness/suite.ts';

test('A container with lxc.idmap is root inside and nobody outside', async (scope) => {
  const foo = mapped(scope);
  await foo.start();
  const seen = await foo.probe();
  expect(seen.uid).toEqual([0, 0, 0]);
  expect(seen.gid).toEqual([0, 0, 0]);
  expect(seen.groups).toEqual([]);
  const pid = await foo.initPid();
  expect(statSync(`/proc/${pid}`).uid).toBe(base);
  expect(readFileSync(`/proc/${pid}/uid_map`, 'utf8').trim().split(/ +/)).toEqual(['0', `${base}`, '65536']);
  expect(readFileSync(`/proc/${pid}/gid_map`, 'utf8').trim().split(/ +/)).toEqual(['0', `${base}`, '65536']);
  expect(readFileSync(`/proc/${pid}/status`, 'utf8')).toContain(`Uid:\t${base}\t${base}\t${base}\t${base}\n`);
});

test('Every namespace of a mapped container belongs to its user namespace', async (scope) => {
  const foo = mapped(scope);
  await foo.start();
  const pid = await foo.initPid();
  for (const kind of ['user', 'mnt', 'pid', 'uts', 'ipc', 'net', 'cgroup'])
    expect(foo.namespace(kind, pid)).not.toBe(foo.namespace(kind, process.pid));
  const changed = await foo.attach([
    'sh',
    '-c',
    'hostname other && hostname && ip link set lo mtu 1400 && mount -t tmpfs t /mnt && echo done',
  ]);
  expect(changed).toMatchObject({ stdout: 'other\ndone\n', status: 0 });
});

test('A mapped container has the usual devices, and they work', async (scope) => {
  const foo = mapped(scope, { config: ['lxc.pty.max = 16', 'lxc.tty.max = 2'] });
  await foo.start();
  const { dev } = await foo.probe();
  for (const name of ['full', 'null', 'random', 'tty', 'urandom', 'zero'])
    expect(dev[name]).toMatchObject({ type: 'c', mode: '666' });
  const used = await foo.attach(['sh', '-c', 'head -c 4 /dev/zero | wc -c; echo x > /dev/null && echo ok']);
  expect(used.stdout).toContain('ok\n');
  expect(dev.console?.uid).toBe(0);
  expect(dev.tty1?.uid).toBe(0);
  expect(dev.tty2?.uid).toBe(0);
});

test('The words of lxc.mount.auto work in a mapped container', async (scope) => {
  for (const words of [
    'proc:mixed sys:mixed cgroup:mixed',
    'proc:rw sys:rw',
    'proc sys:ro cgroup:ro:force',
  ]) {
    const foo = mapped(scope, { config: [`lxc.mount.auto = ${words}`] });
    await foo.start();
    const seen = await foo.probe();
    expect(mountOn(seen, '/proc')?.fstype).toBe('proc');
    expect(mountOn(seen, '/sys')?.fstype).toBe('sysfs');
    await foo.stop();
  }
});

testOurs(
  'The cgroups of a mapped container belong to its root, its limits do not',
  'it leaves them to the root of the host',
  async (scope) => {
    const foo = mapped(scope, { config: ['lxc.cgroup.memory.limit_in_bytes = 64M'] });
    await foo.start();
    for (const controller of ['memory', 'cpu', 'systemd', 'unified']) {
      const dir = foo.cgroupDir(controller);
      expect(statSync(dir).uid).toBe(base);
      expect(statSync(join(dir, 'cgroup.procs')).uid).toBe(base);
    }
    expect(statSync(join(foo.cgroupDir('memory'), 'tasks')).uid).toBe(base);
    expect(statSync(join(foo.cgroupDir('memory'), 'memory.limit_in_bytes')).uid).toBe(0);
    expect(foo.cgroupFile('memory', 'memory.limit_in_bytes')).toBe(`${64 << 20}`);
  },
);

test('lxc-attach enters a mapped container with its ids', async (scope) => {
  const foo = mapped(scope);
  await foo.start();
  const init = await foo.probe();
  const seen = await foo.attachedProbe();
  expect(seen.uid).toEqual([0, 0, 0]);
  expect(seen.groups).toEqual([]);
  expect(seen.ns).toEqual(init.ns);
  expect((await foo.attach(['id'], ['-u', '1000', '-g', '1000'])).stdout).toContain(
    'uid=1000(user) gid=1000(user)',
  );
  await foo.attach(['touch', '/out/mine']);
  expect(statSync(join(foo.rootfs, 'out/mine')).uid).toBe(base);
});

testOurs(
  'A terminal of a mapped container belongs to the user who is attached',
  'it belongs to nobody there',
  async (scope) => {
    const foo = mapped(scope, { config: ['lxc.pty.max = 16'] });
    await foo.start();
    await foo.probe();
    for (const [args, uid] of [
      ['', 0],
      ['-u 1000 -g 1000 ', 1000],
    ] as const) {
      const command = `${binDir}/lxc-attach -n ${foo.name} ${args}-- sh -c 'stat -c "%u %F" $(tty); echo again > $(tty)'`;
      const seen = await run('script', ['-qec', command, '/dev/null'], { input: '' });
      // script tells the end of its own input, at any time, by a NUL, which the terminal echoes.
      const printed = seen.stdout.replaceAll(/\r|\^@/g, '');
      expect(printed).toContain(`${uid} character special file\nagain\n`);
    }
  },
);

test('A mapped container freezes, thaws, is looked at and stops', async (scope) => {
  const foo = mapped(scope);
  await foo.start();
  expect((await foo.run('freeze')).status).toBe(0);
  expect(await foo.state()).toBe('FROZEN');
  expect((await foo.run('unfreeze')).status).toBe(0);
  expect(await foo.state()).toBe('RUNNING');
  const listed = await lxc('ls', ['-f', '-F', 'NAME,UNPRIVILEGED', '--filter', foo.name]);
  expect(listed.stdout).toMatch(new RegExp(`${foo.name} +true`));
  await foo.stop();
  expect(await foo.state()).toBe('STOPPED');
});

test('A mapped container reboots from inside and keeps its ids', async (scope) => {
  const foo = mapped(scope, { config: ['lxc.init.cmd = /init'] });
  foo.script('init', 'id -u >> /out/ids; test $(wc -l < /out/ids) = 1 && reboot -f; exec sleep 1000');
  await foo.start();
  await eventually(() => foo.read('out/ids') === '0\n0\n', 'it has started twice');
  expect(await foo.state()).toBe('RUNNING');
});

test('Hooks inside a mapped container run as its root', async (scope) => {
  const hooks = ['pre-mount', 'mount', 'autodev', 'start'];
  const foo = mapped(scope, {
    config: [
      ...hooks
        .slice(0, 3)
        .map(
          (type) =>
            `lxc.hook.${type} = /bin/sh -c 'echo ${type} $(id -u) $(stat -c %u /proc/1) >> $ROOTFS/out/hooks'`,
        ),
      'lxc.hook.start = /starthook',
    ],
  });
  foo.script('starthook', 'echo start $(id -u) $(id -G) >> /out/hooks');
  await foo.start();
  expect(foo.read('out/hooks')).toBe('pre-mount 0 65534\nmount 0 65534\nautodev 0 65534\nstart 0 0\n');
});

test('Nothing of the host root is left in a mapped container', async (scope) => {
  const foo = mapped(scope, { config: ['lxc.cap.drop = sys_time net_raw'] });
  await foo.start();
  const { caps, fds } = await foo.probe();
  expect(hasCap(caps.bounding, 25)).toBe(false);
  expect(hasCap(caps.bounding, 13)).toBe(false);
  expect(hasCap(caps.bounding, 21)).toBe(true);
  expect(Object.keys(fds).sort()).toEqual(['0', '1', '2']);
  const tries = [
    'echo 1 > /proc/sys/kernel/panic',
    'mount -t proc p /mnt && mount -o remount,rw /mnt && echo b > /mnt/sysrq-trigger',
  ];
  for (const one of tries) expect((await foo.attach(['sh', '-c', one])).status).not.toBe(0);
});

test('lxc.prlimit and lxc.init.uid hold in a mapped container', async (scope) => {
  const foo = mapped(scope, {
    config: ['lxc.prlimit.nofile = 200:300', 'lxc.init.uid = 1000', 'lxc.init.gid = 1000'],
  });
  await foo.start();
  const seen = await foo.probe();
  expect(seen.limits.nofile).toEqual([200, 300]);
  expect(seen.uid).toEqual([1000, 1000, 1000]);
  expect(statSync(`/proc/${await foo.initPid()}`).uid).toBe(base + 1000);
});

test('lxc-execute runs a command with mapped ids', async (scope) => {
  const foo = mapped(scope);
  const seen = await foo.run('execute', ['--', '/bin/sh', '-c', 'id -u; stat -c %u /proc/1 /root; exit 7']);
  expect(seen).toMatchObject({ stdout: '0\n0\n0\n', status: 7 });
});

test("Debian's common.conf and userns.conf work in a mapped container", async (scope) => {
  const foo = mapped(scope, {
    config: [
      'lxc.include = /usr/share/lxc/config/common.conf',
      'lxc.include = /usr/share/lxc/config/userns.conf',
    ],
  });
  await foo.start();
  const seen = await foo.probe();
  expect(mountOn(seen, '/sys')?.options).toContain('rw');
});

testOurs(
  'The root of a mapped container may lie where others may not go',
  'it asks for x permission',
  async (scope) => {
    const foo = mapped(scope);
    await run('chmod', ['700', foo.dir]);
    await foo.start();
    expect((await foo.probe()).uid).toEqual([0, 0, 0]);
  },
);

test('A mapped container gets interfaces with addresses', async (scope) => {
  await scope.bridge('idbr0', '10.99.0.1/24');
  const foo = mapped(scope, {
    config: [
      'lxc.net.0.type = veth',
      'lxc.net.0.link = idbr0',
      'lxc.net.0.flags = up',
      'lxc.net.0.ipv4.address = 10.99.0.2/24',
      'lxc.net.0.ipv4.gateway = auto',
      'lxc.mount.auto = sys:rw',
    ],
  });
  await foo.start();
  const links = await foo.attach([
    'sh',
    '-c',
    'stat -c %u /sys/class/net/lo/mtu /sys/class/net/eth0/mtu; ip route',
  ]);
  expect(links.stdout).toContain('0\n0\ndefault via 10.99.0.1 dev eth0');
});

test('lxc.rootfs.options = idmap=container gives a root file system of the host to the container', async (scope) => {
  const foo = scope.container({ config: [...maps, 'lxc.rootfs.options = idmap=container'] });
  await foo.start();
  expect((await foo.attach(['stat', '-c', '%u', '/etc/passwd', '/out'])).stdout).toBe('0\n0\n');
  expect((await foo.attach(['touch', '/out/mine'])).status).toBe(0);
  expect(statSync(join(foo.rootfs, 'out/mine')).uid).toBe(0);
  expect(statSync(`/proc/${await foo.initPid()}`).uid).toBe(base);
});

test('lxc.mount.entry maps the ids of a bind', async (scope) => {
  const source = scope.directory();
  writeFileSync(join(source, 'file'), 'from the host', { mode: 0o600 });
  const foo = mapped(scope, { config: [`lxc.mount.entry = ${source} srv none bind,idmap=container 0 0`] });
  await foo.start();
  expect((await foo.attach(['stat', '-c', '%u', '/srv/file'])).stdout).toBe('0\n');
  expect((await foo.attach(['cat', '/srv/file'])).stdout).toBe('from the host');
  expect((await foo.attach(['touch', '/srv/new'])).status).toBe(0);
  expect(statSync(join(source, 'new')).uid).toBe(0);
});

testOurs('Id-mapped binds go with other options and with plain ones', 'it fails to start', async (scope) => {
  const source = scope.directory();
  writeFileSync(join(source, 'file'), 'from the host', { mode: 0o600 });
  const foo = mapped(scope, {
    config: [
      `lxc.mount.entry = ${source} srv none bind,idmap=container 0 0`,
      `lxc.mount.entry = ${source} mnt none rbind,ro,nosuid,noatime,idmap=container 0 0`,
      `lxc.mount.entry = ${source} plain none bind,create=dir 0 0`,
    ],
  });
  await foo.start();
  const seen = await foo.probe();
  expect(mountOn(seen, '/mnt')?.options).toEqual(expect.arrayContaining(['ro', 'nosuid', 'noatime']));
  expect((await foo.attach(['stat', '-c', '%u', '/srv/file', '/plain/file'])).stdout).toBe('0\n65534\n');
  expect((await foo.attach(['cat', '/srv/file'])).stdout).toBe('from the host');
  expect((await foo.attach(['touch', '/srv/new'])).status).toBe(0);
  expect(statSync(join(source, 'new')).uid).toBe(0);
  expect((await foo.attach(['touch', '/mnt/x'])).stderr).toContain('Read-only');
});

testOurs(
  'An id-mapped mount that cannot be had is an error, or left out where it is optional',
  'it fails in either case',
  async (scope) => {
    const entry = (options: string) =>
      `lxc.mount.entry = /nosuch srv none bind,idmap=container${options} 0 0`;
    const foo = mapped(scope, { config: [entry(',optional')] });
    await foo.start();
    await foo.stop();
    foo.configure(entry(''));
    expect((await foo.run('start', ['-d'])).status).toBe(1);
  },
);

testOurs(
  'A container with the ids of the host takes those of another for a mount',
  'it has no such thing',
  async (scope) => {
    const source = scope.directory();
    const foo = mapped(scope);
    await foo.start();
    const userns = `/proc/${await foo.initPid()}/ns/user`;
    const bar = scope.container({
      config: [`lxc.mount.entry = ${source} srv none bind,idmap=${userns} 0 0`],
    });
    await bar.start();
    expect((await bar.attach(['stat', '-c', '%u', '/srv'])).stdout).toBe(`${base}\n`);
  },
);

test('lxc-create runs a template with the ids of the container', async (scope) => {
  const name = scope.name();
  const dir = `/var/lib/lxc/${name}`;
  scope.defer(async () => {
    await lxc('stop', ['-n', name, '-k']);
    await lxc('destroy', ['-n', name]);
  });
  const config = scope.file(`/var/lib/lxc/.${name}.conf`, `${maps.join('\n')}\nlxc.net.0.type = empty\n`);
  const created = await lxc('create', ['-n', name, '-f', config, '-t', 'busybox', '-q']);
  expect(created.status).toBe(0);
  expect(statSync(`${dir}/rootfs`).uid).toBe(base);
  expect(statSync(`${dir}/rootfs/bin`).uid).toBe(base);
  expect((await lxc('start', ['-n', name, '-d'])).status).toBe(0);
  expect((await lxc('attach', ['-n', name, '--', 'stat', '-c', '%u', '/etc'])).stdout).toBe('0\n');
  await lxc('stop', ['-n', name, '-k']);
  expect((await lxc('destroy', ['-n', name])).status).toBe(0);
  expect(existsSync(dir)).toBe(false);
});

test('A mapped container shares namespaces of the host or of another container', async (scope) => {
  const foo = scope.container({ config: ['lxc.uts.name = foo'] });
  await foo.start();
  const pid = await foo.initPid();
  const bar = mapped(scope, { config: ['lxc.mount.auto = proc'] });
  await bar.start([`--share-net=${foo.name}`, `--share-uts=/proc/${pid}/ns/uts`, `--share-ipc=${pid}`]);
  const own = await bar.initPid();
  for (const kind of ['net', 'uts', 'ipc']) expect(bar.namespace(kind, own)).toBe(foo.namespace(kind, pid));
  for (const kind of ['user', 'mnt', 'pid'])
    expect(bar.namespace(kind, own)).not.toBe(foo.namespace(kind, pid));
  const seen = await bar.probe();
  expect(seen.hostname).toBe('foo');
  expect(seen.pid).toBe(1);
});

testOurs(
  'A container shares the user namespace of another and has its ids',
  'it fails to start',
  async (scope) => {
    const foo = mapped(scope);
    await foo.start();
    for (const kinds of [['user'], ['user', 'net', 'pid']]) {
      const bar = scope.container({
        config: kinds.map((kind) => `lxc.namespace.share.${kind} = ${foo.name}`),
      });
      give(bar.rootfs, base);
      await bar.start();
      const [there, own] = [await foo.initPid(), await bar.initPid()];
      for (const kind of kinds) expect(bar.namespace(kind, own)).toBe(foo.namespace(kind, there));
      expect(statSync(`/proc/${own}`).uid).toBe(base);
      const seen = await bar.attach(['sh', '-c', 'id -u; mount -t tmpfs t /mnt && echo mounted']);
      expect(seen.stdout).toBe('0\nmounted\n');
      await bar.stop();
    }
  },
);

testOurs('The tools of C LXC work on a mapped container', 'it is C LXC', async (scope) => {
  const foo = mapped(scope);
  await foo.start();
  const seen = await cLxc('attach', ['-n', foo.name, '--', 'sh', '-c', 'id -u; stat -c %u /proc/1']);
  expect(seen.stdout).toBe('0\n0\n');
  expect((await cLxc('info', ['-n', foo.name, '-s', '-H'])).stdout).toBe('RUNNING\n');
  expect((await cLxc('ls', ['-f', '-F', 'NAME,UNPRIVILEGED'])).stdout).toMatch(
    new RegExp(`${foo.name} +true`),
  );
  expect((await cLxc('stop', ['-n', foo.name, '-k'])).status).toBe(0);
});

testOurs('Our tools work on a mapped container of C LXC', 'it is C LXC', async (scope) => {
  const foo = mapped(scope);
  expect((await cLxc('start', ['-n', foo.name, '-d'])).status).toBe(0);
  expect((await foo.attach(['sh', '-c', 'id -u; stat -c %u /proc/1'])).stdout).toBe('0\n0\n');
  expect((await foo.run('freeze')).status).toBe(0);
  expect((await foo.run('unfreeze')).status).toBe(0);
  await foo.stop();
});
