/** One start and what befalls it, drawn by lot: the same seed and index give the same scenario. */

import { Random } from './random.ts';

export const rootfsKinds = ['dir', 'overlay', 'loop'] as const;
export const networks = ['none', 'empty', 'veth', 'macvlan', 'phys'] as const;
export const inits = ['stays', 'stays', 'stays', 'stays', 'ends', 'missing', 'reboots'] as const;
export const hookKinds = [
  'pre-start',
  'pre-mount',
  'mount',
  'autodev',
  'start-host',
  'start',
  'stop',
  'post-stop',
] as const;
export const hookManners = ['good', 'good', 'fails', 'slow', 'hangs'] as const;
const ways = ['warm', 'warm', 'cold', 'fresh', 'replayed', 'replayed'] as const;
const ends = ['stop', 'restart', 'info', 'destroy', 'halt'] as const;
const victims = ['command', 'command', 'daemon', 'runner', 'runner', 'child'] as const;
const signals = ['SIGKILL', 'SIGKILL', 'SIGTERM', 'SIGINT', 'SIGHUP'] as const;
const errnos = ['1', '5', '12', '13', '24', '28'] as const;

export interface Hook {
  readonly kind: (typeof hookKinds)[number];
  readonly manner: (typeof hookManners)[number];
}

export interface Shape {
  readonly rootfs: (typeof rootfsKinds)[number];
  readonly net: readonly (typeof networks)[number][];
  readonly init: (typeof inits)[number];
  readonly hooks: readonly Hook[];
  /** Names of what else is in the configuration, see `extras` of configuration.ts. */
  readonly extras: readonly string[];
  readonly foreground: boolean;
}

export type Fault =
  | { readonly kind: 'none' }
  /** `place` is taken modulo the number of ops in the list. */
  | {
      readonly kind: 'op';
      readonly list: 'parent' | 'child' | 'undo' | 'call';
      readonly place: number;
      readonly how: string;
    }
  | {
      readonly kind: 'signal';
      readonly to: (typeof victims)[number];
      readonly signal: (typeof signals)[number];
      readonly after: number;
    }
  | { readonly kind: 'stop' | 'second start' | 'no rootfs' | 'new config'; readonly after: number }
  | { readonly kind: 'descriptors' | 'processes'; readonly most: number }
  | { readonly kind: 'closed streams' | 'full run directory' | 'view server' | 'stopped daemon' };

export interface Scenario {
  readonly index: number;
  readonly shape: Shape;
  readonly way: (typeof ways)[number];
  readonly fault: Fault;
  readonly end: (typeof ends)[number];
}

/** What the pool has to offer besides. */
export interface Pool {
  readonly extras: readonly string[];
  readonly rootfs: readonly (typeof rootfsKinds)[number][];
}

/** Scenarios come in hundreds; in every other hundred the daemon is left alone, so that its descriptors can be counted. */
export const batch = 100;

export function scenarioOf(seed: number, index: number, pool: Pool): Scenario {
  const random = new Random(seed, index);
  const calm = Math.floor(index / batch) % 2 === 1;
  const fault = faultOf(random);
  const way = random.pick(ways);
  // Node.js does not start where threads are refused, which a client only notices after a long time.
  const isWarm = (calm && way === 'fresh') || (fault.kind === 'processes' && way !== 'replayed');
  return {
    index,
    shape: shapeOf(random, pool),
    way: isWarm ? 'warm' : way,
    fault: calm && isAgainstDaemon(fault) ? { kind: 'none' } : fault,
    end: random.pick(ends),
  };
}

export function isAgainstDaemon(fault: Fault): boolean {
  return fault.kind === 'stopped daemon' || (fault.kind === 'signal' && fault.to === 'daemon');
}

function shapeOf(random: Random, pool: Pool): Shape {
  const rich = random.one(3);
  const some = <T>(from: readonly T[], one: number): T[] => from.filter(() => random.one(one));
  const net = networksOf(random);
  // A virtual interface does not survive a killed monitor that has mounts of its own: docs/decisions/lent-interfaces.md.
  const extras = pool.extras.filter((name) => name !== 'unshared' || !net.includes('phys'));
  return {
    rootfs: random.one(2) ? 'dir' : random.pick(pool.rootfs),
    net,
    init: random.pick(inits),
    hooks: some(hookKinds, rich ? 3 : 12).map((kind) => ({ kind, manner: random.pick(hookManners) })),
    extras: some(extras, rich ? 2 : 6),
    foreground: random.one(6),
  };
}

/** `none` is the only one where it is. */
function networksOf(random: Random): (typeof networks)[number][] {
  const first = random.pick(networks);
  if (first === 'none' || random.one(2)) return [first];
  const second = random.pick(['empty', 'veth', 'macvlan', 'phys'] as const);
  return second === first && first === 'phys' ? [first] : [first, second];
}

const faults: readonly ((random: Random) => Fault)[] = [
  () => ({ kind: 'none' }),
  opFault,
  opFault,
  opFault,
  opFault,
  signalFault,
  signalFault,
  signalFault,
  signalFault,
  signalFault,
  (random) => ({ kind: 'stop', after: moment(random) }),
  (random) => ({ kind: 'second start', after: moment(random) }),
  (random) => ({ kind: 'no rootfs', after: moment(random) }),
  (random) => ({ kind: 'new config', after: moment(random) }),
  (random) => ({ kind: 'descriptors', most: 3 + random.below(24) }),
  (random) => ({ kind: 'processes', most: 1 + random.below(4) }),
  (random) =>
    ({
      kind: random.pick(['closed streams', 'full run directory', 'view server', 'stopped daemon'] as const),
    }) as const,
];

function faultOf(random: Random): Fault {
  return random.pick(faults)(random);
}

function opFault(random: Random): Fault {
  return {
    kind: 'op',
    list: random.pick(['parent', 'parent', 'child', 'child', 'undo', 'call'] as const),
    place: random.below(1000),
    how: random.pick(['kill', 'kill', 'wait', random.pick(errnos)]),
  };
}

function signalFault(random: Random): Fault {
  const to = random.pick(victims);
  return { kind: 'signal', to, signal: random.pick(signals), after: moment(random) };
}

/** Milliseconds; a start takes most of them where four compete for two processors. */
function moment(random: Random): number {
  return random.below(random.pick([6, 15, 30, 60]));
}
