import { expect, test } from 'vitest';
import { countOutcomes, failuresText, readOutcomes } from '../../outcomes.ts';

const results = JSON.stringify({
  testResults: [
    {
      name: 'start.test.ts',
      status: 'failed',
      assertionResults: [
        { title: 'It starts', status: 'passed', failureMessages: [] },
        { title: 'It needs a bridge', status: 'skipped', failureMessages: [] },
        {
          title: 'It stops',
          status: 'failed',
          failureMessages: [
            ['\u001b[31mAssertionError: expected 1 to be 0\u001b[39m', ...Array(40).fill('    at x')].join(
              '\n',
            ),
          ],
        },
      ],
    },
    { name: 'broken.test.ts', status: 'failed', message: 'Cannot find module', assertionResults: [] },
  ],
});

test('A test that failed, and a file that could not be loaded, are told with the beginning of their reasons', () => {
  const text = failuresText(readOutcomes(results));
  const lines = text.split('\n');
  expect(lines.slice(0, 2)).toEqual(['It stops', '    AssertionError: expected 1 to be 0']);
  expect(lines).toHaveLength(16);
  expect(text.endsWith('\nbroken.test.ts\n    Cannot find module\n')).toBe(true);
});

test('Nothing is told of what passed or was skipped', () => {
  const outcomes = readOutcomes(results).filter(({ status }) => status !== 'failed');
  expect(failuresText(outcomes)).toBe('');
  expect(countOutcomes(outcomes)).toEqual({ passed: 1, failed: 0, skipped: 1 });
});
