/** The environment of an attached command: the caller's part, what the configuration adds, what was asked for. */

import type { Config } from '../config/index.ts';

export interface EnvironmentParts {
  /** Begin with a PATH, for whoever leaves that of the caller out. */
  readonly path: boolean;
  /** `NAME=VALUE` */
  readonly callers: readonly string[];
  /** Said last, so it wins. */
  readonly set: readonly string[];
}

const usualPath = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** `env` is the caller's: variables that the configuration names without a value are taken from there. */
export function attachEnvironment(
  config: Config,
  env: Readonly<Record<string, string>>,
  { path, callers, set }: EnvironmentParts,
): readonly string[] {
  const own = [...config.many('lxc.environment'), ...config.many('lxc.environment.runtime')].map(
    ({ value }) => `${value.name}=${value.value ?? env[value.name] ?? ''}`,
  );
  const all = [...(path ? [usualPath] : []), ...callers, ...own, 'container=lxc', ...set];
  return [...new Map(all.map((one) => [one.slice(0, one.indexOf('=')), one])).values()];
}
