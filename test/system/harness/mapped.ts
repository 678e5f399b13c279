/** Containers with ids of their own. */

import { chownSync, lchownSync, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Container, ContainerOptions } from './container.ts';
import type { Scope } from './scope.ts';

export const base = 100000;
export const maps = [`lxc.idmap = u 0 ${base} 65536`, `lxc.idmap = g 0 ${base} 65536`];

/** A container whose root is a user of the host without any rights. */
export function mapped(scope: Scope, { config = [], ...options }: ContainerOptions = {}): Container {
  const container = scope.container({ ...options, config: [...maps, ...config] });
  give(container.rootfs, base);
  return container;
}

/** The binaries are shared with other containers, who need not own them. */
export function give(path: string, id: number): void {
  const stats = lstatSync(path);
  if (!stats.isFile()) lchownSync(path, id, id);
  else if (stats.nlink === 1) chownSync(path, id, id);
  if (!stats.isDirectory()) return;
  for (const name of readdirSync(path)) give(join(path, name), id);
}
