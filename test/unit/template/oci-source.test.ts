import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { imageSource, registryOf } from '../../../src/template/oci-source.ts';

test('An image is a transport of skopeo, a directory, a file or a name', () => {
  const directory = mkdtempSync(join(tmpdir(), 'oci-'));
  const file = join(directory, 'image.tar');
  writeFileSync(file, '');
  try {
    expect(imageSource('docker://host:5000/a/b:1')).toBe('docker://host:5000/a/b:1');
    expect(imageSource('oci:/srv/layout:v1')).toBe('oci:/srv/layout:v1');
    expect(imageSource(directory)).toBe(`oci:${directory}`);
    expect(imageSource(`${directory}:v1`)).toBe(`oci:${directory}:v1`);
    expect(imageSource(file)).toBe(`oci-archive:${file}`);
    expect(imageSource('/not/there')).toBe('oci:/not/there');
    expect(imageSource('busybox:1.36')).toBe('docker://busybox:1.36');
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test.each([
  ['docker://busybox', 'docker.io'],
  ['docker://library/busybox', 'docker.io'],
  ['docker://host.example/a/b:1', 'host.example'],
  ['docker://host:5000/a', 'host:5000'],
  ['oci:/srv/layout', undefined],
])('The registry of %s is %s', (source, registry) => {
  expect(registryOf(source)).toBe(registry);
});
