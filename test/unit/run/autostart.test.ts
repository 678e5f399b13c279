import { expect, test } from 'vitest';
import { type Candidate, selected, steps } from '../../../src/run/autostart.ts';

const candidate = (name: string, more: Partial<Candidate> = {}): Candidate => ({
  name,
  auto: true,
  order: 0,
  delay: 0,
  groups: [],
  running: false,
  ...more,
});

const all = [
  candidate('a', { order: 2 }),
  candidate('b', { order: 10, groups: ['g1'] }),
  candidate('c', { order: 1, groups: ['g1', 'g2'], running: true }),
  candidate('d', { auto: false, groups: ['g2'] }),
  candidate('e'),
];

const usual = { act: 'start', groups: [''], all: false, ignoreAuto: false } as const;
const names = (selection: Partial<Parameters<typeof selected>[1]>) =>
  selected(all, { ...usual, ...selection }).map(({ name }) => name);

test('Without groups the containers of no group start, by lxc.start.order', () => {
  expect(names({})).toEqual(['e', 'a']);
});

test('Groups come in the order given, a container of two of them once', () => {
  const nobody = all.map((one) => ({ ...one, running: false }));
  const groups = ['g2', '', 'g1'];
  const chosen = selected(nobody, { ...usual, groups, ignoreAuto: true });
  expect(chosen.map(({ name }) => name)).toEqual(['d', 'c', 'e', 'a', 'b']);
});

test('Those that run are started by nobody and stopped last of their order first', () => {
  expect(names({ all: true })).toEqual(['e', 'a', 'b']);
  expect(names({ all: true, act: 'reboot' })).toEqual(['c']);
  const running = all.map((one) => ({ ...one, running: true }));
  const chosen = selected(running, { ...usual, all: true, act: 'shutdown' });
  expect(chosen.map(({ name }) => name)).toEqual(['b', 'a', 'c', 'e']);
});

test('A step ends with the order and after a delay', () => {
  const chosen = [
    candidate('a'),
    candidate('b', { delay: 2 }),
    candidate('c'),
    candidate('d', { order: 1 }),
    candidate('e', { order: 1 }),
  ];
  const shape = steps(chosen).map((step) => step.map(({ name }) => name));
  expect(shape).toEqual([['a', 'b'], ['c'], ['d', 'e']]);
});
