/** Templates: programs that fill a root file system, run by lxc-create with LXC's arguments. */

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { LxcError } from '../base/error.ts';
import { isExecutable } from '../base/executable.ts';
import { installRoot } from '../base/install.ts';

/** Ours first; those of LXC run unedited. */
export const templateDirs: readonly string[] = [`${installRoot}/templates`, '/usr/share/lxc/templates'];

const prefix = 'lxc-';

/** The program of a template: a path, or a name that stands for `lxc-NAME` in a directory of templates. */
export function findTemplate(name: string): string {
  const candidates = name.startsWith('/') ? [name] : templateDirs.map((dir) => `${dir}/${prefix}${name}`);
  const found = name.includes('/') && !name.startsWith('/') ? undefined : candidates.find(isExecutable);
  if (found !== undefined) return found;
  throw new LxcError(`Template "${name}" not found`, {
    hint: `there are ${templateNames().join(' ') || 'none installed'}, or give the path of one`,
  });
}

/** `none`, or a beginning of it, asks for a container without a root file system. */
export function isNoTemplate(name: string): boolean {
  return name !== '' && 'none'.startsWith(name);
}

export interface TemplateArguments {
  readonly name: string;
  readonly path: string;
  readonly rootfs: string;
  readonly more: readonly string[];
}

export function templateArguments({ name, path, rootfs, more }: TemplateArguments): readonly string[] {
  return [`--path=${path}`, `--name=${name}`, `--rootfs=${rootfs}`, ...more];
}

/** What a configuration says of its origin, in comments at its top. */
export function originComment(template: string, parameters: readonly string[]): string {
  const sum = createHash('sha1').update(readFileSync(template)).digest('hex');
  return [
    `# Template used to create this container: ${template}`,
    `# Parameters passed to the template: ${withoutSecrets(parameters).join(' ').replaceAll('\n', ' ')}`,
    `# Template script checksum (SHA-1): ${sum}`,
    '# For additional config options, please look at lxc.container.conf(5)',
    '',
    '',
  ].join('\n');
}

/** The configuration of a container is read by more people than its registry's password is for. */
function withoutSecrets(parameters: readonly string[]): readonly string[] {
  return parameters.map((parameter, index) => {
    if (parameters[index - 1] === '--password') return '***';
    return parameter.startsWith('--password=') ? '--password=***' : parameter;
  });
}

function templateNames(): readonly string[] {
  const names = templateDirs.flatMap((dir) => listOf(dir).filter((name) => name.startsWith(prefix)));
  return [...new Set(names.map((name) => name.slice(prefix.length)))].sort();
}

function listOf(dir: string): readonly string[] {
  try {
    return readdirSync(dir);
  } catch {
    return [];
  }
}
