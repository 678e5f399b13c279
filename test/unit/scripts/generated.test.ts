/** A command or key that was added without `npm run generate` is noticed before the whole of CI runs. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { completionFiles } from '../../../scripts/completion/files.ts';
import { manualPages } from '../../../scripts/manual/pages.ts';

const project = join(import.meta.dirname, '../../..');

test('Manual and completion are those of the tables; else run npm run generate', () => {
  const outputs = Object.entries({ ...manualPages(), ...completionFiles() });
  const stale = outputs.flatMap(([path, text]) => (read(path) === text ? [] : [path]));
  expect(stale).toEqual([]);
});

function read(path: string): string | undefined {
  try {
    return readFileSync(join(project, path), 'utf8');
  } catch {
    return undefined;
  }
}
