/** An installation whose helper can be told to fail an op (LXC_TS_FAULT); its brain is the one of the checkout. */

import { mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { buildNative } from '../../../scripts/native.ts';

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
