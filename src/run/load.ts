/** The configuration of a container as a command is to use it: its file, and the definitions of the command line. */

import { existsSync } from 'node:fs';
import { type Config, define, emptyConfig, loadConfig, nodeConfigIo } from '../config/index.ts';
import type { ContainerId } from './command-socket.ts';
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

export function configFileOf({ lxcpath, name }: ContainerId): string {
  return `${lxcpath}/${name}/config`;
}

/** A file that --rcfile names must be there; the container's own need not. */
export function loadContainerConfig(session: Session, source: ConfigSource): LoadedConfig {
  const io = nodeConfigIo(session);
  const own = configFileOf(source.id);
  const file = source.rcfile ?? (existsSync(own) ? own : undefined);
  const config = file === undefined ? emptyConfig() : loadConfig(file, io);
  const defined = source.definitions.length === 0 ? config : define(config, source.definitions, io);
  return { config: defined, file: file === undefined ? undefined : session.resolve(file) };
}
