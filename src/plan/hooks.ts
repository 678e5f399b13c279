/** `lxc.hook.*`: the command lines and environments of hooks, for the child's ops and for the brain. */

import type { Config, Entry } from '../config/index.ts';
import type { PlannedOp } from '../wire/program.ts';
import { asked, step } from '../wire/step.ts';
import type { StartRequest } from './request.ts';
import { trimSlashes } from './rootfs.ts';
import type { HookCommand, HookContext, HookType } from './types.ts';

export type HookRequest = Pick<StartRequest, 'name' | 'configFile' | 'env' | 'logLevel' | 'rootfsMount'>;

/** What the brain has run by SPAWN as `/bin/sh -c text`, in the order of the lines. */
export function hookCommands(
  config: Config,
  request: HookRequest,
  type: HookType,
  context: HookContext = {},
): readonly HookCommand[] {
  const hooks = config.many(`lxc.hook.${type}`);
  if (hooks.length === 0) return [];
  const env = hookEnvironment(config, request, type, context);
  return hooks.map((entry) => ({
    text: commandText(config, request.name, type, entry, context),
    env,
    why: asked(entry, `run the ${type} hook ${entry.value}`),
  }));
}

/** Version 0 passes name, section and type as arguments, 0 also the namespaces of a stop hook. */
function commandText(
  config: Config,
  name: string,
  type: HookType,
  { value }: Entry<string>,
  { namespaces, extra = [] }: HookContext,
): string {
  const held = [...(namespaces ?? [])].map(([space, path]) => `${space}:${path}`);
  const facts = config.value('lxc.hook.version') === 0 ? [name, 'lxc', type, ...held] : [];
  return ['exec', value, ...[...facts, ...extra].map(quote)].join(' ');
}

/** One word for the shell, whatever it holds. */
export function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

function hookEnvironment(
  config: Config,
  request: HookRequest,
  type: HookType,
  context: HookContext,
): readonly string[] {
  const own = config.value('lxc.hook.version') === 1 ? versionOne(type, context) : [];
  return mergeEnvironment(scriptEnvironment(config, request, context), own);
}

/** What hooks and network scripts of either version are told. */
export function scriptEnvironment(
  config: Config,
  request: HookRequest,
  context: HookContext = {},
): readonly string[] {
  return mergeEnvironment(request.env, [
    ['LXC_NAME', request.name],
    ['LXC_CONFIG_FILE', request.configFile],
    ['LXC_ROOTFS_MOUNT', trimSlashes(config.value('lxc.rootfs.mount') ?? request.rootfsMount)],
    ['LXC_ROOTFS_PATH', rootfsPath(config)],
    ['LXC_CONSOLE', config.value('lxc.console.path')],
    ['LXC_CONSOLE_LOGPATH', config.value('lxc.console.logfile')],
    ['LXC_CGNS_AWARE', '1'],
    ['LXC_LOG_LEVEL', request.logLevel],
    ['LXC_HOOK_VERSION', `${config.value('lxc.hook.version')}`],
    ['LXC_PID', context.initPid === undefined ? undefined : `${context.initPid}`],
    ['LXC_TARGET', context.target],
    ['LXC_SRC_NAME', context.source],
  ]);
}

/** Without its type, as hooks know it. */
function rootfsPath(config: Config): string | undefined {
  const path = config.value('lxc.rootfs.path')?.path;
  return path === undefined ? undefined : trimSlashes(path);
}

type Variable = readonly [name: string, value: string | undefined];

function versionOne(type: HookType, { namespaces }: HookContext): readonly Variable[] {
  const held = [...(namespaces ?? [])].map(
    ([space, path]): Variable => [`LXC_${space.toUpperCase()}_NS`, path],
  );
  return [['LXC_HOOK_TYPE', type], ['LXC_HOOK_SECTION', 'lxc'], ...held];
}

/** Later values win; an absent one takes the variable away. */
export function mergeEnvironment(base: readonly string[], changes: readonly Variable[]): readonly string[] {
  const all = new Map(base.map((one): [string, string] => [one.slice(0, one.indexOf('=')), one]));
  for (const [name, value] of changes) {
    if (value === undefined) all.delete(name);
    else all.set(name, `${name}=${value}`);
  }
  return [...all.values()];
}

/** Hooks that the child runs see the container's variables as well. `asRoot`: before the child is root of its ids. */
export function childHooks(
  config: Config,
  request: HookRequest,
  type: HookType,
  asRoot = false,
): readonly PlannedOp[] {
  const variables = [...config.many('lxc.environment'), ...config.many('lxc.environment.hooks')];
  const own = variables.map(({ value }): Variable => [value.name, value.value ?? '']);
  return hookCommands(config, request, type).map(({ text, env, why }) =>
    step({ op: 'runHook', args: { text, env: mergeEnvironment(env, own), root: asRoot ? 1 : 0 } }, why),
  );
}

export function hasHooks(config: Config, ...types: readonly HookType[]): boolean {
  return types.some((type) => config.many(`lxc.hook.${type}`).length > 0);
}
