/** Reads what vitest's JSON reporter wrote. */

export interface Outcome {
  readonly title: string;
  readonly status: string;
}

export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export function readOutcomes(json: string): Outcome[] {
  const outcomes: Outcome[] = [];
  for (const suite of list(JSON.parse(json), 'testResults')) {
    const tests = list(suite, 'assertionResults');
    for (const one of tests) {
      outcomes.push({ title: String(Reflect.get(one, 'title')), status: String(Reflect.get(one, 'status')) });
    }
    // A file that could not be loaded, or set up, has no test that failed.
    if (
      Reflect.get(suite, 'status') === 'failed' &&
      !tests.some((one) => Reflect.get(one, 'status') === 'failed')
    ) {
      outcomes.push({ title: String(Reflect.get(suite, 'name')), status: 'failed' });
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

function list(value: unknown, name: string): object[] {
  const found: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
  return Array.isArray(found)
    ? found.filter((one): one is object => typeof one === 'object' && one !== null)
    : [];
}
