/** lxc-create with a template and lxc-destroy. */

import { existsSync, readFileSync, statSync } from 'node:fs';
import { expect } from 'vitest';
import { lxc } from './harness/commands.ts';
import type { Scope } from './harness/scope.ts';
import { test } from './harness/suite.ts';

const emptyNetwork = 'lxc.net.0.type = empty\nlxc.net.0.flags = up\n';

function created(scope: Scope): string {
  const name = scope.name();
  scope.defer(async () => {
    await lxc('destroy', ['-n', name, '-f']);
  });
  return name;
}

test('lxc-create makes a container from a template that starts, and lxc-destroy removes it', async (scope) => {
  scope.file('/etc/lxc/default.conf', emptyNetwork);
  const name = created(scope);
  const made = await lxc('create', ['-n', name, '-t', 'busybox']);
  expect(made.status).toBe(0);
  const config = readFileSync(`/var/lib/lxc/${name}/config`, 'utf8');
  expect(config).toMatch(/^# Template used to create this container: \/.*busybox$/m);
  expect(config).toContain('lxc.net.0.type = empty');
  expect(config).toMatch(new RegExp(`^lxc.rootfs.path = dir:/var/lib/lxc/${name}/rootfs$`, 'm'));
  expect(existsSync(`/var/lib/lxc/${name}/partial`)).toBe(false);
  expect(statSync(`/var/lib/lxc/${name}`).mode & 0o777).toBe(0o770);
  expect((await lxc('start', ['-n', name])).status).toBe(0);
  expect((await lxc('attach', ['-n', name, '--', 'hostname'])).stdout).toBe(`${name}\n`);
  const refused = await lxc('destroy', ['-n', name]);
  expect(refused.status).toBe(1);
  expect(refused.stderr).toContain(`${name} is running`);
  expect((await lxc('destroy', ['-n', name, '-f'])).status).toBe(0);
  expect(existsSync(`/var/lib/lxc/${name}`)).toBe(false);
});

test('lxc-create -f takes another configuration and -t none makes no root file system', async (scope) => {
  const name = created(scope);
  const file = scope.file(`/var/lib/lxc/.${name}.conf`, `${emptyNetwork}lxc.uts.name = other\n`);
  expect((await lxc('create', ['-n', name, '-f', file, '-t', 'none'])).status).toBe(0);
  expect(readFileSync(`/var/lib/lxc/${name}/config`, 'utf8')).toContain('lxc.uts.name = other\n');
});

test('lxc-create passes what follows -- to the template', async (scope) => {
  scope.file('/etc/lxc/default.conf', emptyNetwork);
  const name = created(scope);
  const seen = scope.file(`/var/lib/lxc/.${name}.args`, '');
  const template = scope.file(`/var/lib/lxc/.${name}.template`, `#!/bin/sh\necho "$@" > ${seen}\n`, 0o755);
  expect((await lxc('create', ['-n', name, '-t', template, '--', '--release', 'x'])).status).toBe(0);
  const args = readFileSync(seen, 'utf8');
  expect(args).toMatch(
    new RegExp(`^--path=/var/lib/lxc/${name} --name=${name} --rootfs=\\S*/rootfs --release x\\n$`),
  );
});

test('A template that fails leaves nothing behind', async (scope) => {
  scope.file('/etc/lxc/default.conf', emptyNetwork);
  const name = scope.name();
  const template = scope.file(
    `/var/lib/lxc/.${name}.template`,
    '#!/bin/sh\necho broken >&2; exit 3\n',
    0o755,
  );
  const made = await lxc('create', ['-n', name, '-t', template]);
  expect(made.status).toBe(1);
  expect(existsSync(`/var/lib/lxc/${name}`)).toBe(false);
});

test('lxc-create refuses a name that exists and a template that does not', async (scope) => {
  scope.file('/etc/lxc/default.conf', emptyNetwork);
  const foo = scope.container();
  const again = await foo.run('create', ['-t', 'none']);
  expect(again.status).toBe(1);
  expect(again.stderr).toContain('Container already exists');
  const name = scope.name();
  const bogus = await lxc('create', ['-n', name, '-t', 'nosuch']);
  expect(bogus.status).toBe(1);
  expect(existsSync(`/var/lib/lxc/${name}`)).toBe(false);
  expect((await lxc('create', ['-n', name])).stderr).toContain('A template must be specified');
});

test('lxc-destroy of an unknown container says so', async (scope) => {
  const gone = await lxc('destroy', ['-n', scope.name()]);
  expect(gone.status).toBe(1);
  expect(gone.stderr).toContain('Container is not defined');
});

test('Wildcards of a hardware address are filled in when a container is made', async (scope) => {
  const name = created(scope);
  const file = scope.file(
    `/var/lib/lxc/.${name}.conf`,
    'lxc.net.0.type = veth\nlxc.net.0.link = lxcbr0\nlxc.net.0.hwaddr = 00:16:3e:xx:xx:xx\n',
  );
  expect((await lxc('create', ['-n', name, '-f', file, '-t', 'none'])).status).toBe(0);
  expect(readFileSync(`/var/lib/lxc/${name}/config`, 'utf8')).toMatch(
    /^lxc\.net\.0\.hwaddr = 00:16:3e:[0-9a-f]{2}:[0-9a-f]{2}:[0-9a-f]{2}$/m,
  );
});
