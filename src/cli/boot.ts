/**
 * dist/lxc.cjs, what Node.js is started with: runs the brain beside it with V8's code cache, which halves the time from
 * start to the first answer. `--rehearse FILE` writes that cache; without one, or with that of another Node.js, V8
 * compiles as usual.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Script } from 'node:vm';
import { buildId } from '../base/build.ts';

type Brain = (require: NodeJS.Require, module: object, exports: object, dirname: string) => void;

const file = `${import.meta.dirname}/brain.js`;

/** V8 compares no more of the source than its length, so the name tells what the cache was made of. */
function cache(): Buffer | undefined {
  try {
    return readFileSync(`${import.meta.dirname}/brain-${process.arch}-${buildId}.cache`);
  } catch {
    return undefined;
  }
}

function compile(cachedData: Buffer | undefined): Script {
  return new Script(readFileSync(file, 'latin1'), { filename: file, ...(cachedData && { cachedData }) });
}

const script = compile(cache());
const [, , mode, out] = process.argv;
if (mode === '--rehearse' && out !== undefined)
  process.once('exit', () => writeFileSync(out, script.createCachedData()));
const brain: Brain = script.runInThisContext();
brain(createRequire(file), { exports: {} }, {}, import.meta.dirname);
