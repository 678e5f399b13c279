/**
 * What the configuration of an OCI image is in ours. Images are foreign: a value that would end its line, and begin
 * another key, is left out and told.
 */

import { LxcError } from '../base/error.ts';
import { formatLine } from '../config/grammar.ts';
import { nodeConfigIo, parseConfig } from '../config/index.ts';
import type { ImageUser } from './image-user.ts';
import { at, text, texts } from './json.ts';

export interface ImageLines {
  readonly lines: readonly string[];
  /** What could not be taken over. */
  readonly left: readonly string[];
}

const usualPath = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** `image` is the JSON of the image's configuration. */
export function imageLines(image: unknown, user: ImageUser | undefined): ImageLines {
  const config = at(image, 'config');
  const pairs = [
    ...command(config),
    ...environment(config, user).map((variable) => ['lxc.environment', variable] as const),
    ...(user === undefined ? [] : identity(user)),
    ['lxc.init.cwd', text(at(config, 'WorkingDir')) ?? '/'] as const,
    ...stopSignal(config),
  ];
  const lines: string[] = [];
  const left: string[] = [];
  for (const [key, value] of pairs) {
    const line = formatLine(key, value);
    const why = refusal(value, line);
    if (why === undefined) lines.push(line);
    else left.push(`Left out ${key} of the image: ${why}`);
  }
  return { lines, left };
}

type Pair = readonly [key: string, value: string];

function command(config: unknown): readonly Pair[] {
  const words = [...texts(at(config, 'Entrypoint')), ...texts(at(config, 'Cmd'))];
  const line = words.length === 0 ? '/bin/sh' : words.map(quoteWord).join(' ');
  return [
    ['lxc.init.cmd', line],
    ['lxc.execute.cmd', line],
  ];
}

/** So that the words come out again, here and in LXC. */
function quoteWord(word: string): string {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word;
  return word.includes("'") ? `"${word.replaceAll(/["\\$`]/g, '\\$&')}"` : `'${word}'`;
}

/** PATH and HOME are there whether the image names them or not, as in other engines. */
function environment(config: unknown, user: ImageUser | undefined): readonly string[] {
  // A name alone would take the value of the host.
  const given = texts(at(config, 'Env')).filter((variable) => variable.indexOf('=') > 0);
  const has = (name: string): boolean => given.some((variable) => variable.startsWith(`${name}=`));
  const home = has('HOME') ? [] : [`HOME=${user?.home ?? '/'}`];
  return [...(has('PATH') ? [] : [usualPath]), ...home, ...given];
}

function identity({ uid, gid, groups }: ImageUser): readonly Pair[] {
  const more: readonly Pair[] = groups.length === 0 ? [] : [['lxc.init.groups', groups.join(',')]];
  return [['lxc.init.uid', `${uid}`], ['lxc.init.gid', `${gid}`], ...more];
}

function stopSignal(config: unknown): readonly Pair[] {
  const signal = text(at(config, 'StopSignal'));
  return signal === undefined ? [] : [['lxc.signal.halt', signal]];
}

function refusal(value: string, line: string): string | undefined {
  if (/[\0-\x08\x0a-\x1f\x7f]/.test(value)) return 'a configuration holds no line breaks';
  try {
    parseConfig(line, { file: 'image', io: nodeConfigIo({ cwd: '/', env: {} }) });
    return undefined;
  } catch (error) {
    if (error instanceof LxcError) return error.message;
    throw error;
  }
}
