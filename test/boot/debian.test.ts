/** lxc-create -t debian: a Debian by debootstrap from the mirror of apt, that boots, and a second one of the cache. */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { lxc } from '../system/harness/commands.ts';
import { eventually } from '../system/harness/eventually.ts';
import type { Scope } from '../system/harness/scope.ts';
import { testOurs } from '../system/harness/suite.ts';
import { aMinute, missing } from './machine.ts';

const cache = join(process.env.LXC_TS_BOOT_TREES ?? '', 'cache');
const why = 'the template of LXC is that of Debian’s package lxc-templates';

function named(scope: Scope): string {
  const name = scope.name();
  scope.defer(async () => {
    await lxc('destroy', ['-n', name, '-f'], { timeoutMs: 2 * aMinute });
  });
  return name;
}

function create(name: string, config: string, more: readonly string[] = []) {
  const args = ['-n', name, '-f', config, '-t', 'debian', '--', ...more];
  return lxc('create', args, { env: { LXC_CACHE_PATH: cache }, timeoutMs: 15 * aMinute });
}

if (missing === '')
  testOurs(
    'lxc-create -t debian makes Debian, which boots, and a mapped one out of what was kept',
    why,
    async (scope) => {
      const empty = 'lxc.net.0.type = empty\n';
      const config = scope.file('/var/lib/lxc/.empty.conf', empty);
      const name = named(scope);
      expect(await create(name, config)).toEqual({ stdout: '', stderr: '', status: 0 });
      const rootfs = `/var/lib/lxc/${name}/rootfs`;
      expect(readFileSync(`${rootfs}/etc/apt/sources.list`, 'utf8')).toMatch(/^deb http\S* \w+ main$/m);
      expect((await lxc('start', ['-n', name])).status).toBe(0);
      await eventually(
        async () => {
          const { stdout } = await lxc('attach', ['-n', name, '--', 'systemctl', 'is-system-running']);
          return /^(running|degraded)\n$/.test(stdout);
        },
        'systemd has started everything',
        2 * aMinute,
      );
      const told = await lxc('attach', ['-n', name, '--', 'sh', '-c', 'hostname; cat /etc/debian_version']);
      expect(told.stdout).toMatch(new RegExp(`^${name}\\n\\S+\\n$`));
      const maps = 'lxc.idmap = u 0 100000 65536\nlxc.idmap = g 0 100000 65536\n';
      const mapped = named(scope);
      const made = await create(mapped, scope.file('/var/lib/lxc/.mapped.conf', empty + maps));
      expect(made).toMatchObject({ stderr: '', status: 0 });
      expect(existsSync(`/var/lib/lxc/${mapped}/rootfs/etc/debian_version`)).toBe(true);
    },
    { timeoutMs: 20 * aMinute },
  );

testOurs('A mirror that is not there leaves nothing behind', why, async (scope) => {
  const name = named(scope);
  const config = scope.file('/var/lib/lxc/.empty.conf', 'lxc.net.0.type = empty\n');
  const made = await create(name, config, ['--mirror', 'http://127.0.0.1:9/debian']);
  expect(made.status).toBe(1);
  expect(made.stderr).toContain('lxc-debian: debootstrap failed: ');
  expect(existsSync(`/var/lib/lxc/${name}`)).toBe(false);
});
