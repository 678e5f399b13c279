/** An installation whose helper can be told to fail an op (LXC_TS_FAULT); its brain is the one of the checkout. */

import { mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { buildNative } from '../../../scripts/native.ts';
import { lxc, run } from './commands.ts';
import type { Container } from './container.ts';
import { settled, snapshot } from './world.ts';

const project = resolve(import.meta.dirname, '../../..');

export const faultyRoot = '/var/lib/lxc/.faulty';

/** Builds it; answers the path of its lxc-start. */
export function buildFaulty(): string {
  rmSync(faultyRoot, { recursive: true, force: true });
  mkdirSync(join(faultyRoot, 'bin'), { recursive: true });
  for (const shared of ['dist', 'libexec', 'node_modules'])
    symlinkSync(join(project, shared), join(faultyRoot, shared));
  const buildId = /buildId = "([0-9a-f]{16})"/.exec(
    readFileSync(join(project, 'dist/brain.js'), 'latin1'),
  )?.[1];
  if (buildId === undefined) throw new Error('The bundle has no build id; run npm run build');
  buildNative({ faults: true, buildId, out: join(faultyRoot, 'bin/lxc-ts') });
  symlinkSync('lxc-ts', join(faultyRoot, 'bin/lxc-start'));
  return join(faultyRoot, 'bin/lxc-start');
}

export interface JsonOp {
  readonly op: string;
  readonly optional?: boolean;
  /** Its inverses. */
  readonly undo?: readonly unknown[];
}

export interface JsonPlan {
  readonly parent: readonly JsonOp[];
  readonly child: readonly JsonOp[];
}

export async function planOf(foo: Container): Promise<JsonPlan> {
  return JSON.parse((await foo.run('start', ['-d', '--plan', '--format', 'json'])).stdout);
}

/** Starts by the faulty lxc-start with one op failing; answers what is wrong about the outcome. */
export async function startWithFault(
  faultyStart: string,
  foo: Container,
  fault: string,
  op: JsonOp,
): Promise<string[]> {
  const before = snapshot();
  const done = await run(faultyStart, ['-n', foo.name, '-d'], { env: { LXC_TS_FAULT: fault } });
  const wrong: string[] = [];
  if (done.status === 0) {
    if (op.optional !== true) wrong.push('the start went on');
    await lxc('stop', ['-n', foo.name, '-k']);
  } else {
    if (op.optional === true) wrong.push(`an optional op stopped the start: ${done.stderr}`);
    if (done.stderr.trim().split('\n').length !== 1) wrong.push(`no single line: ${done.stderr}`);
    if (!done.stderr.startsWith(`lxc-start: ${foo.name}: `)) wrong.push(`no message: ${done.stderr}`);
  }
  return [...wrong, ...(await settled(before))].map((line) => `${fault} ${op.op}: ${line}`);
}
