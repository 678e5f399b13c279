/**
 * lxc-update-config: a file is rewritten in the current dialect. What it means is read before and after; where that is
 * not the same, nothing is written.
 */

import {
  chmodSync,
  chownSync,
  copyFileSync,
  realpathSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { reason } from '../base/errno.ts';
import { LxcError } from '../base/error.ts';
import { type ConfigIo, nodeConfigIo, parseConfig } from '../config/index.ts';
import { textOfUpdate, type UpdatedText, updateText } from '../config/update.ts';
import type { Session } from './session.ts';

export interface ConfigUpdate extends UpdatedText {
  readonly file: string;
  /** The file as it was; absent where nothing was written. */
  readonly backup?: string;
}

export interface UpdateRequest {
  readonly file: string;
  readonly dryRun: boolean;
}

export function updateConfig(session: Session, { file, dryRun }: UpdateRequest): ConfigUpdate {
  const path = session.resolve(file);
  const io: ConfigIo = { ...nodeConfigIo(session), nibble: () => 0 };
  const text = io.readFile(path);
  if (text === undefined) throw new LxcError(`Failed to read ${file}: No such file or directory`);
  const update = updateText(text, file);
  const after = textOfUpdate(update);
  refuseOtherMeaning(file, text, after, io);
  const isSame = update.lines.every((line) => line.before === line.after);
  if (dryRun || isSame) return { file, ...update };
  return { file, ...update, backup: replaceFile(path, after) };
}

/** Interfaces of included files count too where those of a file have no numbers. */
function refuseOtherMeaning(file: string, before: string, after: string, io: ConfigIo): void {
  const old = meaning(file, before, io);
  if (old === undefined || isDeepStrictEqual(old, meaning(file, after, io))) return;
  throw new LxcError(`Failed to update ${file}: with what it includes it would mean something else`, {
    hint: 'update the files that it includes first, and give its interfaces numbers',
  });
}

/** `undefined` where it has errors, of which an update makes no more. */
function meaning(
  file: string,
  text: string,
  io: ConfigIo,
): readonly (readonly [string, string])[] | undefined {
  try {
    return parseConfig(text, { file, io }).entries.map((entry) => [entry.key, entry.text]);
  } catch (error) {
    if (error instanceof LxcError) return undefined;
    throw error;
  }
}

/** At no moment is the file half written; a link goes on leading to it. */
function replaceFile(path: string, text: string): string {
  const backup = `${path}.backup`;
  try {
    const place = realpathSync(path);
    const { mode, uid, gid } = statSync(place);
    copyFileSync(place, backup);
    const next = `${place}.new`;
    writeFileSync(next, text, { mode: 0o600, flush: true });
    chownSync(next, uid, gid);
    chmodSync(next, mode & 0o7777);
    renameSync(next, place);
  } catch (error) {
    throw new LxcError(`Failed to update ${path}: ${reason(error)}`, { cause: error });
  }
  return backup;
}
