/** lxc-net: the bridge that containers are on by default. */

import { mkdirSync, readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { lxc, run } from './harness/commands.ts';
import { eventually } from './harness/eventually.ts';
import type { Scope } from './harness/scope.ts';
import { testOurs } from './harness/suite.ts';

const reason = 'the script of LXC is no command';

/** Whatever a test did, nothing of it stays. dnsmasq keeps its leases below /var/lib/misc. */
async function stopsAtTheEnd(scope: Scope): Promise<void> {
  mkdirSync('/var/lib/misc', { recursive: true });
  await run('mount', ['-t', 'tmpfs', 'tmpfs', '/var/lib/misc']);
  scope.defer(async () => void (await run('umount', ['/var/lib/misc'])));
  scope.defer(async () => void (await lxc('net', ['stop'])));
}

testOurs(
  'The bridge comes up with addresses by DHCP, and goes with all that came with it',
  reason,
  async (scope) => {
    await stopsAtTheEnd(scope);
    expect((await lxc('net', ['status'])).status).toBe(3);
    expect(await lxc('net', ['start'])).toEqual({ stdout: '', stderr: '', status: 0 });
    expect(JSON.parse((await lxc('net', ['status', '--format', 'json'])).stdout)).toMatchObject({
      bridge: 'lxcbr0',
      up: true,
      addresses: ['10.0.3.1/24'],
      ports: [],
    });
    expect((await run('nft', ['list', 'ruleset'])).stdout).toContain(
      'ip saddr 10.0.3.0/24 ip daddr != 10.0.3.0/24',
    );
    expect(readFileSync('/proc/sys/net/ipv4/ip_forward', 'utf8')).toBe('1\n');
    const lines = ['lxc.net.0.type = veth', 'lxc.net.0.link = lxcbr0', 'lxc.net.0.flags = up'];
    const foo = scope.container({ config: lines });
    await foo.start();
    const client = ['busybox', 'udhcpc', '-i', 'eth0', '-n', '-q', '-t', '20', '-T', '1', '-s', '/bin/true'];
    const lease = await run('nsenter', ['-t', String(await foo.initPid()), '-n', ...client]);
    expect(lease.stdout + lease.stderr).toMatch(/lease of 10\.0\.3\.\d+ obtained from 10\.0\.3\.1/);
    await foo.stop();
    await eventually(async () => !(await lxc('net', ['status'])).stdout.includes('veth'), 'the port is gone');
    expect((await lxc('net', ['stop'])).status).toBe(0);
    expect((await run('ip', ['link', 'show', 'lxcbr0'])).status).not.toBe(0);
    expect((await run('nft', ['list', 'ruleset'])).stdout).toBe('');
  },
);

testOurs(
  'A bridge that a container is on stays at a stop and is used by the next start',
  reason,
  async (scope) => {
    await stopsAtTheEnd(scope);
    await lxc('net', ['start']);
    const foo = scope.container({ config: ['lxc.net.0.type = veth', 'lxc.net.0.link = lxcbr0'] });
    await foo.start();
    const stopped = await lxc('net', ['stop']);
    expect(stopped).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/lxcbr0 stays, veth\w+ is on it/),
    });
    expect((await lxc('net', ['start'])).status).toBe(0);
    expect((await lxc('net', ['restart'])).status).toBe(0);
    expect((await lxc('net', ['status'])).status).toBe(0);
  },
);

testOurs('A start that fails leaves neither bridge nor rules', reason, async (scope) => {
  await stopsAtTheEnd(scope);
  const settings = scope.directory();
  await run('mount', ['--bind', settings, '/etc/default']);
  scope.defer(async () => void (await run('umount', ['/etc/default'])));
  scope.file(`${settings}/lxc-net`, 'LXC_DHCP_RANGE="10.0.3.2,bad"\n');
  const started = await lxc('net', ['start']);
  expect(started.status).toBe(1);
  expect(started.stderr).toContain('/etc/default/lxc-net:1: Failed to start dnsmasq: ');
  expect((await run('ip', ['link', 'show', 'lxcbr0'])).status).not.toBe(0);
  expect((await run('nft', ['list', 'ruleset'])).stdout).toBe('');
});
