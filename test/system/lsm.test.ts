/** Security modules. Test hosts have none; what is theirs to do is planned in test/unit/plan/lsm. */

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { binDir, type Result, run } from './harness/commands.ts';
import type { Container } from './harness/container.ts';
import { mountOn } from './harness/probe.ts';
import { test, testOurs } from './harness/suite.ts';

const isOn = {
  appArmor: existsSync('/sys/kernel/security/apparmor'),
  seLinux: existsSync('/sys/fs/selinux/enforce'),
};
const words = 'the words are ours';

testOurs(
  'Where AppArmor is off a container starts, and one line of the log says what it needs',
  words,
  async (scope) => {
    const foo = scope.container({
      config: [
        'lxc.apparmor.profile = generated',
        'lxc.apparmor.allow_incomplete = 1',
        'lxc.apparmor.raw = deny /x w,',
      ],
    });
    const log = join(foo.dir, 'log');
    await foo.start(['-l', 'INFO', '-o', log]);
    expect(await foo.state()).toBe('RUNNING');
    if (isOn.appArmor) return;
    const lines = readFileSync(log, 'utf8').split('\n');
    const told = lines.filter((line) => line.includes('AppArmor'));
    expect(told).toEqual([
      expect.stringMatching(/ INFO .*\/config:4: lxc\.apparmor\.profile: .*CONFIG_SECURITY_APPARMOR/),
    ]);
  },
);

testOurs(
  'Where SELinux is off a container starts, and one line of the log says what it needs',
  words,
  async (scope) => {
    const foo = scope.container({
      config: ['lxc.selinux.context = unconfined_t', 'lxc.selinux.context.keyring = unconfined_t'],
    });
    const log = join(foo.dir, 'log');
    await foo.start(['-l', 'INFO', '-o', log]);
    expect(await foo.state()).toBe('RUNNING');
    if (isOn.seLinux) return;
    expect(readFileSync(log, 'utf8')).toMatch(/ INFO .*lxc\.selinux\.context: .*CONFIG_SECURITY_SELINUX/);
  },
);

test('Security modules that are off keep no configuration from starting', async (scope) => {
  const foo = scope.container({
    config: [
      'lxc.apparmor.profile = generated',
      'lxc.apparmor.raw = deny /x w,',
      'lxc.selinux.context = x:y:z',
    ],
  });
  const started = await foo.run('start', ['-d']);
  expect(started).toEqual({ stdout: '', stderr: '', status: 0 });
});

test('lxc.apparmor.allow_nesting shows a whole /proc and /sys to the kernel', async (scope) => {
  const foo = scope.container({
    config: ['lxc.apparmor.allow_nesting = 1', 'lxc.mount.entry = tmpfs srv tmpfs defaults 0 0'],
  });
  await foo.start();
  const seen = await foo.probe();
  expect(mountOn(seen, '/dev/.lxc/proc')?.fstype).toBe('proc');
  expect(mountOn(seen, '/dev/.lxc/sys')?.fstype).toBe('sysfs');
});

/**
 * A host whose AppArmor is on, as far as files tell: in place of the parser (package apparmor) stands one that writes
 * down what it is told, and the kernel refuses the label in the end.
 */
const pretend = `
mount -t tmpfs none /sys/module && mkdir -p /sys/module/apparmor/parameters
echo Y > /sys/module/apparmor/parameters/enabled
mount -t tmpfs none /sys/kernel/security
mkdir -p /sys/kernel/security/apparmor/policy/namespaces
cd /sys/kernel/security/apparmor && mkdir -p features/mount features/domain
mount --bind "$PARSER" /usr/sbin/apparmor_parser
echo x > features/mount/mask; echo yes > features/domain/stack; : > profiles
exec "$@"
`;

/** Starts there; the parser notes what it is called with and ends with `status`. */
async function startPretending(
  foo: Container,
  status: number,
): Promise<Result & { readonly calls: string[] }> {
  const [parser, calls] = [join(foo.dir, 'parser'), join(foo.dir, 'calls')];
  const list = 'ls /sys/kernel/security/apparmor/policy/namespaces';
  const text = `{ echo "$*"; ${list}; } >> ${calls}\necho "line 7: no rule" >&2\nexit ${status}\n`;
  writeFileSync(parser, `#!/bin/sh\n${text}`, { mode: 0o755 });
  const args = ['-c', pretend, 'sh', join(binDir, 'lxc-start'), '-n', foo.name];
  const started = await run('unshare', ['-m', '/bin/sh', ...args], {
    env: { LXC_TS_DAEMON: '0', PARSER: parser },
  });
  return { ...started, calls: readFileSync(calls, 'utf8').trimEnd().split('\n') };
}

testOurs('A generated profile is loaded before a start and unloaded when it fails', words, async (scope) => {
  const foo = scope.container({
    config: ['lxc.apparmor.profile = generated', 'lxc.apparmor.raw = deny /x w,'],
  });
  const { status, stderr, calls } = await startPretending(foo, 0);
  expect(status).toBe(1);
  const file = join(foo.dir, 'apparmor', `lxc-${foo.name}`);
  const namespace = `lxc-${foo.name}_<-var-lib-lxc>`;
  const label = `lxc-${foo.name}_</var/lib/lxc>//&:${namespace}:`;
  expect(stderr).toContain(
    `Failed to change to the AppArmor profile ${label}: this kernel knows no such label`,
  );
  expect(readFileSync(file, 'utf8')).toContain('  deny /x w,\n');
  expect(calls).toEqual([
    `--replace --write-cache --cache-loc=${join(foo.dir, 'apparmor/cache')} ${file}`,
    namespace,
    `--remove ${file}`,
    namespace,
  ]);
});

testOurs('A profile that the parser refuses stops the start in its words', words, async (scope) => {
  const foo = scope.container({
    config: ['lxc.apparmor.profile = generated', 'lxc.apparmor.raw = no rule at all'],
  });
  const { status, stderr } = await startPretending(foo, 1);
  expect(status).toBe(1);
  expect(stderr.trimEnd().split('\n')).toEqual([
    expect.stringMatching(
      /^lxc-start: \S+: \S+\/config:4: Failed to load the AppArmor profile lxc-\S+: .*line 7: no rule/,
    ),
  ]);
});
