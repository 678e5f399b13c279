/** The board of the first users: the dialect of LXC 0.9, two macvlans on a bridge, a device whitelist. */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'vitest';
import { board } from '../fixtures/board.ts';
import type { Container } from './harness/container.ts';
import { mountOn } from './harness/probe.ts';
import { testOurs } from './harness/suite.ts';

const reason = 'C LXC 5.0 refuses the dialect of 0.9';

function writeBoard(container: Container, entry: string): void {
  mkdirSync(`${container.dir}/lib`);
  mkdirSync(`${container.rootfs}/lib`);
  writeFileSync(`${container.dir}/lib/marker`, 'library');
  writeFileSync(
    `${container.dir}/fstab`,
    `proc ${container.rootfs}/proc proc defaults 0 0\ntmpfs ${container.rootfs}/mnt tmpfs size=64k 0 0\n`,
  );
  container.writeConfig(
    board({
      rootfs: container.rootfs,
      fstab: `${container.dir}/fstab`,
      entry: entry.replaceAll('$DIR', container.dir),
    }),
  );
}

const init = ['--', '/probe', '--out', '/out/probe.json', '--stay'];

testOurs('The board example starts with both macvlans up and addressed', reason, async (scope) => {
  await scope.bridge('br0');
  const foo = scope.container();
  writeBoard(foo, `lxc.mount.entry=$DIR/lib ${foo.rootfs}/lib none ro,bind 0 0`);
  const started = await foo.run('start', ['-d', ...init]);
  expect(started.status).toBe(0);
  expect(started.stderr).toMatch(/config:7: .*192\.168\.0\.23.*\/24/);
  const seen = await foo.probe();
  expect(seen.hostname).toBe('foo23');
  const links = JSON.stringify(await foo.ip(['address']));
  for (const [name, address] of [
    ['eth0', '192.168.0.23'],
    ['eth1', '192.168.128.23'],
  ]) {
    const [link] = JSON.parse(JSON.stringify(await foo.ip(['address', 'show', 'dev', name ?? ''])));
    expect(link).toMatchObject({ linkinfo: { info_kind: 'macvlan', info_data: { mode: 'vepa' } } });
    expect(link.flags).toEqual(expect.arrayContaining(['UP', 'LOWER_UP']));
    expect(link.addr_info[0]).toMatchObject({ local: address, prefixlen: 24 });
  }
  expect(links).toContain('"lo"');
});

testOurs('The board example has its cpus, shares and mounts', reason, async (scope) => {
  await scope.bridge('br0');
  const foo = scope.container();
  writeBoard(foo, `lxc.mount.entry=$DIR/lib ${foo.rootfs}/lib none ro,bind 0 0`);
  await foo.start(init);
  const seen = await foo.probe();
  expect(foo.cgroupFile('cpuset', 'cpuset.cpus')).toBe('0-1');
  expect(foo.cgroupFile('cpu', 'cpu.shares')).toBe('1234');
  expect(mountOn(seen, '/lib')?.options).toContain('ro');
  expect(mountOn(seen, '/mnt')?.fstype).toBe('tmpfs');
  expect((await foo.attach(['/bin/cat', '/lib/marker'])).stdout).toBe('library');
});

testOurs('The kernel lets the board open its devices and refuses the others', reason, async (scope) => {
  await scope.bridge('br0');
  const foo = scope.container();
  writeBoard(foo, `lxc.mount.entry=$DIR/lib ${foo.rootfs}/lib none ro,bind 0 0`);
  await foo.start(init);
  await foo.probe();
  expect(foo.cgroupFile('devices', 'devices.list')).toBe('c 1:3 rw\nb 8:0 rw');
  expect((await foo.attach(['/probe', '--open', '/dev/null', 'rw'])).stdout).toBe('{"errno": 0}\n');
  for (const node of ['/dev/zero', '/dev/full', '/dev/urandom']) {
    expect((await foo.attach(['/probe', '--open', node, 'r'])).stdout).toBe('{"errno": 1}\n');
  }
});

testOurs(
  'The mount entry as published, without the blank, is refused with file, line and what is missing',
  reason,
  async (scope) => {
    await scope.bridge('br0');
    const foo = scope.container();
    const published = `lxc.mount.entry=/lib${foo.rootfs}/lib none ro,bind 0 0`;
    writeBoard(foo, published);
    const line = readFileSync(foo.configFile, 'utf8').split('\n').indexOf(published) + 1;
    const refused = await foo.run('start', ['-d', ...init]);
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain(`config:${line}: `);
    expect(refused.stderr).toMatch(/lxc\.mount\.entry/);
    expect(refused.stderr).toMatch(/blank|target|options|field/);
  },
);
