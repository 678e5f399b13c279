/** Reads what vitest's JSON reporter wrote. */

import { stripVTControlCharacters } from 'node:util';

export interface Outcome {
  readonly title: string;
  readonly status: string;
  /** Why it failed, the beginning of it; empty when it did not. */
  readonly reason: string;
}

export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** As much of a failure as names the assertion and both values; the whole is further up in the output. */
const reasonLines = 12;

export function readOutcomes(json: string): Outcome[] {
  const outcomes: Outcome[] = [];
  for (const suite of list(JSON.parse(json), 'testResults')) {
    const tests = list(suite, 'assertionResults');
    for (const one of tests) {
      const messages: unknown = Reflect.get(one, 'failureMessages');
      outcomes.push({
        title: String(Reflect.get(one, 'title')),
        status: String(Reflect.get(one, 'status')),
        reason: Array.isArray(messages) ? beginning(messages.join('\n')) : '',
      });
    }
    // A file that could not be loaded, or set up, has no test that failed.
    if (
      Reflect.get(suite, 'status') === 'failed' &&
      !tests.some((one) => Reflect.get(one, 'status') === 'failed')
    ) {
      outcomes.push({
        title: String(Reflect.get(suite, 'name')),
        status: 'failed',
        reason: beginning(String(Reflect.get(suite, 'message') ?? '')),
      });
    }
  }
  return outcomes;
}

export function countOutcomes(outcomes: readonly Outcome[]): Counts {
  const passed = outcomes.filter((one) => one.status === 'passed').length;
  const skipped = outcomes.filter(isSkipped).length;
  return { passed, skipped, failed: outcomes.length - passed - skipped };
}

export function isSkipped(outcome: Outcome): boolean {
  return ['skipped', 'pending', 'todo', 'disabled'].includes(outcome.status);
}

/** Every test that failed, each with the beginning of its reason below it; empty when none did. */
export function failuresText(outcomes: readonly Outcome[]): string {
  return outcomes
    .filter((one) => one.status !== 'passed' && !isSkipped(one))
    .map(({ title, reason }) => `${title}\n${reason.replace(/^(?=.)/gm, '    ')}\n`)
    .join('');
}

function beginning(message: string): string {
  return stripVTControlCharacters(message).split('\n').slice(0, reasonLines).join('\n').trimEnd();
}

function list(value: unknown, name: string): object[] {
  const found: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
  return Array.isArray(found)
    ? found.filter((one): one is object => typeof one === 'object' && one !== null)
    : [];
}
