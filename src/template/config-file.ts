/** The container's configuration, to which a template adds its lines. */

import { chownSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { installRoot } from '../base/install.ts';
import { formatLine } from '../config/grammar.ts';
import type { Given } from './contract.ts';

export const commonConfig = `${installRoot}/configs/common.conf`;

/** `above` goes before what is there already, so that the user's own lines have the last word. */
export function addLines(
  { name, path, rootfs, mapped }: Given,
  lines: readonly string[],
  above: readonly string[] = [],
): void {
  const file = `${path}/config`;
  const before = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const root = /^[ \t]*lxc\.rootfs\.path[ \t]*=/m.test(before)
    ? []
    : [formatLine('lxc.rootfs.path', `dir:${rootfs}`)];
  const below = [...root, formatLine('lxc.uts.name', name), ...lines];
  writeFileSync(file, textOf(above) + before + textOf(below));
  if (mapped !== undefined) chownSync(file, mapped.uid, mapped.gid);
}

function textOf(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}
