/**
 * The tests of the mount, over each transport: requests read from /dev/fuse by our own servers, and by libfuse in the
 * package fuse-native. What that cannot do is listed here and in docs/lxcfs.md; such tests are skipped with the reason.
 */

import { test } from 'vitest';
import type { Transport } from '../../../src/run/lxcfs/serve.ts';
import { Mount, type MountOptions } from './mount.ts';

const lacks = {
  sharedTree: 'its handlers are not told who reads',
  noPageCache: 'its handlers are not told who reads through the page cache',
  handOver: 'the mount dies with the process',
  siblings: 'one process answers, and nobody can answer in its place',
} as const;

export type Need = keyof typeof lacks;

export interface Over {
  readonly transport: Transport;
  make(options?: Omit<MountOptions, 'transport'>): Promise<Mount>;
}

interface Options {
  readonly needs?: readonly Need[];
  readonly timeout?: number;
}

const transports: readonly Transport[] = ['dev-fuse', 'fuse-native'];
/** The package brings its addon for no other processor. */
const built = process.arch === 'x64';

/** One test for each transport that has what it needs. */
export function testOver(title: string, options: Options, body: (over: Over) => Promise<void>): void {
  for (const transport of transports) {
    const missing = transport === 'dev-fuse' ? undefined : whatIsMissing(options.needs ?? []);
    const name = transport === 'dev-fuse' ? title : `${title} (over ${transport})`;
    const make = (more: Omit<MountOptions, 'transport'> = {}) => Mount.make({ ...more, transport });
    if (missing !== undefined) test.skip(`${name}: ${missing}`, () => undefined);
    else test(name, { timeout: options.timeout ?? 30_000 }, () => body({ transport, make }));
  }
}

/** What the package does instead of what it cannot do. */
export function testFuseNative(title: string, body: (over: Over) => Promise<void>): void {
  const over: Over = {
    transport: 'fuse-native',
    make: (more = {}) => Mount.make({ ...more, transport: 'fuse-native' }),
  };
  test.skipIf(!built)(`${title} (over fuse-native)`, () => body(over));
}

function whatIsMissing(needs: readonly Need[]): string | undefined {
  const [need] = needs;
  if (!built) return `it has no build for ${process.arch}`;
  return need && lacks[need];
}
