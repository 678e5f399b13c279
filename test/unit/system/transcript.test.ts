/** What a test's commands answered, as it is written down. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test, vi } from 'vitest';
import { readTranscripts } from '../../system/harness/same.ts';

const directory = mkdtempSync(join(tmpdir(), 'lxc-ts-transcript-'));
const file = join(directory, 'answers.jsonl');
vi.stubEnv('LXC_TS_TRANSCRIPT', file);
const { answered, asked, beginTranscript, endTranscript } = await import(
  '../../system/harness/transcript.ts'
);

afterAll(() => rmSync(directory, { recursive: true }));

function hear(state: string): boolean {
  answered(['lxc-info'], { status: 0, stdout: state, stderr: '' });
  return state === 'RUNNING';
}

test('Of what is asked until it holds the last answers are written down', async () => {
  beginTranscript();
  hear('first');
  expect(await asked(() => hear('STARTING'))).toBe(false);
  expect(await asked(async () => (await asked(() => hear('RUNNING'))) && hear('RUNNING'))).toBe(true);
  hear('last');
  endTranscript('one');
  beginTranscript();
  endTranscript('other');
  const [one, other] = readTranscripts(readFileSync(file, 'utf8'));
  expect(one?.title).toBe('one');
  expect(one?.answers.map(({ stdout }) => stdout)).toEqual(['first', 'RUNNING', 'RUNNING', 'last']);
  expect(other).toEqual({ title: 'other', answers: [] });
});
