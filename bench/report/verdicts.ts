/** The design's table of targets, each row with what was measured. */

import type { Figures, Loop, PairFigure, ScaleFigures } from '../figures.ts';
import type { Side } from '../lxcfs/world.ts';
import type { ViewSpell } from '../rows/proc-view.ts';

export interface Verdict {
  readonly what: string;
  readonly peer: string;
  readonly target: string;
  readonly measured: string;
  /** `undefined`: not measured. */
  readonly meets: boolean | undefined;
  /** Ours / theirs as times or sizes, and the largest one that meets. */
  readonly ratio?: number;
  readonly limit?: number;
}

/** Rows of pairs in the order of the design. */
const pairRows = ['start', 'attach', 'execute', 'info', 'cgroup-get', 'crun', 'first-start', 'first-edited'];
const lxcfs = 'LXCFS';
const lxc = 'C LXC';
/** How many are started in a loop, at least twice as many a second, and the last ones as fast as the first. */
export const crowdTarget = { containers: 500, faster: 2, slower: 1.5 } as const;
const memoryTargets = { rss: 0.05, pss: 0.1 } as const;
const viewTargets = { median: { spread: 0.5, same: 0.35 }, faster: 2.5, p99: 0.3, stallMs: 150 } as const;

export function verdictsOf(figures: Figures): readonly Verdict[] {
  return [
    ...pairRows.flatMap((name) => figures.pairs.filter(({ row }) => row === name).flatMap(ofPair)),
    ...ofCrowd(figures.scale?.find(({ containers }) => containers === crowdTarget.containers)),
    ...ofMemory(figures),
    ...ofView(figures),
  ];
}

function atMost(what: string, peer: string, ratio: number | undefined, limit: number): Verdict {
  const target = `<= ${limit}x`;
  if (ratio === undefined) return { what, peer, target, measured: '', meets: undefined };
  return { what, peer, target, measured: `${shown(ratio)}x`, meets: ratio <= limit, ratio, limit };
}

/** Three digits below a tenth: 0.123 misses 0.12. */
function shown(ratio: number): string {
  return ratio < 0.2 ? ratio.toFixed(3) : ratio.toFixed(2);
}

function ofPair({ title, mode, peer, ratio, target }: PairFigure): readonly Verdict[] {
  return target === undefined ? [] : [atMost(`${title}, ${mode}`, peer, ratio, target)];
}

// ---- many containers ----

function ofCrowd(scale: ScaleFigures | undefined): readonly Verdict[] {
  const { containers, faster } = crowdTarget;
  const what = `${containers} containers started in a loop`;
  const target = `>= ${faster}x as many a second, flat`;
  if (scale === undefined) return [{ what, peer: lxc, target, measured: '', meets: undefined }];
  const judged = (title: string, ours: Loop, theirs: Loop): Verdict => {
    const rate = ours.perSecond / theirs.perSecond;
    const growth = growthOf(ours);
    return {
      what: `${what}, ${title}`,
      peer: lxc,
      target,
      measured: `${rate.toFixed(2)}x, last fifth ${growth.toFixed(2)} of the first`,
      meets: rate >= faster && growth <= crowdTarget.slower,
      ratio: 1 / rate,
      limit: 1 / faster,
    };
  };
  return [
    judged('never started before', scale.ours.first, scale.theirs.first),
    judged('a second time', scale.ours.again, scale.theirs.again),
  ];
}

/** How much longer a start takes when all others run. */
export function growthOf({ fifths }: Loop): number {
  return (fifths.at(-1) ?? Number.NaN) / (fifths[0] ?? Number.NaN);
}

function ofMemory({ memory }: Figures): readonly Verdict[] {
  const { rss, pss } = memoryTargets;
  const of = (field: 'rss' | 'pss') => memory && memory.ours[field] / memory.theirs[field];
  const what = 'memory of a monitor, 100 containers';
  return [atMost(`${what}: RSS`, lxc, of('rss'), rss), atMost(`${what}: PSS`, lxc, of('pss'), pss)];
}

// ---- the proc view ----

function ofView({ view }: Figures): readonly Verdict[] {
  const spell = (placement: string, readers: number) =>
    view?.spells.find((one) => one.placement === placement && one.readers === readers);
  const what = 'open+read+close of `meminfo`';
  const eight = spell('spread', 8);
  return [
    atMost(`${what}, idle machine`, lxcfs, worst(spell('spread', 1), median), viewTargets.median.spread),
    atMost(`${what}, same CPU`, lxcfs, worst(spell('same', 1), median), viewTargets.median.same),
    ofRate(
      `${what}, 8 readers: throughput`,
      worst(eight, (figure) => 1 / figure.perSecond),
    ),
    atMost(
      `${what}, 8 readers: p99`,
      lxcfs,
      worst(eight, (figure) => figure.p99),
      viewTargets.p99,
    ),
    ...ofStalls(view),
  ];
}

type SideFigure = ViewSpell['sides'][number];
const median = (figure: SideFigure) => figure.median;
const trees: readonly Side[] = ['shared', 'named'];

/** Of LXCFS's; the larger one of our two trees. */
function worst(spell: ViewSpell | undefined, of: (figure: SideFigure) => number): number | undefined {
  const theirs = spell?.sides.find(({ side }) => side === 'peer');
  if (spell === undefined || theirs === undefined) return undefined;
  const ours = spell.sides.filter(({ side }) => trees.includes(side));
  return Math.max(...ours.map((figure) => of(figure) / of(theirs)));
}

function ofRate(what: string, slower: number | undefined): Verdict {
  const target = `>= ${viewTargets.faster}x`;
  if (slower === undefined) return { what, peer: lxcfs, target, measured: '', meets: undefined };
  const [rate, limit] = [1 / slower, 1 / viewTargets.faster];
  const meets = rate >= viewTargets.faster;
  return { what, peer: lxcfs, target, measured: `${rate.toFixed(2)}x`, meets, ratio: slower, limit };
}

function ofStalls(view: Figures['view']): readonly Verdict[] {
  const target = `< ${viewTargets.stallMs} ms, no error`;
  return (['one', 'both'] as const).map((which) => {
    const what = `longest read while ${which === 'one' ? 'one server is' : 'both servers are'} killed`;
    const stall = view?.stalls.find((one) => one.which === which);
    if (stall === undefined) return { what, peer: lxcfs, target, measured: '', meets: undefined };
    const { longestMs, errors, kills } = stall;
    const measured = `${longestMs.toFixed(0)} ms, ${errors} errors, ${kills} kills`;
    return { what, peer: lxcfs, target, measured, meets: errors === 0 && longestMs < viewTargets.stallMs };
  });
}
