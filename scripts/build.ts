/**
 * Builds what a checkout needs to run: dist/lxc.cjs (one bundle: each file costs time at a cold start), the helper
 * bin/lxc-ts, a link to it for every command, and libexec/node.
 */

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { commands } from '../src/cli/commands.ts';
import { buildNative } from './native.ts';

const root = dirname(import.meta.dirname);
const placeholder = '@LXC_TS_BUILD_ID@';

async function bundle(): Promise<string> {
  const result = await build({
    absWorkingDir: root,
    entryPoints: ['src/cli/brain.ts'],
    bundle: true,
    write: false,
    platform: 'node',
    target: 'node22',
    format: 'cjs',
    // Minified code starts slower: V8 compiles it eagerly in larger pieces.
    minify: false,
    charset: 'ascii',
    define: {
      'globalThis.LXC_TS_BUILD_ID': JSON.stringify(placeholder),
      'import.meta.dirname': '__dirname',
    },
  });
  return result.outputFiles[0]?.text ?? '';
}

/** The same sources give the same id, whatever directory they are in. */
function idOf(...texts: readonly string[]): string {
  const hash = createHash('sha256');
  for (const text of texts) hash.update(text).update('\0');
  return hash.digest('hex').slice(0, 16);
}

function nativeSources(): string[] {
  const directory = `${root}/native`;
  return readdirSync(directory)
    .filter((name) => /\.[ch]$/.test(name))
    .sort()
    .map((name) => readFileSync(`${directory}/${name}`, 'utf8'));
}

function link(target: string, path: string): void {
  rmSync(path, { force: true });
  symlinkSync(relative(dirname(path), target), path);
}

/** The Node.js that the package brings. */
function packagedNode(): string | undefined {
  try {
    const require = createRequire(import.meta.url);
    return `${dirname(require.resolve(`node-linux-${process.arch}/package.json`))}/bin/node`;
  } catch {
    return undefined;
  }
}

const text = await bundle();
const buildId = idOf(text, ...nativeSources());
for (const directory of ['bin', 'dist', 'libexec']) mkdirSync(`${root}/${directory}`, { recursive: true });
// Wrapped as a function that the loader calls; one byte a character, so that V8 need not decode it.
const brain = `(function (require, module, exports, __dirname) {${text.replaceAll(placeholder, buildId)}\n})`;
writeFileSync(`${root}/dist/brain.js`, brain, 'latin1');
copyFileSync(`${root}/scripts/loader.cjs`, `${root}/dist/lxc.cjs`);
buildNative({ buildId, out: `${root}/bin/lxc-ts` });
for (const name of ['lxc', ...Object.keys(commands)]) link(`${root}/bin/lxc-ts`, `${root}/bin/${name}`);
const node = packagedNode();
if (node !== undefined) link(node, `${root}/libexec/node`);
rmSync(`${root}/dist/brain.cache`, { force: true });
spawnSync(node ?? process.execPath, [`${root}/dist/lxc.cjs`, '--cache'], { env: {}, stdio: 'inherit' });
console.log(`Built ${fileURLToPath(new URL('../bin', import.meta.url))} (${buildId})`);
