/** Images that were fetched, one build of each; what was fetched without a signature serves nobody who wants one. */

import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { at, text } from './json.ts';
import type { Image } from './streams.ts';

export interface Kept {
  readonly build: string;
  readonly isSigned: boolean;
}

export type ImageName = Pick<Image, 'dist' | 'release' | 'arch' | 'variant'>;

export function placeOf(cache: string, server: string, name: ImageName): string {
  const host = server.replace('https://', '').replaceAll('/', '_');
  return [cache, host, name.dist, name.release, name.arch, name.variant].join('/');
}

export function keptAt(place: string): Kept | undefined {
  try {
    const record: unknown = JSON.parse(readFileSync(`${place}/build.json`, 'utf8'));
    const build = text(at(record, 'build'));
    return build === undefined ? undefined : { build, isSigned: at(record, 'isSigned') === true };
  } catch {
    return undefined;
  }
}

/** The whole image or nothing gets into its place, whatever happens meanwhile or at the same time. */
export async function keep(
  place: string,
  kept: Kept,
  fill: (directory: string) => Promise<void>,
): Promise<void> {
  mkdirSync(dirname(place), { recursive: true });
  const partial = mkdtempSync(`${dirname(place)}/.partial-`);
  try {
    mkdirSync(`${partial}/image`);
    await fill(`${partial}/image`);
    writeFileSync(`${partial}/image/build.json`, `${JSON.stringify(kept)}\n`);
    if (existsSync(place)) renameSync(place, `${partial}/old`);
    renameSync(`${partial}/image`, place);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
}
