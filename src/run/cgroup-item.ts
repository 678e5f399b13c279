/** One file in the cgroup of a running container, by its v1 or its v2 name. */

import { readdirSync, readFileSync } from 'node:fs';
import { errnoCode, reason } from '../base/errno.ts';
import { LxcError } from '../base/error.ts';
import { textIfReadable } from '../base/text-file.ts';
import { isDeviceRule, resolveRule } from '../cgroup/devices.ts';
import type { CgroupLayout } from '../cgroup/layout.ts';
import { type KeyTarget, resolveKey } from '../cgroup/resolve-key.ts';
import { writeCgroupFile } from '../cgroup/write.ts';
import { nearest } from '../config/index.ts';
import { gatherLayout } from '../host/cgroups.ts';
import type { CommandSocket } from './command-socket.ts';
import { limitDir } from './container-cgroup.ts';

export interface CgroupItem {
  /** With its line ends; that of the other generation is translated. */
  readonly text: string;
  /** Where it stands as it is. */
  readonly file: string | undefined;
}

export async function getCgroupItem(socket: CommandSocket, key: string): Promise<CgroupItem> {
  const { target, dir } = await locate(socket, key);
  const text = readItem(dir, target.file);
  if (target.file === key) return { text, file: `${dir}/${key}` };
  return { text: translated(text, target, dir), file: undefined };
}

function translated(text: string, target: KeyTarget, dir: string): string {
  // A translation takes one line; files with a line for each device have several, or none.
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => `${target.show(line, (file) => readSibling(dir, file))}\n`)
    .join('');
}

/** The file that is set by writing the value to it as it is; `undefined` where more has to be done. */
export async function plainFile(socket: CommandSocket, key: string): Promise<string | undefined> {
  if (isDeviceRule(key) && targetOf(key).hierarchy.version === 2) return undefined;
  const { target, dir } = await locate(socket, key);
  return target.file === key ? `${dir}/${key}` : undefined;
}

export async function setCgroupItem(socket: CommandSocket, key: string, value: string): Promise<void> {
  if (isDeviceRule(key) && targetOf(key).hierarchy.version === 2) return addRule(socket, key, value);
  const { target, dir } = await locate(socket, key);
  for (const { file, text } of target.settings(value, (sibling) => readSibling(dir, sibling))) {
    try {
      writeCgroupFile(`${dir}/${file}`, text);
    } catch (error) {
      throw failed(dir, file, error);
    }
  }
}

/** On cgroup v2 the monitor has the program that decides, and puts the rule before the others. */
async function addRule(socket: CommandSocket, name: string, text: string): Promise<void> {
  const entry = { key: name, spelled: name, name, text, value: text, origin: { file: name, line: 1 } };
  const rule = resolveRule(entry, () => undefined);
  if (await socket.addDeviceRule(rule)) return;
  throw new LxcError('the monitor takes no device rule', {
    hint: `set lxc.cgroup2.${name} in the configuration and start the container again`,
  });
}

interface Located {
  readonly target: KeyTarget;
  readonly dir: string;
}

async function locate(socket: CommandSocket, key: string): Promise<Located> {
  refusePath(key);
  const target = targetOf(key);
  const { controllers, version } = target.hierarchy;
  if (version === 2 && key.startsWith('devices.'))
    throw new LxcError(
      'cgroup v2 has a program in place of this file, which is made when the container starts',
      {
        hint: `set lxc.cgroup2.${key} in the configuration and start the container again`,
      },
    );
  const dir = await limitDir(socket, controllers.split(',')[0] ?? '');
  if (dir !== undefined) return { target, dir };
  throw new LxcError(`the container has no cgroup in the hierarchy ${controllers || 'of cgroup v2'}`);
}

let known: CgroupLayout | undefined;

/** Hierarchies stay as they are while a host is up; only a name that none of them has is looked for anew. */
function targetOf(key: string): KeyTarget {
  try {
    if (known !== undefined) return resolveKey(key, known);
  } catch (error) {
    if (!(error instanceof LxcError)) throw error;
  }
  known = gatherLayout(process.pid, readFileSync('/proc/self/mountinfo', 'utf8'));
  return resolveKey(key, known);
}

/** A name stays in its directory. */
function refusePath(key: string): void {
  if (/^\.{0,2}$|\//.test(key))
    throw new LxcError('it is a path', { hint: 'give the name of one file, such as memory.max' });
}

function readItem(dir: string, file: string): string {
  try {
    return readFileSync(`${dir}/${file}`, 'utf8');
  } catch (error) {
    throw failed(dir, file, error);
  }
}

function readSibling(dir: string, file: string): string | undefined {
  return textIfReadable(`${dir}/${file}`)?.trim();
}

function failed(dir: string, file: string, error: unknown): LxcError {
  const near = errnoCode(error) === 'ENOENT' ? nearest(file, readdirSync(dir)) : undefined;
  return new LxcError(`${dir}/${file}: ${reason(error)}`, {
    hint: near === undefined ? undefined : `did you mean ${near}?`,
    cause: error,
  });
}
