/**
 * A container from an OCI image: skopeo brings it, from wherever, into a layout beside the root file system, umoci
 * unpacks its layers, and what it says of its process becomes keys. The blobs of registries are kept for the next time.
 */

import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { LxcError } from '../base/error.ts';
import { readInside, writeInside } from '../base/inside.ts';
import { cacheDirectory } from './cache.ts';
import { addLines, commonConfig } from './config-file.ts';
import { contractHelp, type Given, needContainer, parseGiven } from './contract.ts';
import { imageLines } from './image-config.ts';
import { type ImageUser, imageUser } from './image-user.ts';
import { at, items, readJson, text } from './json.ts';
import { imageSource, registryOf } from './oci-source.ts';
import { progress, warn } from './report.ts';
import { must, needTools } from './tools.ts';

export const ociHelp = `lxc-oci makes a container from an OCI image

Template options, after -- on the command line of lxc-create:
  -u, --url IMAGE       the image: docker://HOST/NAME:TAG, oci:DIRECTORY:TAG, oci-archive:FILE or whatever skopeo takes;
                        a path alone is a layout or an archive
  --username NAME       user at the registry
  --password WORD       the password; other users see it while lxc-create runs, so better:
  --authfile FILE       credentials as skopeo login writes them
  --no-cache            do not keep the blobs of a registry in /var/cache/lxc/oci, or ~/.cache/lxc/oci
  --no-user             run as root of the container, whoever the image names
  -h, --help            this text
${contractHelp}`;

const options = {
  url: { short: 'u' },
  username: {},
  password: {},
  authfile: {},
  'no-cache': { flag: true },
  'no-user': { flag: true },
  // LXC's, whose client it asks for an address; here the network keys give one.
  dhcp: { flag: true },
} as const;

export async function oci(args: readonly string[]): Promise<void> {
  const given = parseGiven('oci', args, options);
  needContainer(given);
  const url = given.value('url');
  if (url === undefined) throw new LxcError('No image was given', { hint: 'add -- --url IMAGE' });
  if (given.value('password') !== undefined && given.value('username') === undefined)
    throw new LxcError('A password was given and no user', { hint: 'add --username NAME' });
  needTools('skopeo', 'umoci');
  const scratch = mkdtempSync(`${given.path}/oci.`);
  try {
    await build(given, imageSource(url), scratch);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function build(given: Given, source: string, scratch: string): Promise<void> {
  progress(`Copying the image ${source}`);
  await copyImage(given, source, scratch);
  progress('Unpacking the root file system');
  mkdirSync(given.rootfs, { recursive: true });
  await must('umoci', ['--log=error', 'raw', 'unpack', '--image', `${scratch}/image:image`, given.rootfs]);
  const image = imageConfig(`${scratch}/image`);
  const { lines, left } = imageLines(image, given.has('no-user') ? undefined : userOf(image, given.rootfs));
  for (const text of left) warn('oci', text);
  nameInside(given);
  addLines(given, [`lxc.include = ${commonConfig}`, ...lines]);
}

async function copyImage(given: Given, source: string, scratch: string): Promise<void> {
  const registry = registryOf(source);
  const keep = registry !== undefined && !given.has('no-cache');
  const blobs = keep ? cacheDirectory(given, 'oci') : undefined;
  const args = [
    ...policy(scratch),
    'copy',
    ...(process.stderr.isTTY ? [] : ['--quiet']),
    ...credentials(given, registry, scratch),
    ...(blobs === undefined ? [] : ['--dest-shared-blob-dir', blobs]),
    source,
    `oci:${scratch}/image:image`,
  ];
  await must('skopeo', args, { shown: true });
  if (blobs === undefined) return;
  rmSync(`${scratch}/image/blobs`, { recursive: true, force: true });
  symlinkSync(blobs, `${scratch}/image/blobs`);
}

/** What is accepted is the administrator's to say; a machine where nobody has takes what Debian's package would. */
function policy(scratch: string): readonly string[] {
  const own = `${process.env.HOME ?? '/root'}/.config/containers/policy.json`;
  if ([own, '/etc/containers/policy.json'].some((file) => existsSync(file))) return [];
  const file = `${scratch}/policy.json`;
  writeFileSync(file, JSON.stringify({ default: [{ type: 'insecureAcceptAnything' }] }));
  return ['--policy', file];
}

/** In a file, since everybody may read the arguments of a process. */
function credentials(given: Given, registry: string | undefined, scratch: string): readonly string[] {
  const authfile = given.value('authfile');
  if (authfile !== undefined) return ['--src-authfile', resolve(authfile)];
  const user = given.value('username');
  if (user === undefined || registry === undefined) return [];
  const auth = Buffer.from(`${user}:${given.value('password') ?? ''}`).toString('base64');
  const file = `${scratch}/auth.json`;
  writeFileSync(file, JSON.stringify({ auths: { [registry]: { auth } } }), { mode: 0o600 });
  return ['--src-authfile', file];
}

function imageConfig(layout: string): unknown {
  const [manifest] = items(at(readJson(`${layout}/index.json`, 'the index of the image'), 'manifests'));
  const content = readJson(blob(layout, manifest), 'the manifest of the image');
  return readJson(blob(layout, at(content, 'config')), 'the configuration of the image');
}

function blob(layout: string, descriptor: unknown): string {
  const digest = text(at(descriptor, 'digest')) ?? '';
  if (!/^[a-z0-9]+:[0-9a-f]+$/.test(digest)) throw new LxcError('The image names a blob without a digest');
  return `${layout}/blobs/${digest.replace(':', '/')}`;
}

function userOf(image: unknown, rootfs: string): ImageUser {
  return imageUser(text(at(image, 'config', 'User')) ?? '', {
    passwd: readInside(rootfs, ['etc', 'passwd']),
    group: readInside(rootfs, ['etc', 'group']),
  });
}

/** Engines give their containers these two. Where /etc is missing, or leads elsewhere, the image goes without. */
function nameInside({ name, rootfs }: Given): void {
  writeInside(rootfs, ['etc', 'hostname'], `${name}\n`);
  writeInside(rootfs, ['etc', 'hosts'], `127.0.0.1 localhost\n127.0.1.1 ${name}\n::1 localhost\n`);
}
