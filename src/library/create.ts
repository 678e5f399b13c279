/** Making a container from a program: the options, and the configuration that it begins with as a file. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { reason } from '../base/errno.ts';
import { LxcError } from '../base/error.ts';
import { findKey } from '../config/lookup.ts';
import type { CreateWish } from '../run/create.ts';
import type { Session } from '../run/session.ts';
import { type ConfigFile, textOfLines } from './config-file.ts';
import { type ConfigLines, linesOf } from './config-key.ts';
import type { Abortable, Place } from './place.ts';

/** Options of {@link Container.create}. */
export interface CreateOptions extends Place, Abortable {
  /**
   * The template that fills the root file system: `busybox`, `debian`, the path of a program. Absent: none, the
   * configuration says where the root file system is.
   */
  readonly template?: string | undefined;
  /** What the template is given: `['--release', 'bookworm']`. */
  readonly templateArgs?: readonly string[] | undefined;
  /** The configuration that it begins with; absent: `lxc.default_config` of lxc.conf where there is no `config`. */
  readonly configFile?: string | undefined;
  /** Lines of its configuration; single values win over those of `configFile` and of the template. */
  readonly config?: ConfigLines | undefined;
  /** Absolute path for the root file system; absent: `rootfs` in its directory. */
  readonly rootfs?: string | undefined;
}

interface WrittenWish extends Disposable {
  readonly wish: CreateWish;
}

/** Lines are put into a file, since that is what a container is made from; the file goes with the wish. */
export function wishOf(session: Session, options: CreateOptions): WrittenWish {
  const { template, templateArgs = [], configFile, config, rootfs } = options;
  const wish = { template, parameters: templateArgs, configFile, rootfs, quiet: true };
  if (config === undefined) return { wish, [Symbol.dispose]: () => undefined };
  const directory = mkdtempSync(join(tmpdir(), 'lxc-ts-'));
  const path = join(directory, 'config');
  writeFileSync(path, `${textOf(session, configFile)}${textOfLines(config)}`);
  return {
    wish: { ...wish, configFile: path },
    [Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }),
  };
}

function textOf(session: Session, file: string | undefined): string {
  if (file === undefined) return '';
  try {
    return readFileSync(session.resolve(file), 'utf8').replace(/([^\n])$/, '$1\n');
  } catch (error) {
    throw new LxcError(`Failed to read the configuration ${file}: ${reason(error)}`, { cause: error });
  }
}

/** A template adds lines of its own behind those of the caller; the single values among these are said again. */
export async function sayAgain(file: ConfigFile, { template, config = {} }: CreateOptions): Promise<void> {
  const single = linesOf(config).filter(({ key }) => findKey(key)?.row.kind === 'one');
  if (template === undefined || single.length === 0) return;
  await file.addLines(single);
}
