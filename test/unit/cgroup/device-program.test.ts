import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { deviceList, deviceProgram } from '../../../src/cgroup/device-program.ts';
import type { ResolvedRule } from '../../../src/cgroup/devices.ts';
import { type DeviceRequest, runDeviceProgram } from './interpreter.ts';

/** `+ c 1:3 rw` allows, `- a` denies all. */
function rule(text: string): ResolvedRule {
  const [verdict, type = 'a', numbers = '*:*', access = 'rwm'] = text.split(' ');
  const [major, minor] = numbers.split(':').map((one) => (one === '*' ? one : Number(one)));
  if (type !== 'a' && type !== 'b' && type !== 'c') throw new Error(text);
  return { allow: verdict === '+', type, major: major ?? '*', minor: minor ?? '*', access };
}

function request(text: string): DeviceRequest {
  const [type, numbers = '', access = ''] = text.split(' ');
  const [major = 0, minor = 0] = numbers.split(':').map(Number);
  if (type !== 'b' && type !== 'c') throw new Error(text);
  return { type, major, minor, access };
}

function answer(rules: readonly string[], asked: string, initially = false): boolean {
  const program = deviceProgram(deviceList(rules.map(rule), initially));
  return runDeviceProgram(program, request(asked));
}

describe('after "deny a"', () => {
  const rules = ['- a', '+ c 1:3 rwm', '+ c 5:* rw', '+ b 8:0 r', '+ c *:* m'];

  test.each([
    ['c 1:3 r', true],
    ['c 1:3 rwm', true],
    ['c 1:5 r', false],
    ['c 5:2 rw', true],
    ['c 5:2 rwm', true],
    ['b 5:2 r', false],
    ['b 8:0 r', true],
    ['b 8:0 rw', false],
    ['c 99:1 m', true],
    ['c 99:1 rm', false],
    ['b 99:1 m', false],
  ])('%s is answered with %s', (asked, allowed) => {
    expect(answer(rules, asked)).toBe(allowed);
  });
});

describe('after "allow a"', () => {
  const rules = ['- c 1:3 rwm', '+ a', '- c 1:5 w', '- b *:* rwm'];

  test.each([
    ['c 1:3 rwm', true],
    ['c 1:5 r', true],
    ['c 1:5 w', false],
    ['c 1:5 rw', false],
    ['b 8:0 m', false],
    ['c 8:0 m', true],
  ])('%s is answered with %s', (asked, allowed) => {
    expect(answer(rules, asked)).toBe(allowed);
  });
});

test('the newest rule wins', () => {
  expect(answer(['+ c 1:3 rwm', '- c 1:3 rwm'], 'c 1:3 r')).toBe(false);
  expect(answer(['- c 1:3 rwm', '+ c 1:3 rwm'], 'c 1:3 r')).toBe(true);
  expect(answer(['+ c *:* rwm', '- c 1:3 w'], 'c 1:3 rw')).toBe(false);
  expect(answer(['+ c *:* rwm', '- c 1:3 w'], 'c 1:3 r')).toBe(true);
});

test('two rules together may allow what neither does alone', () => {
  expect(answer(['- a', '+ c 1:3 r', '+ c 1:3 w'], 'c 1:3 rw')).toBe(true);
});

test('without a rule for all, the start decides about other devices', () => {
  expect(answer(['- c 1:3 rwm'], 'c 1:5 r', true)).toBe(true);
  expect(answer(['+ c 1:3 rwm'], 'c 1:5 r', false)).toBe(false);
});

test('the largest device numbers are told apart', () => {
  expect(answer(['+ c 4294967295:1 r'], 'c 4294967295:1 r')).toBe(true);
  expect(answer(['+ c 4294967295:1 r'], 'c 4294967294:1 r')).toBe(false);
});

/** The same question, answered one kind of access at a time by going through the lines backwards. */
function byHand(rules: readonly ResolvedRule[], asked: DeviceRequest, initially: boolean): boolean {
  return [...asked.access].every((letter) => {
    const last = rules.findLast(
      ({ type, major, minor, access }) =>
        (type === 'a' || type === asked.type) &&
        (major === '*' || major === asked.major) &&
        (minor === '*' || minor === asked.minor) &&
        (type === 'a' || access.includes(letter)),
    );
    return last?.allow ?? initially;
  });
}

test('any list of rules answers as its lines say', () => {
  const number = fc.constantFrom<number | '*'>('*', 1, 2);
  const access = fc.constantFrom('r', 'w', 'm', 'rw', 'rm', 'rwm');
  const anyRule = fc.record({
    allow: fc.boolean(),
    type: fc.constantFrom('a' as const, 'b' as const, 'c' as const),
    major: number,
    minor: number,
    access,
  });
  const normal = anyRule.map((one): ResolvedRule => {
    return one.type === 'a' ? { ...one, major: '*', minor: '*', access: 'rwm' } : one;
  });
  const anyRequest = fc.record({
    type: fc.constantFrom('b' as const, 'c' as const),
    major: fc.constantFrom(1, 2, 3),
    minor: fc.constantFrom(1, 2, 3),
    access,
  });
  const property = fc.property(
    fc.array(normal, { maxLength: 8 }),
    anyRequest,
    fc.boolean(),
    (rules, asked, initially) => {
      const program = deviceProgram(deviceList(rules, initially));
      expect(runDeviceProgram(program, asked)).toBe(byHand(rules, asked, initially));
    },
  );
  return void fc.assert(property, { numRuns: 500 });
});
