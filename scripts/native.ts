/**
 * Compiles the native helper: `native/*.c` to one static binary, `build/lxc-ts`, or `build/faults/lxc-ts` with
 * injected faults for the tests. musl is preferred because its monitor needs 52 KB instead of 376; without
 * musl-gcc the C library of the machine serves, and that is said.
 */

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LxcError } from '../src/base/error.ts';

export interface NativeOptions {
  /** With `LXC_TS_FAULT`; never shipped. */
  readonly faults?: boolean | undefined;
  /** Names the daemon's socket; by default a hash of what the helper and the brain are made of. */
  readonly buildId?: string | undefined;
  /** Where the binary goes. */
  readonly out?: string | undefined;
}

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const sources = () => sourcesIn('native');
/** Puts what a monitor seldom touches behind the rest of its variables. */
const layout = join(root, 'native/seldom.ld');

function sourcesIn(directory: string): readonly string[] {
  return readdirSync(join(root, directory))
    .filter((name) => /\.[ch]$/.test(name))
    .sort()
    .map((name) => join(root, directory, name));
}

const flags = [
  '-std=c11',
  '-D_GNU_SOURCE',
  '-Os',
  '-static',
  '-Wall',
  '-Wextra',
  '-Werror',
  '-ffunction-sections',
  '-fdata-sections',
  '-fno-asynchronous-unwind-tables',
  '-Wl,--gc-sections',
  '-Wl,-z,noexecstack',
  '-s',
  `-Wl,-T,${layout}`,
];

/** Compile where something changed since the last time; gives the path of the binary. */
export function buildNative(options: NativeOptions = {}): string {
  const out = options.out ?? join(root, 'build', options.faults === true ? 'faults/lxc-ts' : 'lxc-ts');
  const defines = [
    `-DBUILD_ID="${options.buildId ?? buildId()}"`,
    ...(options.faults === true ? ['-DFAULTS'] : []),
  ];
  return compile({ out, defines, code: inOrder(codeOf(sources())), all: sources() });
}

/** What lxc-user-nic has in common with the helper. */
const shared = ['base.c', 'exec.c', 'netlink.c'].map((name) => join(root, 'native', name));

/** Compile lxc-user-nic, which may be setuid: a program of its own, with nothing in it that it does not need. */
export function buildUserNic(out: string): string {
  const own = sourcesIn('native/user-nic');
  return compile({ out, defines: [], code: [...shared, ...codeOf(own)], all: [...sources(), ...own] });
}

function codeOf(files: readonly string[]): readonly string[] {
  return files.filter((name) => name.endsWith('.c'));
}

interface Work {
  readonly out: string;
  readonly defines: readonly string[];
  readonly code: readonly string[];
  /** What it is made of, with headers. */
  readonly all: readonly string[];
}

function compile({ out, defines, code, all }: Work): string {
  const compiler = findCompiler();
  const args = [...flags, ...compiler.flags, ...defines, '-o', out, ...code];
  const stamp = hashOf([...all, layout], [compiler.command, ...args].join('\n'));
  const stampFile = join(root, 'build', `${out.replaceAll('/', '-')}.stamp`);
  if (existsSync(out) && existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return out;
  for (const path of [out, stampFile]) mkdirSync(dirname(path), { recursive: true });
  rmSync(stampFile, { force: true });
  run(compiler.command, args);
  writeFileSync(stampFile, stamp);
  return out;
}

/** Changes whenever the helper, the brain's bundle or the protocol between them changes. */
export function buildId(): string {
  const bundle = join(root, 'dist/brain.js');
  return hashOf([...sources(), ...(existsSync(bundle) ? [bundle] : [])]);
}

/** What a monitor executes, the more while it waits the later. */
const monitors = [
  'hook',
  'answer',
  'pty',
  'relay',
  'base',
  'frame',
  'console',
  'notify',
  'hierarchy',
  'command',
  'sysinfo',
  'monitor',
];

/**
 * That goes last, beside the C library: the kernel maps 64 KB of a file around each page that is touched, and a monitor
 * that waits is to hold no more than one such piece.
 */
function inOrder(code: readonly string[]): readonly string[] {
  const rank = (path: string) => monitors.indexOf(basename(path, '.c'));
  return code.toSorted((one, other) => rank(one) - rank(other));
}

function hashOf(files: readonly string[], more = ''): string {
  const hash = createHash('sha256').update(more);
  for (const path of files) hash.update(readFileSync(path));
  return hash.digest('hex').slice(0, 16);
}

/** musl brings no kernel headers: the machine's own are searched after musl's. */
function findCompiler(): { readonly command: string; readonly flags: readonly string[] } {
  if (works('musl-gcc', ['-v'])) {
    const multiarch = spawnSync('gcc', ['-print-multiarch'], { encoding: 'utf8' }).stdout.trim();
    const after = ['/usr/include', join('/usr/include', multiarch)].flatMap((dir) => ['-idirafter', dir]);
    return { command: 'musl-gcc', flags: after };
  }
  for (const command of ['gcc', 'cc']) {
    if (!works(command, ['-v'])) continue;
    console.error(`native: musl-gcc is missing, ${command} links glibc: each monitor needs 320 KB more`);
    return { command, flags: [] };
  }
  throw new LxcError('Failed to compile the native helper: no C compiler', {
    hint: 'apt-get install musl-tools',
  });
}

function works(command: string, args: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}

function run(command: string, args: readonly string[]): void {
  const done = spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  if (done.status !== 0)
    throw new LxcError(`Failed to compile the native helper: ${command} exited with status ${done.status}`);
}

if (import.meta.main) console.log(buildNative({ faults: process.argv.includes('--faults') }));
