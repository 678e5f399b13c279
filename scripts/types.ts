/**
 * The types of the library: `dist/index.d.ts`, one file made of all that src/index.ts leads to, and the model that
 * the reference in docs/api.md is written from. Needs no build; the compiler of the project only declares.
 */

import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Extractor, ExtractorConfig, ExtractorLogLevel } from '@microsoft/api-extractor';

const root = resolve(import.meta.dirname, '..');

/** Where the model of the library is. */
export const apiModel = join(root, 'build/library.api.json');

/** Throws with what the compiler or the extractor say. */
export function buildTypes(): void {
  declare();
  const failures: string[] = [];
  const { succeeded } = Extractor.invoke(extractorConfig(), {
    localBuild: true,
    messageCallback(message) {
      message.handled = true;
      const isSerious =
        message.logLevel === ExtractorLogLevel.Error || message.logLevel === ExtractorLogLevel.Warning;
      if (isSerious)
        failures.push(`${message.sourceFilePath ?? ''}:${message.sourceFileLine ?? 0}: ${message.text}`);
    },
  });
  if (!succeeded || failures.length > 0)
    throw new Error(`The types of the library are not whole:\n${failures.join('\n')}`);
}

/** One declaration beside the other, in build/types. */
function declare(): void {
  rmSync(join(root, 'build/types'), { recursive: true, force: true });
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  const done = spawnSync(process.execPath, [compiler, '-p', 'tsconfig.types.json'], {
    cwd: root,
    encoding: 'utf8',
  });
  if (done.status !== 0) throw new Error(`The library could not be declared:\n${done.stdout}${done.stderr}`);
}

function extractorConfig(): ExtractorConfig {
  mkdirSync(join(root, 'dist'), { recursive: true });
  const silent = { logLevel: ExtractorLogLevel.None };
  return ExtractorConfig.prepare({
    configObjectFullPath: join(root, 'api-extractor.json'),
    packageJsonFullPath: join(root, 'package.json'),
    configObject: {
      projectFolder: root,
      mainEntryPointFilePath: join(root, 'build/types/index.d.ts'),
      compiler: { tsconfigFilePath: join(root, 'tsconfig.types.json') },
      apiReport: { enabled: false },
      docModel: { enabled: true, apiJsonFilePath: apiModel },
      dtsRollup: { enabled: true, untrimmedFilePath: join(root, 'dist/index.d.ts') },
      tsdocMetadata: { enabled: false },
      messages: {
        compilerMessageReporting: { default: { logLevel: ExtractorLogLevel.Error } },
        extractorMessageReporting: {
          default: { logLevel: ExtractorLogLevel.Warning },
          // Types of the key table stand in the file without being exported.
          'ae-forgotten-export': silent,
          'ae-missing-release-tag': silent,
          'ae-internal-missing-underscore': silent,
        },
        tsdocMessageReporting: { default: { logLevel: ExtractorLogLevel.Warning } },
      },
    },
  });
}

if (import.meta.main) buildTypes();
