/** Configurations that others wrote, as they are: those that Debian brings, one of Proxmox, one of OpenWrt. */

import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { run } from './harness/commands.ts';
import type { Container } from './harness/container.ts';
import { eventually } from './harness/eventually.ts';
import { packagedDefault } from './harness/own.ts';
import { hasCap, mountOn, type Probe, parseProbe } from './harness/probe.ts';
import { removeCgroups } from './harness/remove-cgroups.ts';
import type { Scope } from './harness/scope.ts';
import { test, testOurs } from './harness/suite.ts';

const installed = '/usr/share/lxc/config';
const SYS_MODULE = 16;
const MAC_ADMIN = 33;

function fixture(name: string): string[] {
  const path = fileURLToPath(new URL(`../fixtures/configs/${name}.conf`, import.meta.url));
  return readFileSync(path, 'utf8').trimEnd().split('\n');
}

/** Whose files name no init find one that reports. */
function withInit(container: Container): Container {
  for (const dir of ['run', 'run/lock', 'var/run'])
    mkdirSync(join(container.rootfs, dir), { recursive: true });
  container.script('sbin/init', 'exec /probe --out /out/probe.json --stay');
  return container;
}

test("Debian's default.conf, common.conf and nesting.conf start unchanged, and act", async (scope) => {
  await scope.bridge('lxcbr0');
  const foo = withInit(
    scope.container({
      bare: true,
      config: [
        `lxc.include = ${installed}/common.conf`,
        `lxc.include = ${installed}/nesting.conf`,
        `lxc.include = ${packagedDefault}`,
        'lxc.rootfs.path = dir:$ROOTFS',
        'lxc.uts.name = debian',
      ],
    }),
  );
  await foo.start();
  const seen = await foo.probe();
  expect(seen.hostname).toBe('debian');
  expect(seen.dev.lxc?.type).toBe('d');
  expect(seen.dev.tty4).toMatchObject({ type: 'l', target: 'lxc/tty4' });
  expect(mountOn(seen, '/dev/pts')?.superOptions).toContain('max=1028');
  expect(hasCap(seen.caps.bounding, SYS_MODULE)).toBe(false);
  expect(hasCap(seen.caps.bounding, MAC_ADMIN)).toBe(false);
  expect(mountOn(seen, '/proc/sys')?.options).toContain('ro');
  expect(mountOn(seen, '/dev/.lxc/proc')?.fstype).toBe('proc');
  expect(mountOn(seen, '/dev/.lxc/sys')?.fstype).toBe('sysfs');
  expect(seen.status).toMatch(/^Seccomp:\t2$/m);
  expect(foo.cgroupFile('devices', 'devices.list').split('\n')).toEqual(
    expect.arrayContaining(['c *:* m', 'c 1:3 rwm', 'c 10:229 rwm', 'c 136:* rwm']),
  );
  const links = (await foo.ip(['link'])) as { ifname: string; flags: string[] }[];
  expect(links.map(({ ifname }) => ifname)).toEqual(['lo', 'eth0']);
  expect(links[1]?.flags).toContain('UP');
});

/** What is in the tree belongs to root of the container; the binaries are those of all tests. */
async function give(tree: string, id: number): Promise<void> {
  const owner = `${id}:${id}`;
  await run('find', [tree, '!', '-type', 'f', '-exec', 'chown', '-h', owner, '{}', '+']);
}

test(
  'Every configuration that the package lxc brings starts',
  async (scope) => {
    const names = readdirSync(installed).filter((name) => name.endsWith('.common.conf'));
    expect(names.length).toBeGreaterThan(10);
    for (const name of names) {
      const lines = [`lxc.include = ${installed}/${name}`, 'lxc.rootfs.path = dir:$ROOTFS'];
      const plain = withInit(scope.container({ bare: true, config: lines }));
      await plain.start();
      expect(await plain.state(), name).toBe('RUNNING');
      await plain.stop();
      const userns = name.replace('.common.', '.userns.');
      if (!existsSync(join(installed, userns))) continue;
      const maps = ['u', 'g'].map((kind) => `lxc.idmap = ${kind} 0 100000 65536`);
      const mapped = withInit(
        scope.container({ bare: true, config: [...lines, `lxc.include = ${installed}/${userns}`, ...maps] }),
      );
      await give(mapped.rootfs, 100_000);
      await mapped.start();
      expect((await mapped.probe()).uid, userns).toEqual([0, 0, 0]);
      await mapped.stop();
    }
  },
  { timeoutMs: 180_000 },
);

const hook = (text: string) => `#!/bin/sh\n${text}\n`;

/** As that host makes it: the storage is mounted by a hook, in the mount namespace of the monitor. */
async function proxmox(scope: Scope): Promise<Container> {
  const name = scope.name();
  for (const top of ['-lxc', '-lxc.monitor']) scope.defer(() => removeCgroups(`${name}${top}`));
  const config = fixture('proxmox').map((line) => line.replaceAll('$NAME', name));
  const foo = withInit(scope.container({ name, bare: true, config }));
  await give(foo.rootfs, 100_000);
  renameSync(foo.rootfs, join(foo.dir, 'volume'));
  mkdirSync(foo.rootfs);
  mkdirSync(join(foo.dir, 'hooks'));
  const hooks = {
    prestart: `mount --bind ${foo.dir}/volume "$LXC_ROOTFS_PATH" && echo "$*" > ${foo.dir}/prestart.log`,
    autodev: 'echo marked > "$LXC_ROOTFS_MOUNT/dev/pve"',
    poststop: `echo "$LXC_TARGET" > ${foo.dir}/poststop.log`,
    addbr: 'for pair; do :; done; ip link set dev "$pair" up master vmbr0',
  };
  for (const [file, text] of Object.entries(hooks))
    writeFileSync(join(foo.dir, 'hooks', file), hook(text), { mode: 0o755 });
  const rules = readFileSync(join(installed, 'common.seccomp'), 'utf8');
  writeFileSync(join(foo.dir, 'rules.seccomp'), `${rules}keyctl errno 38\n`);
  return foo;
}

function reportIn(foo: Container): Promise<Probe> {
  const file = join(foo.dir, 'volume/out/probe.json');
  return eventually(() => existsSync(file), 'init reports').then(() =>
    parseProbe(readFileSync(file, 'utf8')),
  );
}

test('A configuration of Proxmox starts unchanged, and acts', async (scope) => {
  await scope.bridge('vmbr0');
  const foo = await proxmox(scope);
  await foo.start();
  const seen = await reportIn(foo);
  expect(seen).toMatchObject({ hostname: 'pve-guest', uid: [0, 0, 0], machine: 'x86_64' });
  expect(seen.env).toContain('TERM=linux');
  expect(seen.status).toMatch(/^Seccomp:\t2$/m);
  expect(seen.limits.nofile).toEqual([4096, 4096]);
  expect(seen.dev.tty2).toBeDefined();
  expect(seen.dev.tty3).toBeUndefined();
  expect(seen.dev.pve?.type).toBe('f');
  expect(mountOn(seen, '/dev/.lxc/proc')?.fstype).toBe('proc');
  expect(readFileSync(`/proc/${await foo.initPid()}/uid_map`, 'utf8')).toMatch(/^ +0 +100000 +65536$/m);
  const placed = readFileSync(`/proc/${await foo.initPid()}/cgroup`, 'utf8');
  expect(placed).toMatch(new RegExp(`:memory:/${foo.name}-lxc/100/ns$`, 'm'));
  const host = JSON.parse((await run('ip', ['-json', 'link', 'show', 'veth100i0'])).stdout);
  expect(host[0].master).toBe('vmbr0');
  const [, eth] = (await foo.ip(['link'])) as { ifname: string; address: string; flags: string[] }[];
  expect(eth).toMatchObject({ ifname: 'eth0', address: 'bc:24:11:2e:c5:4a' });
  expect(eth?.flags).toContain('UP');
  expect(readdirSync(foo.rootfs)).toEqual([]);
  await foo.stop();
  await eventually(() => existsSync(join(foo.dir, 'poststop.log')), 'the last hook ran');
  expect(readFileSync(join(foo.dir, 'poststop.log'), 'utf8')).toBe('stop\n');
});

testOurs(
  'Limits of cgroup v2 in it hold where the controllers are those of v1',
  'C LXC ignores them',
  async (scope) => {
    await scope.bridge('vmbr0');
    const foo = await proxmox(scope);
    await foo.start();
    const limit = (controller: string, file: string) =>
      readFileSync(`/sys/fs/cgroup/${controller}/${foo.name}-lxc/100/${file}`, 'utf8').trim();
    expect(limit('memory', 'memory.limit_in_bytes')).toBe('536870912');
    expect(limit('cpu', 'cpu.cfs_quota_us')).toBe('50000');
    expect(limit('cpu', 'cpu.shares')).toBe('1024');
    expect(limit('cpuset', 'cpuset.cpus')).toBe('0');
  },
);

/** LXC 5 has forgotten the old spellings; its own tool would have to rewrite the file first. */
testOurs(
  'A configuration of OpenWrt in the dialect of LXC 1.1 starts unchanged, and acts',
  'C LXC 5 refuses it',
  async (scope) => {
    await scope.bridge('br-lan');
    const foo = withInit(scope.container({ bare: true, config: fixture('openwrt') }));
    await foo.start();
    const seen = await foo.probe();
    expect(seen).toMatchObject({ hostname: 'openwrt', personality: 8 });
    expect(seen.fds['0']).toMatch(/null$/);
    expect(seen.dev.tty1).toBeDefined();
    expect(mountOn(seen, '/tmp')?.superOptions).toContain('size=2048k');
    expect(mountOn(seen, '/sys')?.options).toContain('ro');
    expect(hasCap(seen.caps.bounding, 21)).toBe(false);
    expect(foo.cgroupFile('memory', 'memory.limit_in_bytes')).toBe('67108864');
    expect(foo.cgroupFile('cpu', 'cpu.shares')).toBe('512');
    expect(foo.cgroupFile('devices', 'devices.list').split('\n')).toContain('c 10:200 rwm');
    const links = (await foo.ip(['address'])) as {
      ifname: string;
      address: string;
      addr_info: { local: string }[];
    }[];
    expect(links.map(({ ifname }) => ifname)).toEqual(['lo', 'eth0']);
    expect(links[1]).toMatchObject({ address: '00:16:3e:44:55:66' });
    expect(links[1]?.addr_info[0]).toMatchObject({ local: '192.168.1.2' });
    expect((await foo.run('stop', ['-t', '5'])).status).toBe(0);
    expect(foo.signals()).toEqual(['10']);
  },
);
