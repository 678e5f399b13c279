/** lxc-create -t oci: images that are made here, from a busybox, by umoci. */

import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { lxc, run } from './harness/commands.ts';
import { maps } from './harness/mapped.ts';
import { rootfsTemplate } from './harness/rootfs.ts';
import type { Scope } from './harness/scope.ts';
import { testOurs } from './harness/suite.ts';

const why = 'Debian has the template of LXC in another package, which writes other keys';

interface Image {
  /** Options of `umoci config`. */
  readonly config: readonly string[];
  /** Puts more into the root file system. */
  readonly fill?: (rootfs: string) => void;
}

/** A layout with the image `latest`. */
async function layout(scope: Scope, { config, fill }: Image): Promise<string> {
  const directory = scope.directory();
  const image = `${directory}/layout:latest`;
  const bundle = `${directory}/bundle`;
  await umoci('init', '--layout', `${directory}/layout`);
  await umoci('new', '--image', image);
  await umoci('unpack', '--image', image, bundle);
  const rootfs = `${bundle}/rootfs`;
  for (const name of ['bin', 'etc', 'proc', 'sys', 'dev', 'tmp']) mkdirSync(`${rootfs}/${name}`);
  cpSync('/bin/busybox', `${rootfs}/bin/busybox`);
  for (const applet of ['sh', 'id', 'env', 'pwd', 'sleep']) symlinkSync('busybox', `${rootfs}/bin/${applet}`);
  writeFileSync(`${rootfs}/etc/passwd`, 'root:x:0:0::/root:/bin/sh\napp:x:1000:1001::/home/app:/bin/sh\n');
  writeFileSync(`${rootfs}/etc/group`, 'root:x:0:\napp:x:1001:\nweb:x:33:app\n');
  fill?.(rootfs);
  await umoci('repack', '--image', image, bundle);
  await umoci('config', '--image', image, ...config);
  return `${directory}/layout`;
}

async function umoci(...args: readonly string[]): Promise<void> {
  expect(await run('umoci', ['--log=error', ...args])).toMatchObject({ stderr: '', status: 0 });
}

const asApp = ['--config.user=app', '--config.workingdir=/srv/app', '--config.env=GREETING=good  day'];
const shell = ['--config.entrypoint=/bin/sh', '--config.entrypoint=-c'];
const look = 'echo "$GREETING" "$HOME"; pwd; id -u; id -g; id -G';

function named(
  scope: Scope,
  config: readonly string[] = [],
): readonly [name: string, args: readonly string[]] {
  const name = scope.name();
  scope.defer(async () => {
    await lxc('destroy', ['-n', name, '-f']);
  });
  const file = scope.file(`/var/lib/lxc/.${name}.conf`, ['lxc.net.0.type = empty', ...config, ''].join('\n'));
  return [name, ['-n', name, '-f', file, '-t', 'oci', '--']];
}

testOurs(
  'An OCI layout becomes a container that runs what the image says, as whom and where it says',
  why,
  async (scope) => {
    const source = await layout(scope, { config: [...asApp, ...shell, `--config.cmd=${look}`] });
    const [name, args] = named(scope);
    expect(await lxc('create', [...args, '--url', `oci:${source}:latest`])).toEqual({
      stdout: '',
      stderr: '',
      status: 0,
    });
    const ran = await lxc('execute', ['-n', name]);
    expect(ran).toMatchObject({ stdout: 'good  day /home/app\n/srv/app\n1000\n1001\n1001 33\n', status: 0 });
    expect(readdirSync(`/var/lib/lxc/${name}`).sort()).toEqual(['config', 'rootfs']);
    expect(readFileSync(`/var/lib/lxc/${name}/rootfs/etc/hostname`, 'utf8')).toBe(`${name}\n`);
  },
);

testOurs(
  'An archive and a mapped container do as well, and lxc-start has the command as init',
  why,
  async (scope) => {
    const source = await layout(scope, { config: ['--config.entrypoint=/bin/sleep', '--config.cmd=1000'] });
    const archive = join(scope.directory(), 'image.tar');
    const copied = await run('skopeo', ['copy', '--quiet', `oci:${source}:latest`, `oci-archive:${archive}`]);
    expect(copied).toMatchObject({ stderr: '', status: 0 });
    const [name, args] = named(scope, maps);
    expect(await lxc('create', [...args, '-u', archive])).toMatchObject({ stderr: '', status: 0 });
    expect((await lxc('start', ['-n', name])).status).toBe(0);
    const seen = await lxc('attach', ['-n', name, '--', 'sh', '-c', 'id -u; busybox cat /proc/1/cmdline']);
    expect(seen.stdout).toBe('0\n/bin/sleep\x001000\0');
  },
);

testOurs(
  'A hostile image writes nothing outside of its root file system and adds no key',
  why,
  async (scope) => {
    const outside = scope.directory();
    const source = await layout(scope, {
      config: [...shell, '--config.cmd=true\nlxc.hook.pre-start = /bin/false'],
      fill: (rootfs) => {
        rmSync(`${rootfs}/etc`, { recursive: true });
        symlinkSync(outside, `${rootfs}/etc`);
      },
    });
    const [name, args] = named(scope);
    const made = await lxc('create', [...args, '--url', source]);
    expect(made.stderr).toContain(
      'Left out lxc.execute.cmd of the image: a configuration holds no line breaks',
    );
    expect(made.status).toBe(0);
    expect(readdirSync(outside)).toEqual([]);
    expect(readFileSync(`/var/lib/lxc/${name}/config`, 'utf8')).not.toContain('lxc.hook');
  },
);

testOurs('An image that is not there leaves nothing behind', why, async (scope) => {
  const [name, args] = named(scope);
  const made = await lxc('create', [...args, '--url', 'oci:/no/such/layout']);
  expect(made.status).toBe(1);
  expect(made.stderr).toContain('lxc-oci: Failed to run skopeo');
  expect(existsSync(`/var/lib/lxc/${name}`)).toBe(false);
});

testOurs('Without skopeo or umoci the package is named', why, async (scope) => {
  const [name, args] = named(scope);
  const directory = scope.directory();
  for (const tool of ['sh', 'dirname', 'uname', 'sha1sum'])
    symlinkSync(`/usr/bin/${tool}`, join(directory, tool));
  const made = await lxc('create', [...args, '--url', rootfsTemplate], { env: { PATH: directory } });
  expect(made.stderr).toContain('lxc-oci: Failed to find skopeo and umoci; apt-get install skopeo umoci');
  expect(existsSync(`/var/lib/lxc/${name}`)).toBe(false);
});
