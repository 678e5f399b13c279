import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { outside } from '../../../../src/plan/lsm/outside.ts';
import { matches } from './patterns.ts';

const places = ['kernel/shm*', 'kernel/sem', 'kernel/msg*', 'net', 'netfilter/own'];
const patterns = outside('/', places);
const isOutside = (path: string) => patterns.some((pattern) => matches(pattern, path));

describe('all but a few places', () => {
  test.each([
    '/kernel/shmmax',
    '/kernel/shm',
    '/kernel/sem',
    '/kernel/msgmnb',
    '/net',
    '/net/ipv4/x',
    '/netfilter/own/y',
  ])('%s is one of them', (path) => expect(isOutside(path)).toBe(false));

  test.each(['/kernel', '/', '/netfilter'])('%s is on the way to one', (path) => {
    expect(isOutside(path)).toBe(false);
  });

  test.each([
    '/vm',
    '/k',
    '/kernels/sem',
    '/kernel/se',
    '/kernel/sem2',
    '/kernel/core_pattern',
    '/kernel/m',
    '/nets',
    '/netfilter/other/own',
    '/vm/',
  ])('%s is not', (path) => expect(isOutside(path)).toBe(true));

  test('nothing is both, and nothing is neither', () => {
    const name = fc.string({ unit: fc.constantFrom(...'kernlshmgtfiow2'), minLength: 1, maxLength: 9 });
    const known = fc.constantFrom('kernel', 'net', 'netfilter', 'own', 'sem', 'shm', 'msg');
    const component = fc.oneof(
      known,
      name,
      fc.tuple(known, name).map((two) => two.join('')),
    );
    fc.assert(
      fc.property(fc.array(component, { minLength: 1, maxLength: 4 }), (parts) => {
        const path = parts.join('/');
        const inside = places.some((place) =>
          place.endsWith('*')
            ? path.startsWith(place.slice(0, -1))
            : path === place || path.startsWith(`${place}/`),
        );
        const onTheWay = places.some((place) => place.startsWith(`${path}/`));
        expect(isOutside(`/${path}`)).toBe(!inside && !onTheWay);
      }),
    );
  });
});
