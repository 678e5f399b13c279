/**
 * Writes the files that are derived from tables: `native/wire.h` from `src/wire`, the commands in package.json, the manual
 * and the completion of shells from `src/cli` and the keys, `docs/keys.md` from the keys and the tests that prove them.
 * `--check` compares instead of writing and fails on a difference, which is how CI uses it.
 */

import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpuDirectory, rareFiles, viewFiles } from '../src/config/index.ts';
import * as frames from '../src/wire/frames.ts';
import { groundKinds, keptKinds } from '../src/wire/grounds.ts';
import * as lxcfs from '../src/wire/lxcfs.ts';
import { nodeFlags } from '../src/wire/node.ts';
import * as wire from '../src/wire/ops.ts';
import { amountForms, reportParts } from '../src/wire/report.ts';
import { completionFiles } from './completion/files.ts';
import { keysPage } from './keys-page.ts';
import { manualPages } from './manual/pages.ts';
import { installedNames } from './names.ts';

const upper = (name: string) =>
  name
    .replace(/-/g, '_')
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toUpperCase();

function enumeration(prefix: string, table: Readonly<Record<string, number>>): string {
  const rows = Object.entries(table).map(([name, value]) => `\t${prefix}_${upper(name)} = ${value},`);
  return `enum {\n${rows.join('\n')}\n};\n`;
}

function opArguments(): string {
  const rows = Object.entries(wire.ops).map(([name, row]) => {
    const args = Object.keys(row.args);
    return args.length === 0
      ? ''
      : `enum { ${args.map((arg) => `${upper(name)}_${upper(arg)}`).join(', ')} };\n`;
  });
  return rows.join('');
}

const kindLetters = { int: 'i', str: 's', strs: 'v', bytes: 'b' } as const;

function opTable(): string {
  const rows = Object.entries(wire.ops).map(([name, row]) => {
    const kinds = Object.values<wire.ArgKind>(row.args).map((kind) => kindLetters[kind]);
    return `\tX(${row.code}, ${name}, "${kinds.join('')}") \\`;
  });
  return `/* code, name, kinds of the arguments: i int, s text, v texts, b bytes */\n#define OP_TABLE(X) \\\n${rows.join('\n')}\n\n`;
}

/** For the helper, which binds them into containers of other engines. */
function viewTable(): string {
  const rows = viewFiles.map((name) => {
    const path = name === 'cpu' ? cpuDirectory : `proc/${name}`;
    return `\tX("${name}", "${path}", ${rareFiles.has(name) ? 1 : 0}) \\`;
  });
  return `\n/* Name, path below the root, whether kernels may lack it. */\n#define VIEW_TABLE(X) \\\n${rows.join('\n')}\n\n`;
}

function wireHeader(): string {
  const codes = Object.fromEntries(Object.entries(wire.ops).map(([name, row]) => [name, row.code]));
  const most = Math.max(...Object.values(wire.ops).map((row) => Object.keys(row.args).length));
  return [
    '/* Generated from src/wire by `npm run generate`; do not edit. */\n#pragma once\n',
    `#define PROTOCOL_VERSION ${frames.protocolVersion}`,
    `#define MAX_FRAME_BYTES ${frames.maxFrameBytes}`,
    `#define MAX_OP_ARGS ${most}`,
    `#define RECORD_MAGIC ${JSON.stringify(frames.recordMagic)}`,
    `#define NODE_FLAGS ${nodeFlags.map((flag) => JSON.stringify(flag)).join(', ')}\n`,
    `#define HELLO_HEAD_BYTES ${frames.helloHeadBytes}\n`,
    `#define REPLAY_MAGIC ${JSON.stringify(frames.replayMagic)}`,
    `#define PATTERN_MAGIC ${JSON.stringify(frames.patternMagic)}\n`,
    enumeration('GROUND', groundKinds),
    enumeration('KEPT', keptKinds),
    enumeration('PART', reportParts),
    enumeration('FORM', amountForms),
    enumeration('FRAME', frames.frameTypes),
    enumeration('HELLO_ROLE', frames.helloRoles),
    enumeration('RESULT', frames.resultKinds),
    enumeration('LIST', frames.lists),
    enumeration('OP_FLAG', frames.opFlags),
    enumeration('RUN', frames.runFlags),
    enumeration('TRACE', frames.traceMoments),
    `#define TRACE_MOMENTS ${Object.keys(frames.traceMoments).length}\n`,
    enumeration('AFTER', frames.afterRun),
    enumeration('EXIT_RULE', frames.exitRules),
    enumeration('SPAWN', frames.spawnStdio),
    enumeration('RECORD', frames.recordTags),
    enumeration('WHERE', wire.where),
    enumeration('SYNC', wire.syncMode),
    enumeration('POINT', wire.syncPoints),
    enumeration('STREAMS', wire.stdio),
    enumeration('TERMINAL', wire.pty),
    enumeration('PATCH', wire.patchKinds),
    enumeration('FILTER', wire.filterFlags),
    enumeration('OP', codes),
    enumeration('LXCFS_FD', lxcfs.lxcfsFds),
    enumeration('LXCFS_STATE', lxcfs.lxcfsState),
    enumeration('LXCFS_SERVER', lxcfs.lxcfsServer),
    enumeration('LXCFS_SIZE', lxcfs.lxcfsSizes),
    '/* Index of each argument of an op. */',
    opArguments(),
    opTable(),
    viewTable(),
  ].join('\n');
}

/** It is root's, so a program of its own. */
function programOf(name: string): string {
  return name === 'lxc-user-nic' ? `bin/${name}` : 'bin/lxc-ts';
}

/** npm links each of these to the helper, which looks at the name that it was called by, and the pages for man. */
function packageJson(pages: readonly string[]): string {
  const names = [...installedNames, 'lxc-user-nic'].toSorted();
  const bin = Object.fromEntries(names.map((name) => [name, programOf(name)]));
  const text = readFileSync(fileOf('package.json'), 'utf8');
  return text
    .replace(/^ {2}"bin": \{[^}]*\}/m, `  "bin": ${indented(bin)}`)
    .replace(/^ {2}"man": \[[^\]]*\]/m, `  "man": ${indented(pages)}`);
}

function indented(value: object): string {
  return JSON.stringify(value, null, 2).replaceAll('\n', '\n  ');
}

function fileOf(path: string): URL {
  return new URL(`../${path}`, import.meta.url);
}

/** Pages and completion of commands that are no longer there. */
function leftOver(outputs: Readonly<Record<string, string>>): readonly string[] {
  return ['man', 'completions'].flatMap((directory) => {
    mkdirSync(fileOf(directory), { recursive: true });
    const paths = readdirSync(fileOf(directory)).map((name) => `${directory}/${name}`);
    return paths.filter((path) => outputs[path] === undefined);
  });
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(fileOf(path), 'utf8');
  } catch {
    return undefined;
  }
}

const pages = manualPages();
const outputs: Readonly<Record<string, string>> = {
  'native/wire.h': wireHeader(),
  'docs/keys.md': keysPage(),
  'package.json': packageJson(Object.keys(pages)),
  ...pages,
  ...completionFiles(),
};

if (process.argv.includes('--check')) {
  const stale = Object.entries(outputs).filter(([path, text]) => textOf(path) !== text);
  for (const path of [...stale.map(([name]) => name), ...leftOver(outputs)]) {
    console.error(`${path} differs from its table; run: npm run generate`);
    process.exitCode = 1;
  }
} else {
  for (const path of leftOver(outputs)) rmSync(fileOf(path));
  for (const [path, text] of Object.entries(outputs)) writeFileSync(fileOf(path), text);
}
