/** The files that `lxcfs install` writes among those of other programs, and what these programs think of them. */

import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { installRoot } from '../../src/base/install.ts';
import { perform, worldOf } from '../../src/lxcfs/install/files.ts';
import { integrations } from '../../src/lxcfs/install/integrations.ts';
import {
  type Integration,
  planInstall,
  planUninstall,
  type Step,
  type World,
} from '../../src/lxcfs/install/plan.ts';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'lxcfs-install-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const place = (): World => worldOf({ install: installRoot, root });
const outcomes = (steps: readonly Step[]) => steps.map(({ outcome }) => outcome);
const performed = (steps: readonly Step[]) => {
  perform(steps);
  return steps;
};
const install = (integration: Integration, world: World) => performed(planInstall(integration, world));
const uninstall = (integration: Integration, world: World) => performed(planUninstall(integration, world));

function named(name: string): Integration {
  const found = integrations[name];
  if (found === undefined) throw new Error(`no integration ${name}`);
  return found;
}

function put(path: string, text: string): string {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
}

const include = '/usr/share/lxc/config/common.conf.d/00-lxcfs.conf';
const hook = '/usr/share/lxc-ts/lxc.mount.hook';
const unit = '/etc/systemd/system/lxcfs.service';

describe.each(Object.keys(integrations))('lxcfs install %s', (name) => {
  test('writes its files once, and removes what it wrote', () => {
    mkdirSync(join(root, 'etc/needrestart'), { recursive: true });
    const all = named(name).files;
    expect(outcomes(install(named(name), place()))).toEqual(all.map(() => 'written'));
    for (const { path, mode } of all) expect(statSync(root + path).mode & 0o777).toBe(mode);
    expect(outcomes(install(named(name), place()))).toEqual(all.map(() => 'unchanged'));
    expect(outcomes(uninstall(named(name), place()))).toEqual(all.map(() => 'removed'));
    expect(outcomes(uninstall(named(name), place()))).toEqual(all.map(() => 'absent'));
    const left = readdirSync(root, { recursive: true, withFileTypes: true });
    expect(left.filter((one) => !one.isDirectory())).toEqual([]);
  });

  test('brings files of an older build up to date', () => {
    install(named(name), { ...place(), bin: '/opt/old/bin' });
    install(named(name), place());
    for (const { path } of named(name).files)
      if (existsSync(root + path)) expect(readFileSync(root + path, 'utf8')).not.toContain('/opt/old');
    expect(new Set(outcomes(install(named(name), place())))).toContain('unchanged');
  });
});

test('What was there of Docker keeps its owner, its mode and its place', () => {
  const real = put('/srv/daemon.json', '{\n  "debug": true\n}\n');
  chmodSync(real, 0o600);
  chownSync(real, 1234, 1234);
  const path = `${root}/etc/docker/daemon.json`;
  mkdirSync(dirname(path), { recursive: true });
  symlinkSync(real, path);
  expect(outcomes(install(named('docker'), place()))).toEqual(['written']);
  expect(lstatSync(path).isSymbolicLink()).toBe(true);
  const { mode, uid, gid } = statSync(real);
  expect({ mode: mode & 0o777, uid, gid }).toEqual({ mode: 0o600, uid: 1234, gid: 1234 });
  expect(JSON.parse(readFileSync(real, 'utf8'))).toEqual({
    debug: true,
    runtimes: { lxcfs: { path: `${installRoot}/bin/lxcfs-runc` } },
    'default-runtime': 'lxcfs',
  });
  expect(outcomes(uninstall(named('docker'), place()))).toEqual(['written']);
  expect(readFileSync(real, 'utf8')).toBe('{\n  "debug": true\n}\n');
});

test('The include of LXCFS stays, since its hook does the same', () => {
  const file = put(include, 'lxc.hook.mount = /usr/share/lxcfs/lxc.mount.hook\n');
  expect(outcomes(install(named('lxc'), place()))).toEqual(['written', 'kept']);
  expect(outcomes(uninstall(named('lxc'), place()))).toEqual(['removed', 'kept']);
  expect(readFileSync(file, 'utf8')).toContain('/usr/share/lxcfs/');
});

test("Somebody else's unit is not replaced, and nothing is written then", () => {
  put(unit, '[Service]\nExecStart=/bin/true\n');
  mkdirSync(join(root, 'etc/needrestart'), { recursive: true });
  expect(() => install(named('systemd'), place())).toThrow(
    `Failed to write ${root}${unit}: it is there, and somebody else wrote it`,
  );
  expect(existsSync(join(root, 'etc/needrestart/conf.d'))).toBe(false);
  expect(outcomes(uninstall(named('systemd'), place()))).toEqual(['kept', 'absent']);
});

test('Without needrestart nothing is written for it', () => {
  expect(outcomes(install(named('systemd'), place()))).toEqual(['written', 'left out']);
});

test('The include names the hook that is installed with it', () => {
  install(named('lxc'), place());
  expect(readFileSync(root + include, 'utf8')).toContain(`\nlxc.hook.mount = ${hook}\n`);
});

test('The unit starts the command of this package and is told when it is ready', () => {
  install(named('systemd'), place());
  const text = readFileSync(root + unit, 'utf8');
  expect(text).toContain(`\nExecStart=${installRoot}/bin/lxcfs /var/lib/lxcfs\n`);
  expect(text).toContain('\nType=notify\n');
  expect(text).toContain(`\nExecReload=${installRoot}/bin/lxcfs --replace /var/lib/lxcfs\n`);
});

test('systemd has nothing to say against the unit', () => {
  install(named('systemd'), place());
  const file = join(root, 'lxcfs.service');
  // The command itself need not be built for this.
  writeFileSync(file, readFileSync(root + unit, 'utf8').replaceAll(/^(Exec\w+=)\S+\/lxcfs/gm, '$1/bin/true'));
  const checked = spawnSync('systemd-analyze', ['verify', '--man=no', file], { encoding: 'utf8' });
  if (checked.error !== undefined) return;
  expect(
    `${checked.stdout}${checked.stderr}`.split('\n').filter((line) => line.includes('lxcfs.service')),
  ).toEqual([]);
});

test('Every shell reads the hook', () => {
  for (const shell of [['dash'], ['bash'], ['busybox', 'sh']]) {
    const [program = '', ...args] = shell;
    const read = spawnSync(program, [...args, '-n', join(installRoot, 'configs/hooks/lxc.mount.hook')]);
    if (read.error === undefined) expect(read.status).toBe(0);
  }
});
