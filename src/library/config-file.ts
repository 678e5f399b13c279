/** The configuration of a container: what its file says, what it runs by, and changes that keep the rest of the file. */

import { randomUUID } from 'node:crypto';
import { chmodSync, chownSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { reason } from '../base/errno.ts';
import { LxcError, type Origin } from '../base/error.ts';
import {
  appendItem,
  type Config,
  type Document,
  getItem,
  loadConfig,
  nodeConfigIo,
  parseConfig,
  parseDocument,
  printDocument,
  removeItem,
} from '../config/index.ts';
import type { ContainerId } from '../run/command-socket.ts';
import { configPath, isDefined } from '../run/directory.ts';
import { monitorOf } from '../run/monitor.ts';
import type { Session } from '../run/session.ts';
import {
  type ConfigKey,
  type ConfigLines,
  type ConfigValue,
  type Line,
  linesOf,
  textsOf,
} from './config-key.ts';
import { coded, inSession, type Place } from './place.ts';

/** One effective line of a configuration. */
export interface ConfigEntry {
  /** In the current spelling, whatever dialect the file is in. */
  readonly key: string;
  /** Quotes removed. */
  readonly value: string;
  /** The file and line it came from; includes have their own. */
  readonly origin: Origin;
}

/** Changes to a configuration file that are written together; {@link ConfigFile.edit}. */
export interface ConfigEdit {
  /** Takes out every line of the key and adds these. */
  set(key: ConfigKey, value: ConfigValue): void;
  /** Adds lines at the end: a list grows, a scalar is replaced. */
  append(key: ConfigKey, value: ConfigValue): void;
  /** Takes out every line of the key, and of what is below it: `lxc.net.0` with `lxc.net.0.type`. */
  remove(key: ConfigKey): void;
}

/** The configuration of one container. Keys of older dialects are understood; comments and includes stay as they are. */
export class ConfigFile {
  /** Absolute path of the file. */
  readonly path: string;
  readonly #id: ContainerId;
  readonly #place: Place;

  /** @internal */
  constructor(id: ContainerId, place: Place) {
    this.path = configPath(id);
    this.#id = id;
    this.#place = place;
  }

  /**
   * The value of a key in the file, as `lxc-info -c` prints it: '' where it is not set, a line for each value of a list.
   * @throws {@link LxcError} `NOT_DEFINED`, `INVALID_CONFIG`; `INVALID_ARGUMENT` for a key that does not exist
   */
  get(key: ConfigKey): Promise<string> {
    return this.#read((config) => {
      const value = getItem(config, key);
      if (value !== undefined) return value;
      throw new LxcError(`Failed to get ${key}: there is no such key`, { code: 'INVALID_ARGUMENT' });
    });
  }

  /**
   * Every line in effect, includes resolved, in their order.
   * @throws {@link LxcError} `NOT_DEFINED`, `INVALID_CONFIG` with the line as `origin`
   */
  entries(): Promise<readonly ConfigEntry[]> {
    return this.#read((config) =>
      config.entries.map(({ key, text, origin }) => ({ key, value: text, origin })),
    );
  }

  /**
   * The value that the container runs by, whatever was written to the file since; `undefined` where it does not run, or
   * its monitor does not tell.
   */
  running(key: ConfigKey): Promise<string | undefined> {
    return inSession(this.#place, undefined, (session) => monitorOf(session, this.#id).configItem(key));
  }

  /** {@link ConfigFile.edit} with one {@link ConfigEdit.set}. */
  set(key: ConfigKey, value: ConfigValue): Promise<void> {
    return this.edit((draft) => draft.set(key, value));
  }

  /** {@link ConfigFile.edit} with one {@link ConfigEdit.append}. */
  append(key: ConfigKey, value: ConfigValue): Promise<void> {
    return this.edit((draft) => draft.append(key, value));
  }

  /** {@link ConfigFile.edit} with one {@link ConfigEdit.remove}. */
  remove(key: ConfigKey): Promise<void> {
    return this.edit((draft) => draft.remove(key));
  }

  /**
   * Changes the file, which is replaced as a whole and only when the result can be read. It counts from the next start.
   * @throws {@link LxcError} `NOT_DEFINED`; `INVALID_CONFIG` when the file would not be one any more: it stays as it was
   */
  edit(change: (draft: ConfigEdit) => void): Promise<void> {
    return this.#rewrite(change);
  }

  /** @internal */
  addLines(lines: readonly Line[]): Promise<void> {
    return this.#rewrite((draft) => {
      for (const { key, text } of lines) draft.add(key, text);
    });
  }

  #rewrite(change: (draft: Draft) => void): Promise<void> {
    return inSession(this.#place, undefined, (session) => {
      const io = nodeConfigIo(session);
      const draft = new Draft(parseDocument(this.#text(), io));
      change(draft);
      const text = printDocument(draft.document);
      checked(() => parseConfig(text, { file: this.path, io }));
      replaceFile(this.path, text);
      return Promise.resolve();
    });
  }

  #read<T>(work: (config: Config) => T): Promise<T> {
    return inSession(this.#place, undefined, (session) => {
      mustBeDefined(this.#id);
      return Promise.resolve(work(readConfig(this.path, session)));
    });
  }

  #text(): string {
    mustBeDefined(this.#id);
    return readFileSync(this.path, 'utf8');
  }
}

/** @throws LxcError `NOT_DEFINED` */
export function mustBeDefined(id: ContainerId): void {
  if (isDefined(id)) return;
  throw new LxcError(`Failed to find the container ${id.name}: there is no ${configPath(id)}`, {
    code: 'NOT_DEFINED',
    hint: 'make it with Container.create',
  });
}

export function readConfig(file: string, session: Session): Config {
  return checked(() => loadConfig(file, nodeConfigIo(session)));
}

/** What a configuration throws is about the configuration. */
export function checked<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw coded(error, 'INVALID_CONFIG');
  }
}

class Draft implements ConfigEdit {
  document: Document;

  constructor(document: Document) {
    this.document = document;
  }

  set(key: ConfigKey, value: ConfigValue): void {
    this.document = removeItem(this.document, key);
    this.append(key, value);
  }

  append(key: ConfigKey, value: ConfigValue): void {
    for (const text of textsOf(value)) this.add(key, text);
  }

  add(key: string, text: string): void {
    this.document = appendItem(this.document, key, text);
  }

  remove(key: ConfigKey): void {
    this.document = removeItem(this.document, key, true);
  }
}

/** The text of a file made of nothing but these lines. */
export function textOfLines(lines: ConfigLines): string {
  const draft = new Draft({ lines: [] });
  for (const { key, text } of linesOf(lines)) draft.add(key, text);
  return printDocument(draft.document);
}

/** Readers see the old file or the new one, never a part. */
function replaceFile(path: string, text: string): void {
  const fresh = `${path}.${randomUUID()}`;
  try {
    const { mode, uid, gid } = statSync(path);
    writeFileSync(fresh, text, { flag: 'wx', mode: 0o600 });
    chownSync(fresh, uid, gid);
    chmodSync(fresh, mode);
    renameSync(fresh, path);
  } catch (error) {
    rmSync(fresh, { force: true });
    throw new LxcError(`Failed to write ${path}: ${reason(error)}`, { cause: error });
  }
}
