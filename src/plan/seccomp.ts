/** `lxc.seccomp.*`: the policy that the container's processes live under, started and attached ones alike. */

import { posix } from 'node:path';
import { LxcError } from '../base/error.ts';
import type { Config, Entry } from '../config/index.ts';
import { type CompiledPolicy, compilePolicy } from '../seccomp/index.ts';
import { filterFlags, type Op } from '../wire/ops.ts';
import type { PlannedOp } from '../wire/program.ts';
import { asked, step } from '../wire/step.ts';
import type { PlanNote } from './types.ts';

/** What the host has to do with filters. */
export interface SeccompFacts {
  /** What Node.js calls the machine. */
  readonly machine: string;
  /** Whether the caller is under a filter itself; `unknown` to a kernel without filters. */
  readonly caller: 'free' | 'filtered' | 'unknown';
  /** The text of the policy, where there is the file. */
  readonly policy: string | undefined;
}

export interface Filter extends CompiledPolicy {
  readonly entry: Entry<string>;
}

/** A relative path starts where the caller is. */
export function policyPath(config: Config, cwd: string): string | undefined {
  const path = config.value('lxc.seccomp.profile');
  return path === undefined ? undefined : posix.resolve(cwd, path);
}

export function resolveFilter(
  config: Config,
  facts: SeccompFacts | undefined,
  notes: PlanNote[],
): Filter | undefined {
  const entry = config.one('lxc.seccomp.profile');
  if (entry === undefined) return undefined;
  const passed = facts && whyPassed(config, facts);
  if (passed !== undefined) {
    notes.push({ key: entry.key, message: `the policy is not loaded: ${passed}`, origin: entry.origin });
    return undefined;
  }
  if (facts?.policy === undefined)
    throw new LxcError(`Failed to read the seccomp policy ${entry.value}: No such file`, {
      origin: entry.origin,
      hint: 'make the file, or remove the line',
    });
  const compiled = compilePolicy(facts.policy, entry.value, facts.machine);
  notes.push(...compiled.notes.map(({ message, origin }) => ({ key: entry.key, message, origin })));
  notes.push(...proxyNotes(config, compiled, entry));
  return { ...compiled, entry };
}

const proxyKey = 'lxc.seccomp.notify.proxy';

function proxyNotes(
  config: Config,
  { notifies }: CompiledPolicy,
  { key, origin }: Entry<string>,
): readonly PlanNote[] {
  const proxy = config.one(proxyKey);
  if (notifies === (proxy !== undefined)) return [];
  const unused = proxy && { key: proxyKey, origin: proxy.origin, message: 'no rule of the policy notifies' };
  const message = `calls that notify fail with ENOSYS: there is no ${proxyKey}`;
  return [unused ?? { key, origin, message }];
}

/** As C LXC does: whoever started us may have confined us so that containers are confined already. */
function whyPassed(config: Config, { caller }: SeccompFacts): string | undefined {
  if (caller === 'unknown') return 'this kernel has no system call filters';
  if (caller === 'free' || config.value('lxc.seccomp.allow_nesting')) return undefined;
  return 'the caller is under a filter already, and lxc.seccomp.allow_nesting is not set';
}

export function loadFilter(filter: Filter | undefined): readonly PlannedOp[] {
  if (filter === undefined) return [];
  const { entry, notifies } = filter;
  const flags = notifies ? filterFlags.waitKillable : 0;
  const op = { op: 'seccomp', args: { filter: filter.filter, flags, listener: notifies ? 1 : 0 } } as const;
  return [step(op, asked(entry, `load the seccomp policy ${entry.value}`))];
}

/** Who answers calls that notify. The proxy may come and go while the container runs. */
export function notifySetting(config: Config, filter: Filter | undefined): readonly Op[] {
  if (filter?.notifies !== true) return [];
  const path = config.value(proxyKey) ?? '';
  return [{ op: 'setNotify', args: { path, cookie: config.value('lxc.seccomp.notify.cookie') ?? '' } }];
}
