/** lxc-create -t download: images of a server that is made here, with a certificate and a key of its own. */

import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect } from 'vitest';
import { lxc, type Result, run } from './harness/commands.ts';
import { maps } from './harness/mapped.ts';
import type { Scope } from './harness/scope.ts';
import { testOurs } from './harness/suite.ts';

const why = 'the template of LXC speaks another format with one server';

async function must(file: string, ...args: readonly string[]): Promise<void> {
  expect(await run(file, args), [file, ...args].join(' ')).toMatchObject({ status: 0 });
}

interface ImageServer {
  readonly directory: string;
  /** Paths that were asked for. */
  readonly asked: string[];
  create(name: string, more?: readonly string[], config?: readonly string[]): Promise<Result>;
  /** Signs the list of images anew. */
  publish(build: string): Promise<void>;
}

const metadata = {
  config: 'lxc.include = LXC_TEMPLATE_CONFIG/common.conf\nlxc.environment = MODE=system\n',
  'config-user': 'lxc.include = LXC_TEMPLATE_CONFIG/common.conf\nlxc.environment = MODE=user\n',
  'create-message': 'Welcome to LXC_NAME\n',
  'excludes-user': './secret\n',
  expiry: '1\n',
  templates: 'etc/hostname\netc/passwd-link\n',
};

async function makeImage(directory: string): Promise<void> {
  const [rootfs, meta] = [join(directory, 'rootfs'), join(directory, 'meta')];
  for (const name of ['bin', 'etc', 'proc', 'sys', 'dev', 'sbin'])
    mkdirSync(join(rootfs, name), { recursive: true });
  cpSync('/bin/busybox', join(rootfs, 'bin/busybox'));
  for (const name of ['sh', 'sleep', 'cat', 'env']) symlinkSync('busybox', join(rootfs, 'bin', name));
  writeFileSync(join(rootfs, 'sbin/init'), '#!/bin/sh\nexec sleep 1000\n', { mode: 0o755 });
  writeFileSync(join(rootfs, 'etc/hostname'), 'LXC_NAME\n');
  writeFileSync(join(rootfs, 'secret'), '');
  writeFileSync(join(directory, 'outside'), 'LXC_NAME\n');
  symlinkSync(join(directory, 'outside'), join(rootfs, 'etc/passwd-link'));
  mkdirSync(meta);
  for (const [name, text] of Object.entries(metadata)) writeFileSync(join(meta, name), text);
  await must('tar', '-C', rootfs, '-cJf', join(directory, 'www/root.tar.xz'), '.');
  await must('tar', '-C', meta, '-cJf', join(directory, 'www/lxc.tar.xz'), '.');
}

function sumOf(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}

function listOf(www: string, build: string): unknown {
  const item = (path: string) => ({ ftype: path, path, sha256: sumOf(join(www, path)) });
  const items = { meta: item('lxc.tar.xz'), root: item('root.tar.xz') };
  const product = { versions: { [build]: { items } } };
  return {
    format: 'products:1.0',
    products: { 'tiny:1:amd64:default': product, 'tiny:2:riscv64:cloud': product },
  };
}

async function makeKeys(directory: string): Promise<void> {
  mkdirSync(join(directory, 'gpg'), { mode: 0o700 });
  const gpg = ['--batch', '--homedir', join(directory, 'gpg'), '--passphrase', ''];
  await must(
    'gpg',
    ...gpg,
    '--pinentry-mode',
    'loopback',
    '--quick-gen-key',
    'images',
    'ed25519',
    'sign',
    'never',
  );
  await must('gpg', ...gpg, '--output', join(directory, 'keyring.gpg'), '--export', 'images');
  const subject = ['-subj', '/CN=images', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const files = ['-keyout', join(directory, 'tls.key'), '-out', join(directory, 'tls.crt')];
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  await must('openssl', 'req', '-x509', ...kind, ...subject, ...files);
}

function serve(scope: Scope, directory: string, asked: string[]): Promise<Server> {
  const [key, cert] = ['tls.key', 'tls.crt'].map((name) => readFileSync(join(directory, name)));
  const server = createServer({ key, cert }, (request, response) => {
    asked.push(request.url ?? '');
    const file = join(directory, 'www', request.url ?? '');
    if (existsSync(file)) response.end(readFileSync(file));
    else response.writeHead(404).end();
  });
  scope.defer(() => {
    server.closeAllConnections();
    server.close();
  });
  return new Promise((done) => server.listen(0, '127.0.0.1', () => done(server)));
}

function portOf(address: string | AddressInfo | null): number {
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function imageServer(scope: Scope): Promise<ImageServer> {
  const directory = scope.directory();
  mkdirSync(join(directory, 'www/streams/v1'), { recursive: true });
  await makeKeys(directory);
  const home = join(directory, 'gpg');
  scope.defer(async () => {
    await run('gpgconf', ['--homedir', home, '--kill', 'all']);
  });
  await makeImage(directory);
  const sign = async (name: string, value: unknown) => {
    const file = join(directory, 'www/streams/v1', name);
    writeFileSync(file, JSON.stringify(value));
    const loopback = ['--pinentry-mode', 'loopback', '--passphrase', ''];
    await must(
      'gpg',
      '--batch',
      '--yes',
      '--homedir',
      home,
      ...loopback,
      '--output',
      `${file}.gpg`,
      '-b',
      file,
    );
  };
  const publish = (build: string) => sign('images.json', listOf(join(directory, 'www'), build));
  await sign('index.json', {
    index: { images: { datatype: 'image-downloads', path: 'streams/v1/images.json' } },
  });
  await publish('20260101_00:00');
  const asked: string[] = [];
  const server = await serve(scope, directory, asked);
  const env = { LXC_CACHE_PATH: join(directory, 'cache'), SSL_CERT_FILE: join(directory, 'tls.crt') };
  const create = (name: string, more: readonly string[] = [], config: readonly string[] = []) => {
    const file = scope.file(
      `/var/lib/lxc/.${name}.conf`,
      ['lxc.net.0.type = empty', ...config, ''].join('\n'),
    );
    const to = ['--server', `127.0.0.1:${portOf(server.address())}`];
    return lxc('create', ['-n', name, '-f', file, '-t', 'download', '--', ...to, ...more], { env });
  };
  return { directory, asked, create, publish };
}

function named(scope: Scope): string {
  const name = scope.name();
  scope.defer(async () => {
    await lxc('destroy', ['-n', name, '-f']);
  });
  return name;
}

const tiny = ['-d', 'tiny', '-r', '1', '-a', 'amd64'];

testOurs(
  'A signed image becomes a container that starts, and is kept until it expires',
  why,
  async (scope) => {
    const server = await imageServer(scope);
    const keyring = ['--keyring', join(server.directory, 'keyring.gpg')];
    const name = named(scope);
    const made = await server.create(name, [...tiny, ...keyring]);
    expect(made).toEqual({ stdout: `Welcome to ${name}\n`, stderr: '', status: 0 });
    expect(readdirSync(`/var/lib/lxc/${name}`).sort()).toEqual(['config', 'rootfs']);
    const config = readFileSync(`/var/lib/lxc/${name}/config`, 'utf8');
    expect(config.indexOf('MODE=system')).toBeLessThan(config.indexOf('lxc.net.0.type = empty'));
    expect(readFileSync(`/var/lib/lxc/${name}/rootfs/etc/hostname`, 'utf8')).toBe(`${name}\n`);
    expect(readFileSync(join(server.directory, 'outside'), 'utf8')).toBe('LXC_NAME\n');
    expect((await lxc('start', ['-n', name])).status).toBe(0);
    expect((await lxc('attach', ['-n', name, '--', 'cat', '/proc/1/environ'])).stdout).toContain(
      'MODE=system',
    );

    const second = named(scope);
    expect((await server.create(second, [...tiny, ...keyring], maps)).stdout).toContain('Welcome');
    expect(existsSync(`/var/lib/lxc/${second}/rootfs/secret`)).toBe(false);
    expect(readFileSync(`/var/lib/lxc/${second}/config`, 'utf8')).toContain('MODE=user');
    const fetched = () => server.asked.filter((path) => path === '/root.tar.xz').length;
    // Expired long ago, yet the server has nothing newer.
    const before = fetched();
    expect((await server.create(named(scope), [...tiny, ...keyring])).status).toBe(0);
    expect(fetched()).toBe(before);
    await server.publish('20260202_00:00');
    expect((await server.create(named(scope), [...tiny, ...keyring, '--force-cache'])).status).toBe(0);
    expect(fetched()).toBe(before);
    expect((await server.create(named(scope), [...tiny, ...keyring])).status).toBe(0);
    expect(fetched()).toBe(before + 1);
  },
);

testOurs('Nothing comes of an image that is not signed, not whole or not there', why, async (scope) => {
  const server = await imageServer(scope);
  const keyring = ['--keyring', join(server.directory, 'keyring.gpg')];
  const name = scope.name();
  const refused = async (more: readonly string[]): Promise<string> => {
    const { stderr, status } = await server.create(name, more);
    expect([status, existsSync(`/var/lib/lxc/${name}`)]).toEqual([1, false]);
    return stderr;
  };
  expect(await refused(tiny)).toContain('--no-validate');
  expect(await refused(['-d', 'tiny', '-r', '9', '-a', 'amd64', ...keyring])).toContain(
    'The server has no image',
  );
  expect(await refused(['--no-validate'])).toContain(
    'No image was chosen; add -- --dist NAME --release NAME',
  );
  const www = join(server.directory, 'www');
  writeFileSync(join(www, 'root.tar.xz'), 'other bytes');
  expect(await refused([...tiny, ...keyring])).toContain('its SHA-256 differs');
  expect(existsSync(join(server.directory, 'cache/images'))).toBe(true);
  const list = join(www, 'streams/v1/images.json');
  writeFileSync(list, `${readFileSync(list, 'utf8')} `);
  expect(await refused([...tiny, ...keyring])).toContain('images.json is not signed with a key of');
});

testOurs('-l lists the images that fit, and --no-validate trusts HTTPS alone', why, async (scope) => {
  const server = await imageServer(scope);
  const name = scope.name();
  const listed = await server.create(name, ['-l', '--no-validate']);
  expect(listed.stdout).toBe(
    'DIST\tRELEASE\tARCH\tVARIANT\tBUILD\n' +
      'tiny\t1\tamd64\tdefault\t20260101_00:00\ntiny\t2\triscv64\tcloud\t20260101_00:00\n',
  );
  expect([listed.status, existsSync(`/var/lib/lxc/${name}`)]).toEqual([1, false]);
  const made = named(scope);
  expect((await server.create(made, [...tiny, '--no-validate'])).status).toBe(0);
  // What was fetched without a signature serves nobody who asks for one.
  const keyring = ['--keyring', join(server.directory, 'keyring.gpg')];
  const before = server.asked.length;
  expect((await server.create(named(scope), [...tiny, ...keyring, '--force-cache'])).status).toBe(0);
  expect(server.asked.slice(before)).toContain('/streams/v1/images.json.gpg');
});
