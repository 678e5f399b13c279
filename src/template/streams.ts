/** The index of an image server, in the format of simplestreams; pure. */

import { LxcError } from '../base/error.ts';
import { at, fields, text } from './json.ts';

export interface Image {
  readonly dist: string;
  readonly release: string;
  readonly arch: string;
  readonly variant: string;
  readonly build: string;
  readonly meta: ImageFile;
  readonly rootfs: ImageFile;
}

export interface ImageFile {
  /** Below the server. */
  readonly path: string;
  readonly sha256: string;
}

/** What of an image was asked for; absent parts fit everything. */
export interface Wish {
  readonly dist?: string | undefined;
  readonly release?: string | undefined;
  readonly arch?: string | undefined;
  readonly variant?: string | undefined;
}

/** Where the list of images is. */
export function imagesPath(index: unknown): string {
  const lists = fields(at(index, 'index')).map(([, list]) => list);
  const found = lists.find((list) => text(at(list, 'datatype')) === 'image-downloads');
  const path = text(at(found, 'path'));
  if (path === undefined || !isBelow(path)) throw new LxcError('The index of the server lists no images');
  return path;
}

/** The latest build of each, sorted. */
export function imagesOf(list: unknown): readonly Image[] {
  const images = fields(at(list, 'products')).flatMap(([name, product]) => imageOf(name, product) ?? []);
  return images.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

export function fits(image: Image, { dist, release, arch, variant }: Wish): boolean {
  const pairs = [
    [dist, image.dist],
    [release, image.release],
    [arch, image.arch],
    [variant, image.variant],
  ] as const;
  return pairs.every(([wanted, has]) => wanted === undefined || wanted.toLowerCase() === has.toLowerCase());
}

/** DISTRIBUTION:RELEASE:ARCHITECTURE:VARIANT; the os of a product is for people. */
function imageOf(name: string, product: unknown): Image | undefined {
  const [dist = '', release = '', arch = '', variant = 'default'] = name.split(':');
  const builds = fields(at(product, 'versions')).toSorted(([a], [b]) => (a < b ? 1 : -1));
  for (const [build, version] of builds) {
    const files = fields(at(version, 'items')).map(([, item]) => item);
    const [meta, rootfs] = [fileOf(files, 'lxc.tar.xz'), fileOf(files, 'root.tar.xz')];
    const isNamed = [dist, release, arch, variant, build].every((part) => /^\w[\w.+:~-]*$/.test(part));
    if (isNamed && meta !== undefined && rootfs !== undefined)
      return { dist, release, arch, variant, build, meta, rootfs };
  }
  return undefined;
}

function fileOf(files: readonly unknown[], type: string): ImageFile | undefined {
  const found = files.find((file) => text(at(file, 'ftype')) === type);
  const [path, sha256] = [text(at(found, 'path')), text(at(found, 'sha256'))];
  if (path === undefined || sha256 === undefined) return undefined;
  return isBelow(path) && /^[0-9a-fA-F]{64}$/.test(sha256) ? { path, sha256 } : undefined;
}

function isBelow(path: string): boolean {
  return !path.startsWith('/') && !path.includes('://') && !path.split('/').includes('..');
}

function keyOf({ dist, release, arch, variant }: Image): string {
  return [dist, release, arch, variant].join(':');
}
