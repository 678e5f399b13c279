/** LXC's image metadata: files beside the root file system that say how the image becomes a container. */

import { existsSync } from 'node:fs';
import { installRoot } from '../base/install.ts';
import { textIfReadable } from '../base/text-file.ts';
import type { Given } from './contract.ts';

/** The dialect of metadata that LXC 5 asks for. */
const level = 7;

/** The text of a file, in its form for containers with ids of their own and for us where there are such. */
export function metadata(directory: string, name: string, isMapped: boolean): string | undefined {
  const mode = `${directory}/${name}-${isMapped ? 'user' : 'system'}`;
  const file = existsSync(mode) ? mode : `${directory}/${name}`;
  const ours = `${file}.${level}`;
  return textIfReadable(existsSync(ours) ? ours : file);
}

export function linesOf(text: string | undefined): readonly string[] {
  return (text ?? '').split('\n').filter((line) => line !== '');
}

/** Shared configuration is ours where we ship the file, else LXC's. */
export function fillIn(text: string, { name, path, rootfs }: Given): string {
  return text
    .replaceAll(/LXC_TEMPLATE_CONFIG\/([\w.-]+)/g, (_, file: string) => sharedConfig(file))
    .replaceAll(/LXC_(NAME|PATH|ROOTFS|TEMPLATE_CONFIG|HOOK_DIR)/g, (_, word: string) => {
      if (word === 'NAME') return name;
      if (word === 'PATH') return path;
      if (word === 'ROOTFS') return rootfs;
      return word === 'HOOK_DIR' ? '/usr/share/lxc/hooks' : '/usr/share/lxc/config';
    });
}

function sharedConfig(file: string): string {
  const own = `${installRoot}/configs/${file}`;
  return existsSync(own) ? own : `/usr/share/lxc/config/${file}`;
}
