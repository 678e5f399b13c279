/** A row: two commands, or two short sequences of them, that are timed against each other. */

import type { Mode } from '../figures.ts';
import type { Side, World } from '../world.ts';

export interface Step {
  readonly argv: readonly string[];
  /** Part of the figure; other steps only bring things into place. */
  readonly timed: boolean;
}

export interface Row {
  readonly name: string;
  readonly title: string;
  readonly peer: string;
  /** Largest ratio ours / theirs that meets the design. */
  readonly target?: { readonly hot?: number; readonly idle?: number };
  /** Those that say something; both unless told. */
  readonly modes?: readonly Mode[];
  /** Of the rounds that were asked for: slow commands get fewer. */
  readonly share?: number;
  /** Variables of both sides. */
  readonly environment?: readonly string[];
  /** Runs the stopwatch where the peer can work. */
  readonly within?: (world: World) => readonly string[];
  /** Why the row cannot be measured here. */
  readonly missing?: () => string | undefined;
  /** Brings containers up that the steps need; what it returns brings them down. */
  readonly prepare?: (world: World) => Disposable;
  steps(side: Side, world: World): readonly Step[];
}

export const timed = (...argv: string[]): Step => ({ argv, timed: true });
export const untimed = (...argv: string[]): Step => ({ argv, timed: false });
