/**
 * A container from an image server that speaks simplestreams. Its index is signed and has the sum of every image; what
 * was fetched is kept until it expires. LXC's metadata in the image say how it becomes a container.
 */

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { arch, tmpdir } from 'node:os';
import { createInterface } from 'node:readline/promises';
import { LxcError } from '../base/error.ts';
import { readInside, writeInside } from '../base/inside.ts';
import { formatLine } from '../config/grammar.ts';
import { cacheDirectory } from './cache.ts';
import { addLines } from './config-file.ts';
import { contractHelp, type Given, needContainer, parseGiven } from './contract.ts';
import { fetchFile, serverUrl } from './fetch.ts';
import { type ImageName, keep, keptAt, placeOf } from './image-cache.ts';
import { fillIn, linesOf, metadata } from './metadata.ts';
import { progress } from './report.ts';
import { fetchSigned, keyringOf, usualKeyring } from './signature.ts';
import { fits, type Image, imagesOf, imagesPath, type Wish } from './streams.ts';
import { must, needTools } from './tools.ts';

/** Where LXC's users find their images; --server names another. */
const usualServer = 'images.linuxcontainers.org';

export const downloadHelp = `lxc-download makes a container from an image of a server

Template options, after -- on the command line of lxc-create:
  -d, --dist NAME       distribution
  -r, --release NAME    its release
  -a, --arch NAME       architecture (default: this machine's)
  --variant NAME        variant of the image (default: default)
  -l, --list            list the images, those that fit the other options, and make none
  --server HOST[:PORT]  server of images by HTTPS (default: ${usualServer})
  --keyring FILE        keys that sign its index (default: ${usualKeyring})
  --no-validate         ask for no signature: trust HTTPS alone
  --flush-cache         fetch the image again
  --force-cache         take the image that was fetched, expired or not
  -h, --help            this text
${contractHelp}
Images are kept in $LXC_CACHE_PATH/images, or /var/cache/lxc/images and ~/.cache/lxc/images.
`;

const options = {
  dist: { short: 'd' },
  release: { short: 'r' },
  arch: { short: 'a' },
  variant: {},
  list: { short: 'l', flag: true },
  server: {},
  keyring: {},
  'no-validate': { flag: true },
  'flush-cache': { flag: true },
  'force-cache': { flag: true },
} as const;

interface Source {
  readonly given: Given;
  readonly server: string;
  readonly keyring: string | undefined;
  readonly scratch: string;
}

export async function download(args: readonly string[]): Promise<void> {
  const given = parseGiven('download', args, options);
  const isList = given.has('list');
  if (!isList) needContainer(given);
  const server = serverUrl(given.value('server') ?? usualServer);
  const keyring = keyringOf(given.value('keyring'), given.has('no-validate'));
  const scratch = mkdtempSync(`${given.path === '' ? tmpdir() : given.path}/download-`);
  const source = { given, server, keyring, scratch };
  try {
    if (isList) await list(source);
    else await build(source);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** lxc-create is told that no container came of it. */
async function list(source: Source): Promise<void> {
  process.stdout.write(table(await fitting(source, wishOf(source.given, undefined))));
  if (source.given.path !== '') throw new LxcError('Images were listed, and no container was made');
}

function table(images: readonly Image[]): string {
  const rows = images.map(({ dist, release, arch, variant, build }) => [dist, release, arch, variant, build]);
  return [['DIST', 'RELEASE', 'ARCH', 'VARIANT', 'BUILD'], ...rows]
    .map((row) => `${row.join('\t')}\n`)
    .join('');
}

function wishOf(given: Given, otherwise: string | undefined): Wish {
  const [dist, release] = [given.value('dist'), given.value('release')];
  return { dist, release, arch: given.value('arch') ?? otherwise, variant: given.value('variant') };
}

async function fitting({ server, keyring, scratch }: Source, wish: Wish): Promise<readonly Image[]> {
  progress(`Fetching the index of ${server}`);
  const index = await fetchSigned(`${server}streams/v1/index.json`, keyring, scratch);
  const images = await fetchSigned(`${server}${imagesPath(index)}`, keyring, scratch);
  return imagesOf(images).filter((image) => fits(image, wish));
}

async function build(source: Source): Promise<void> {
  const { given, server, scratch } = source;
  needTools('tar', 'xz');
  const name = await nameOf(source);
  const place = placeOf(cacheDirectory(given, 'images'), server, name);
  if (!isUsable(source, place)) await renew(source, name, place);
  progress('Unpacking the root file system');
  mkdirSync(given.rootfs, { recursive: true });
  mkdirSync(`${scratch}/meta`);
  await must('tar', ['-xJf', `${place}/meta.tar.xz`, '-C', `${scratch}/meta`]);
  const of = (file: string) => metadata(`${scratch}/meta`, file, given.mapped !== undefined);
  const excludes = linesOf(of('excludes')).map((pattern) => `--exclude=${pattern}`);
  const unpack = ['--anchored', ...excludes, '--numeric-owner', '-xpJf', `${place}/rootfs.tar.xz`];
  await must('tar', [...unpack, '-C', given.rootfs]);
  configure(given, of);
}

async function nameOf(source: Source): Promise<ImageName> {
  const { given } = source;
  const wish = wishOf(given, machineArch());
  const [dist, release] = [wish.dist, wish.release];
  const variant = wish.variant ?? 'default';
  const own = wish.arch ?? '';
  const isName = (part: string) => /^\w[\w.+~-]*$/.test(part);
  if (dist !== undefined && release !== undefined) {
    const name = { dist, release, arch: own, variant };
    const odd = Object.values(name).find((part) => !isName(part));
    if (odd !== undefined) throw new LxcError(`"${odd}" is not the name of an image`);
    return name;
  }
  if (!process.stdin.isTTY)
    throw new LxcError('No image was chosen', {
      hint: 'add -- --dist NAME --release NAME; -l lists what there is',
    });
  return ask(await fitting(source, { ...wish, variant }), { ...wish, variant });
}

/** On a terminal whoever named no image chooses one. */
async function ask(images: readonly Image[], wish: Wish): Promise<ImageName> {
  process.stdout.write(table(images));
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    const dist = wish.dist ?? (await terminal.question('Distribution: '));
    const release = wish.release ?? (await terminal.question('Release: '));
    const chosen = images.find((image) => fits(image, { ...wish, dist, release }));
    if (chosen === undefined) throw new LxcError(`There is no image of ${dist} ${release}`);
    return chosen;
  } finally {
    terminal.close();
  }
}

function machineArch(): string {
  const names: Readonly<Record<string, string>> = {
    arm: 'armhf',
    ia32: 'i386',
    ppc64: 'ppc64el',
    x64: 'amd64',
  };
  return names[arch()] ?? arch();
}

function isUsable({ given, keyring }: Source, place: string): boolean {
  const kept = keptAt(place);
  if (kept === undefined || given.has('flush-cache')) return false;
  if (keyring !== undefined && !kept.isSigned) return false;
  return given.has('force-cache') || !isExpired(place);
}

function isExpired(place: string): boolean {
  const until = Number(readFileSync(`${place}/expiry`, 'utf8'));
  return until !== 0 && until * 1000 < Date.now();
}

/** Leaves what is there where the server has nothing newer. */
async function renew(source: Source, name: ImageName, place: string): Promise<void> {
  const { given, server, keyring } = source;
  const [image] = await fitting(source, name);
  if (image === undefined)
    throw new LxcError(`The server has no image ${Object.values(name).join(' ')}`, {
      hint: 'lxc-create -t download -- -l lists what there is',
    });
  const kept = keptAt(place);
  const isSame = kept?.build === image.build && kept.isSigned === (keyring !== undefined);
  if (isSame && !given.has('flush-cache')) return;
  await keep(place, { build: image.build, isSigned: keyring !== undefined }, async (directory) => {
    progress('Fetching the metadata');
    await fetchFile(`${server}${image.meta.path}`, `${directory}/meta.tar.xz`, image.meta.sha256);
    progress('Fetching the root file system');
    await fetchFile(`${server}${image.rootfs.path}`, `${directory}/rootfs.tar.xz`, image.rootfs.sha256);
    writeFileSync(
      `${directory}/expiry`,
      await expiryOf(`${directory}/meta.tar.xz`, given.mapped !== undefined),
    );
  });
}

/** 0 for an image that says nothing of it. */
async function expiryOf(archive: string, isMapped: boolean): Promise<string> {
  const directory = `${archive}.d`;
  mkdirSync(directory);
  try {
    await must('tar', ['-xJf', archive, '-C', directory]);
    return /^\d+/.exec(metadata(directory, 'expiry', isMapped) ?? '')?.[0] ?? '0';
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function configure(given: Given, of: (file: string) => string | undefined): void {
  const config = of('config');
  if (config === undefined) throw new LxcError('The metadata of the image hold no file config');
  const fstab = of('fstab');
  if (fstab !== undefined) writeFileSync(`${given.path}/fstab`, fillIn(fstab, given));
  const mounts = fstab === undefined ? [] : [formatLine('lxc.mount.fstab', `${given.path}/fstab`)];
  addLines(given, mounts, fillIn(config, given).trimEnd().split('\n'));
  for (const file of linesOf(of('templates')))
    fillInside(
      given,
      file.split('/').filter((part) => part !== ''),
    );
  const message = of('create-message');
  if (message !== undefined) process.stdout.write(fillIn(message, given));
}

/** A file of the root file system with words to be replaced; it is foreign, and no link is followed. */
function fillInside(given: Given, path: readonly string[]): void {
  const before = readInside(given.rootfs, path);
  if (before !== undefined) writeInside(given.rootfs, path, fillIn(before, given));
}
