/** Where test/package/run.ts installed the package, and programs run there. */

import { join, resolve } from 'node:path';
import { type Result, run } from '../system/harness/commands.ts';

const dir = process.env.LXC_TS_PACKAGE ?? '/nonexistent';

/** Of the package, with no compiler and no npm of this project in it. */
const path = `${join(dir, 'global/bin')}:/usr/sbin:/usr/bin:/sbin:/bin`;

/** A project that has the package among its dependencies. */
export const program = join(dir, 'program');

/** Of the checkout. */
export const project = resolve(import.meta.dirname, '../..');

/** A command as it is after `npm install --global`. */
export function command(name: string, args: readonly string[]): Promise<Result> {
  return run(join(dir, 'global/bin', name), args, { env: { PATH: path }, cwd: '/' });
}

/** Node.js in the project, as its developer runs it. */
export function node(args: readonly string[]): Promise<Result> {
  return run(process.execPath, args, { cwd: program, env: { PATH: path }, timeoutMs: 100_000 });
}
