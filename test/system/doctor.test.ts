/** lxc-doctor: each thing is broken in namespaces of its own, and found with a cure. */

import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { binDir, run } from './harness/commands.ts';
import type { Scope } from './harness/scope.ts';
import { testOurs } from './harness/suite.ts';

const ours = 'LXC has none';

interface Told {
  readonly check: string;
  readonly severity: string;
  readonly finding: string;
  readonly cure?: string;
}

/** `breakage` runs first, as a script in mount and network namespaces of its own. */
async function broken(
  breakage: string,
  env: Readonly<Record<string, string>> = {},
  args: readonly string[] = [],
) {
  const script = `${breakage}\nexec "$0" --format json "$@"`;
  const doctor = join(binDir, 'lxc-doctor');
  const argv = ['-m', '-n', '/bin/sh', '-c', script, doctor, ...args];
  const done = await run('unshare', argv, { env: { LXC_TS_DAEMON: '0', ...env } });
  expect(done.stderr).toBe('');
  const told: readonly Told[] = JSON.parse(done.stdout);
  return { status: done.status, of: (check: string) => told.filter((one) => one.check === check) };
}

function directory(scope: Scope): string {
  const made = mkdtempSync(join(tmpdir(), 'comfort-doctor-'));
  scope.defer(() => rmSync(made, { recursive: true }));
  return made;
}

testOurs('Packets that are not forwarded are told', ours, async () => {
  const told = await broken('echo 0 > /proc/sys/net/ipv4/ip_forward');
  expect(told.of('forwarding')).toMatchObject([
    { severity: 'warning', cure: 'sysctl -w net.ipv4.ip_forward=1' },
  ]);
});

testOurs('Cgroups that may not be written are told', ours, async () => {
  const breakage =
    "for one in $(grep -w -e cgroup -e cgroup2 /proc/self/mounts | cut -d' ' -f2); do mount -o remount,bind,ro $one; done";
  const told = await broken(breakage);
  expect(told.of('delegation')).toMatchObject([
    { severity: 'bad', cure: expect.stringContaining('remount,rw') },
  ]);
  expect(told.status).toBe(1);
});

testOurs('A machine without ids for containers is told', ours, async () => {
  const told = await broken('mount --bind /dev/null /etc/subuid');
  expect(told.of('subids')).toMatchObject([
    { severity: 'warning', finding: 'root was given no ids for containers' },
  ]);
  expect(told.of('subids')[0]?.cure).toContain('usermod --add-subuids');
});

testOurs('A proc view that is not mounted is told', ours, async () => {
  const told = await broken('mkdir -p /var/lib/lxcfs; mount -t tmpfs none /var/lib/lxcfs');
  expect(told.of('lxcfs')).toMatchObject([
    { severity: 'warning', cure: expect.stringContaining('lxcfs install systemd') },
  ]);
});

testOurs('A kernel without what every container needs is told', ours, async (scope) => {
  const config = join(directory(scope), 'config');
  writeFileSync(config, 'CONFIG_NAMESPACES=y\nCONFIG_IPC_NS=y\n');
  const told = await broken('', { CONFIG: config });
  expect(told.of('kernel')).toContainEqual(
    expect.objectContaining({ severity: 'bad', finding: 'The kernel lacks: Pid namespace' }),
  );
  expect(told.status).toBe(1);
});

testOurs(
  'A container path that anybody may write to is told, and one that ids cannot pass',
  ours,
  async (scope) => {
    const path = directory(scope);
    chmodSync(path, 0o777);
    const open = await broken('', {}, ['-P', path]);
    expect(open.of('path')).toMatchObject([{ severity: 'bad', cure: `chmod o-w ${path}` }]);
    chmodSync(path, 0o700);
    const closed = await broken('', {}, ['-P', path]);
    expect(closed.of('path')).toMatchObject([{ severity: 'warning', cure: `chmod o+x ${path}` }]);
    chmodSync(path, 0o711);
    expect((await broken('', {}, ['-P', path])).of('path')).toMatchObject([{ severity: 'good' }]);
  },
);

testOurs('A bridge that is not up is told, and by name who holds port 53', ours, async (scope) => {
  const file = join(directory(scope), 'lxc-net');
  writeFileSync(file, 'USE_LXC_BRIDGE="true"\n');
  const server = "require('dgram').createSocket('udp4').bind(53, () => console.log('up'))";
  const breakage = [
    'mount -t tmpfs none /etc/default; cp "$LXC_NET" /etc/default/lxc-net; ip link set lo up',
    `mkfifo /etc/default/up; "$NODE" -e "${server}" > /etc/default/up 2>&1 & server=$!; read -r line < /etc/default/up`,
    '"$0" --format json "$@"; status=$?; kill $server; exit $status',
  ].join('\n');
  const told = await broken(breakage, { LXC_NET: file, NODE: process.execPath });
  expect(told.of('port53')).toMatchObject([
    { severity: 'bad', finding: expect.stringMatching(/held by \S+ \(\d+\) on \*$/) },
  ]);
  expect(told.of('bridge')).toMatchObject([
    { severity: 'warning', cure: expect.stringContaining('lxc-net start') },
  ]);
});
