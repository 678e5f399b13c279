/**
 * Builds what a checkout needs to run: dist/lxc.cjs and the brain that it starts (one bundle: each file costs time at
 * a cold start) with V8's code cache, the library dist/index.js, dist/templates.cjs for the templates that are ours in
 * TypeScript, the helper bin/lxc-ts, a link to it for every command, bin/lxc-user-nic, and libexec/node.
 */

import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { installedNames } from './names.ts';
import { buildNative, buildUserNic } from './native.ts';
import { rehearse } from './rehearse.ts';

const root = dirname(import.meta.dirname);
const placeholder = '@LXC_TS_BUILD_ID@';

async function bundle(entry: string): Promise<string> {
  const result = await build({
    absWorkingDir: root,
    entryPoints: [entry],
    bundle: true,
    write: false,
    platform: 'node',
    target: 'node22',
    format: 'cjs',
    // Minified code starts slower: V8 compiles it eagerly in larger pieces.
    minify: false,
    charset: 'ascii',
    // A script that boot.ts runs can require, not import.
    supported: { 'dynamic-import': false },
    define: {
      'globalThis.LXC_TS_BUILD_ID': JSON.stringify(placeholder),
      'import.meta.dirname': '__dirname',
    },
  });
  return result.outputFiles[0]?.text ?? '';
}

/** dist/index.js, what `import 'lxc-ts'` is: a module beside the brain, whose work it shares. */
async function library(): Promise<string> {
  const result = await build({
    absWorkingDir: root,
    entryPoints: ['src/index.ts'],
    bundle: true,
    write: false,
    platform: 'node',
    target: 'node22.18',
    format: 'esm',
    define: { 'globalThis.LXC_TS_BUILD_ID': JSON.stringify(placeholder) },
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

/** A function that boot.ts calls. */
function wrapped(text: string): string {
  return `(function (require, module, exports, __dirname) {${text}\n})`;
}

/** Another Node.js than the packaged one ignores it. */
async function makeCodeCache(node: string, buildId: string): Promise<void> {
  for (const old of readdirSync(`${root}/dist`).filter((name) => name.endsWith('.cache')))
    rmSync(`${root}/dist/${old}`);
  const cache = `${root}/dist/brain-${process.arch}-${buildId}.cache`;
  await rehearse({ node, boot: `${root}/dist/lxc.cjs`, buildId, cache });
}

const brain = await bundle('src/cli/brain.ts');
const boot = await bundle('src/cli/boot.ts');
const view = await bundle('src/lxcfs/main.ts');
const templates = await bundle('src/template/main.ts');
const buildId = idOf(brain, boot, view, templates, ...nativeSources());
for (const directory of ['bin', 'dist', 'libexec']) mkdirSync(`${root}/${directory}`, { recursive: true });
// One byte a character, so that V8 need not decode it.
writeFileSync(`${root}/dist/brain.js`, wrapped(brain.replaceAll(placeholder, buildId)), 'latin1');
writeFileSync(`${root}/dist/lxc.cjs`, boot.replaceAll(placeholder, buildId));
writeFileSync(`${root}/dist/index.js`, (await library()).replaceAll(placeholder, buildId));
writeFileSync(`${root}/dist/lxcfs.cjs`, view.replaceAll(placeholder, buildId));
writeFileSync(`${root}/dist/templates.cjs`, templates.replaceAll(placeholder, buildId));
buildNative({ buildId, out: `${root}/bin/lxc-ts` });
buildUserNic(`${root}/bin/lxc-user-nic`);
for (const name of installedNames) link(`${root}/bin/lxc-ts`, `${root}/bin/${name}`);
const node = packagedNode();
if (node !== undefined) {
  link(node, `${root}/libexec/node`);
  await makeCodeCache(node, buildId);
}
console.log(`Built ${fileURLToPath(new URL('../bin', import.meta.url))} (${buildId})`);
