/** The container's configuration, to which a template adds its lines. */

import { appendFileSync, chownSync, existsSync, readFileSync } from 'node:fs';
import { installRoot } from '../base/install.ts';
import { formatLine } from '../config/grammar.ts';
import type { Given } from './contract.ts';

export const commonConfig = `${installRoot}/configs/common.conf`;

export function addLines({ name, path, rootfs, mapped }: Given, lines: readonly string[]): void {
  const file = `${path}/config`;
  const before = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const root = /^[ \t]*lxc\.rootfs\.path[ \t]*=/m.test(before)
    ? []
    : [formatLine('lxc.rootfs.path', `dir:${rootfs}`)];
  const all = [...root, formatLine('lxc.uts.name', name), ...lines];
  appendFileSync(file, all.map((line) => `${line}\n`).join(''));
  if (mapped !== undefined) chownSync(file, mapped.uid, mapped.gid);
}
