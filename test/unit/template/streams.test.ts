import { expect, test } from 'vitest';
import { fits, imagesOf, imagesPath } from '../../../src/template/streams.ts';

const sha256 = 'a'.repeat(64);

function product(versions: Readonly<Record<string, readonly string[]>>): unknown {
  const builds = Object.entries(versions).map(([build, types]) => {
    const items = types.map((ftype) => [ftype, { ftype, path: `images/${build}/${ftype}`, sha256 }]);
    return [build, { items: Object.fromEntries(items) }];
  });
  return { versions: Object.fromEntries(builds) };
}

const whole = ['lxc.tar.xz', 'root.tar.xz', 'root.squashfs'];

test('The latest whole build of each image is listed', () => {
  const products = {
    'b:2:amd64:default': product({ 20260101: whole, 20260202: whole, 20260303: ['root.tar.xz'] }),
    'a:1:arm64:cloud': product({ 1: whole }),
  };
  const images = imagesOf({ products });
  expect(images.map(({ dist, arch, variant, build }) => [dist, arch, variant, build])).toEqual([
    ['a', 'arm64', 'cloud', '1'],
    ['b', 'amd64', 'default', '20260202'],
  ]);
  expect(images[1]?.rootfs).toEqual({ path: 'images/20260202/root.tar.xz', sha256 });
  expect(images.filter((image) => fits(image, { dist: 'B', release: '2' }))).toHaveLength(1);
});

test.each([
  ['../up', sha256],
  ['/absolute', sha256],
  ['https://other.example/x', sha256],
  ['x', 'not a sum'],
])('A file at %s with the sum %s is no file of an image', (path, sum) => {
  const items = {
    a: { ftype: 'lxc.tar.xz', path, sha256: sum },
    b: { ftype: 'root.tar.xz', path, sha256: sum },
  };
  expect(imagesOf({ products: { 'a:1:amd64:default': { versions: { 1: { items } } } } })).toEqual([]);
});

test('A name that leads out of the cache is no image', () => {
  expect(imagesOf({ products: { '..:1:amd64:default': product({ 1: whole }) } })).toEqual([]);
  expect(imagesOf({ products: { 'a/b:1:amd64:default': product({ 1: whole }) } })).toEqual([]);
});

test('The list of images is the one that the index names', () => {
  const index = { index: { images: { datatype: 'image-downloads', path: 'streams/v1/images.json' } } };
  expect(imagesPath(index)).toBe('streams/v1/images.json');
  expect(() => imagesPath({ index: {} })).toThrow('lists no images');
  expect(() => imagesPath({ index: { images: { datatype: 'image-downloads', path: '../x' } } })).toThrow();
});
