/**
 * The proc view beside LXCFS and the kernel's own /proc: open, read to the end and close, in alternating phases, from
 * inside a container that has every view below a directory of its own.
 */

import type { LeftOut } from '../figures.ts';
import { type Figure, measureFile, type Placement, place, warmUp } from '../lxcfs/measure.ts';
import { longestStall } from '../lxcfs/stall.ts';
import { filesOf, makeViewWorld, type ViewWorld } from '../lxcfs/world.ts';
import { quietly } from '../quiet.ts';

export const placements: readonly Placement[] = ['spread', 'same'];
export const readerCounts = [1, 8] as const;

export interface ViewSpell {
  readonly placement: Placement;
  readonly readers: number;
  readonly sides: readonly Figure[];
}

export interface ViewFile {
  readonly file: string;
  readonly placement: Placement;
  readonly readers: number;
  readonly sides: readonly Figure[];
}

/** A reader at full speed while servers are killed. */
export interface ViewStall {
  readonly which: 'one' | 'both';
  readonly kills: number;
  readonly errors: number;
  readonly longestMs: number;
}

export interface ViewFigures {
  /** Of `meminfo`. */
  readonly spells: readonly ViewSpell[];
  readonly files: readonly ViewFile[];
  readonly stalls: readonly ViewStall[];
}

const file = 'proc/meminfo';
/** Of the rounds asked for: the phases of a round are long. */
const share = 9 / 40;
const shareOfFiles = 5 / 40;

export async function measureView(
  bin: string,
  peer: string,
  asked: number,
): Promise<{ readonly view: ViewFigures; readonly leftOut: readonly LeftOut[] }> {
  await using world = await makeViewWorld(bin, peer);
  warmUp(world, file);
  const spells = await spellsOf(world, Math.ceil(asked * share));
  const files = await filesFrom(world, Math.ceil(asked * shareOfFiles));
  const stalls = [await stall(world, 'one'), await stall(world, 'both')];
  const why = world.withoutNative;
  return {
    view: { spells, files, stalls },
    leftOut: why === undefined ? [] : [{ what: 'proc-view over fuse-native', why }],
  };
}

function spellsOf(world: ViewWorld, rounds: number): Promise<readonly ViewSpell[]> {
  return inEachPlace(world, readerCounts, async (placement, readers) => {
    const spell = { placement, readers, rounds, milliseconds: readers === 1 ? 150 : 250 };
    return { placement, readers, sides: await quietly('proc-view', () => measureFile(world, file, spell)) };
  });
}

function filesFrom(world: ViewWorld, rounds: number): Promise<readonly ViewFile[]> {
  const all = filesOf(world).flatMap((path) => readerCounts.map((readers) => ({ path, readers })));
  return inEachPlace(world, all, async (placement, { path, readers }) => {
    const spell = { placement, readers, rounds, milliseconds: 40 };
    const sides = await quietly(path, () => measureFile(world, path, spell));
    return { file: path, placement, readers, sides };
  });
}

/** One after the other. */
async function inEachPlace<Item, Value>(
  world: ViewWorld,
  items: readonly Item[],
  measured: (placement: Placement, item: Item) => Promise<Value>,
): Promise<readonly Value[]> {
  const all: Value[] = [];
  for (const placement of placements) {
    place(world, placement);
    for (const item of items) all.push(await measured(placement, item));
  }
  place(world, 'spread');
  return all;
}

async function stall(world: ViewWorld, which: 'one' | 'both'): Promise<ViewStall> {
  const { longest, errors, kills } = await quietly(`${which} killed`, () => longestStall(world, which));
  return { which, kills, errors, longestMs: longest };
}
