/** Seccomp policies of LXC, from the text of a file to the filter that the kernel runs. Pure. */

import { LxcError } from '../base/error.ts';
import { notify } from './action.ts';
import { architecturesOf } from './architectures.ts';
import { compile } from './compile.ts';
import { decisionsOf } from './decide.ts';
import { parsePolicy } from './parse.ts';
import type { PolicyNote } from './policy.ts';

export interface CompiledPolicy {
  /** struct sock_filter[]. */
  readonly filter: Buffer;
  /** Whether a program on the host is asked about some calls. */
  readonly notifies: boolean;
  readonly notes: readonly PolicyNote[];
}

/** BPF_MAXINSNS. */
const mostInstructions = 4096;

/** `machine` is what Node.js calls it. */
export function compilePolicy(text: string, file: string, machine: string): CompiledPolicy {
  const all = architecturesOf(machine);
  if (all === undefined)
    throw new LxcError(
      `Failed to compile the seccomp policy ${file}: the numbers of calls on ${machine} are not known`,
    );
  const policy = parsePolicy(text, file, machine);
  const architectures = policy.version === 1 ? all.slice(0, 1) : all;
  const { decisions, notes } = decisionsOf(policy, architectures);
  const { filter, instructions } = compile(policy.unlisted, architectures, decisions);
  if (instructions > mostInstructions)
    throw new LxcError(
      `Failed to compile the seccomp policy ${file}: it comes to ${instructions} instructions and the limit is ${mostInstructions}`,
      { hint: 'list fewer calls with conditions' },
    );
  const notifies = policy.unlisted === notify || policy.rules.some(({ action }) => action === notify);
  return { filter, notifies, notes };
}
