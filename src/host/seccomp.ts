/** What the policy of a container needs to be known: its text, and whether the caller is under a filter. */

import { readFileSync } from 'node:fs';
import { errnoCode, reason } from '../base/errno.ts';
import { LxcError } from '../base/error.ts';
import type { Config } from '../config/index.ts';
import { policyPath, type SeccompFacts } from '../plan/seccomp.ts';

/** `undefined` for a container without a policy. */
export function seccompFacts(config: Config, cwd: string, caller: number): SeccompFacts | undefined {
  const path = policyPath(config, cwd);
  if (path === undefined) return undefined;
  return { machine: process.arch, caller: stateOf(caller), policy: policyText(config, path) };
}

function stateOf(pid: number): SeccompFacts['caller'] {
  const mode = /^Seccomp:\s*([0-9]+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  if (mode === undefined) return 'unknown';
  return mode === '0' ? 'free' : 'filtered';
}

function policyText(config: Config, path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (errnoCode(error) === 'ENOENT' || errnoCode(error) === 'ENOTDIR') return undefined;
    throw new LxcError(`Failed to read the seccomp policy ${path}: ${reason(error)}`, {
      origin: config.one('lxc.seccomp.profile')?.origin,
      cause: error,
    });
  }
}
