/** The configuration of a container as a command is to use it: its file, and the definitions of the command line. */

import { type Config, define, emptyConfig, loadConfig, nodeConfigIo } from '../config/index.ts';
import type { ContainerId } from './command-socket.ts';
import { Memory } from './config-memory.ts';
import { configPath } from './directory.ts';
import type { Session } from './session.ts';

export interface ConfigSource {
  readonly id: ContainerId;
  /** The file of --rcfile, as the caller typed it. */
  readonly rcfile: string | undefined;
  /** The -s options. */
  readonly definitions: readonly string[];
}

export interface LoadedConfig {
  readonly config: Config;
  /** The file that was read; `undefined` where there is none. */
  readonly file: string | undefined;
}

const configs = new Memory<Config>(256);

/** A file that --rcfile names must be there; the container's own need not. */
export function loadContainerConfig(session: Session, source: ConfigSource): LoadedConfig {
  const io = nodeConfigIo(session);
  const own = configPath(source.id);
  const file = source.rcfile ?? (session.grounds.exists(own) ? own : undefined);
  const key = JSON.stringify([session.cwd, file, source.definitions]);
  const config = configs.recall(key, io, (listening) => {
    const loaded = file === undefined ? emptyConfig() : loadConfig(file, listening);
    return source.definitions.length === 0 ? loaded : define(loaded, source.definitions, listening);
  });
  return { config, file: file === undefined ? undefined : session.resolve(file) };
}
