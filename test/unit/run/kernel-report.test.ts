import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { reportJson, reportText } from '../../../src/cli/commands/checkconfig.ts';
import {
  type KernelFacts,
  kernelOptions,
  kernelVersion,
  mountPoints,
} from '../../../src/host/kernel-config.ts';
import { kernelReport, type Line } from '../../../src/run/kernel-report.ts';

const recorded = readFileSync('test/fixtures/kernel/6.18.config', 'utf8');
const expected = readFileSync('test/fixtures/kernel/6.18.txt', 'utf8');
const notTerminal = { isatty: { stdin: false, stdout: false, stderr: false } };

const hybridV1 = 'cpu cpuacct cpuset memory devices freezer blkio pids systemd'
  .split(' ')
  .map((name) => `/sys/fs/cgroup/${name}`);

function facts(config: string, more: Partial<KernelFacts> = {}): KernelFacts {
  return {
    options: kernelOptions(config),
    version: kernelVersion(config),
    cgroupNamespace: true,
    cgroupV1: hybridV1,
    cgroupV2: ['/sys/fs/cgroup/unified'],
    cloneChildren: true,
    newuidmap: 'usable',
    newgidmap: 'usable',
    loaded: undefined,
    ...more,
  };
}

function labels(given: KernelFacts): readonly string[] {
  const lines: readonly Line[] = kernelReport(given).flatMap((section) => section.lines);
  return lines.map((line) => (line.kind === 'warning' ? line.text : line.label));
}

describe('lxc-checkconfig', () => {
  test('prints for a recorded kernel what LXC prints', () => {
    expect(reportText(kernelReport(facts(recorded)), notTerminal)).toBe(expected);
  });

  test('colours the verdicts on a terminal', () => {
    const terminal = { isatty: { ...notTerminal.isatty, stdout: true } };
    const text = reportText(kernelReport(facts('')), terminal);
    expect(text).toContain('Namespaces: \x1b[1;31mrequired\x1b[0;39m\n');
    expect(text).toContain('Cgroups: \x1b[1;33mmissing\x1b[0;39m\n');
    expect(text).toContain('Cgroup namespace: \x1b[1;32menabled\x1b[0;39m\n');
  });

  test('tells of a module whether it is loaded, and of a built-in driver nothing', () => {
    const config = 'CONFIG_VETH=m\nCONFIG_BRIDGE=m\nCONFIG_MACVLAN=y\n';
    const text = reportText(kernelReport(facts(config, { loaded: new Set(['veth']) })), notTerminal);
    expect(text).toContain('Veth pair device: enabled, loaded\n');
    expect(text).toContain('Bridges: enabled, not loaded\n');
    expect(text).toContain('Macvlan: enabled\n');
  });

  test('asks old kernels for what newer ones have built in', () => {
    const of = (version: string) => labels(facts(`# Linux/x86 ${version} Kernel Configuration\n`));
    expect(of('4.4.0')).toContain('Multiple /dev/pts instances');
    expect(of('4.8.1')).not.toContain('Multiple /dev/pts instances');
    expect(of('4.8.1')).toContain('CONFIG_NF_NAT_IPV4');
    expect(of('5.0.0')).not.toContain('CONFIG_NF_NAT_IPV4');
    const old = 'CONFIG_MEMCG=y\n# Linux/x86 3.2.0 Kernel Configuration\n';
    expect(reportText(kernelReport(facts(old)), notTerminal)).toContain('memory controller: missing');
  });

  test('misses legacy hierarchies unless the host is unified', () => {
    const none = facts('', { cgroupV1: [], cgroupV2: [], cloneChildren: false });
    expect(labels(none)).toContain('Cgroup v1 systemd controller');
    expect(labels({ ...none, cgroupV2: ['/sys/fs/cgroup'] })).not.toContain('Cgroup v1 systemd controller');
  });

  test('warns of id map tools only where user namespaces exist', () => {
    const warning = 'Warning: newuidmap is not setuid-root';
    expect(labels(facts('CONFIG_USER_NS=y\n', { newuidmap: 'plain' }))).toContain(warning);
    expect(labels(facts('', { newuidmap: 'plain' }))).not.toContain(warning);
    expect(labels(facts('CONFIG_USER_NS=y\n', { newgidmap: 'absent' }))).toContain(
      'Warning: newgidmap is not installed',
    );
  });

  test('gives the same as JSON', () => {
    const report = reportJson(kernelReport(facts(recorded)), '/proc/config.gz');
    expect(report).toMatchObject({
      config: '/proc/config.gz',
      sections: [
        { title: 'Namespaces', checks: [{ label: 'Namespaces', status: 'enabled' }, {}, {}, {}, {}, {}] },
        { title: 'Control groups', cgroupV1MountPoints: hybridV1 },
        { title: 'Misc' },
        { title: 'Checkpoint/Restore' },
      ],
    });
  });
});

test('mountPoints takes the file system type as a whole word', () => {
  const mounts = 'cgroup /a cgroup rw 0 0\ncgroup2 /b cgroup2 rw 0 0\n';
  expect(mountPoints(mounts, 'cgroup')).toEqual(['/a']);
  expect(mountPoints(mounts, 'cgroup2')).toEqual(['/b']);
});
