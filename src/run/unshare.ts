/** A command in new namespaces, as lxc-unshare has it. */

import { LxcError } from '../base/error.ts';
import { explain, explainNotes, type NamespaceName } from '../plan/index.ts';
import { planUnshare } from '../plan/unshare.ts';
import { shellStatus } from './connection.ts';
import { environmentOf } from './mapped-command.ts';
import type { Session } from './session.ts';

export interface UnshareOptions {
  readonly spaces: ReadonlySet<NamespaceName>;
  /** The user to become, in a new user namespace. */
  readonly uid: number | undefined;
  readonly hostname: string | undefined;
  readonly interfaces: readonly string[];
  readonly remount: boolean;
  readonly daemon: boolean;
  readonly argv: readonly string[];
  /** Told of what failed and was not needed. */
  readonly warn: (message: string) => void;
}

/** The status of the command; 0 where it goes on in the background. */
export async function runUnshared(session: Session, options: UnshareOptions): Promise<number> {
  const { uid, warn, ...rest } = options;
  const user = uid === undefined ? undefined : { inside: uid, outside: session.uid, range: 1 };
  const program = planUnshare({ ...rest, user, env: environmentOf(session) });
  const result = await session.run(program);
  for (const note of explainNotes(program, result.notes)) warn(note);
  if (result.kind === 'failed') throw explain(program, result);
  if (options.daemon) return 0;
  const status = shellStatus(result.value);
  if (status === 0) return 0;
  throw new LxcError(`Failed to run ${options.argv[0] ?? ''}: it ended with status ${status}`);
}
