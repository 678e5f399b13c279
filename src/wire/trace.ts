/** TRACE: when the helper did what, for `--trace`. Times are microseconds of CLOCK_MONOTONIC. */

import { LxcError } from '../base/error.ts';
import { traceMoments } from './frames.ts';

export interface Span {
  readonly from: number;
  readonly to: number;
}

export interface HelperTimes {
  /** Processor time that the client had used before its first own act. */
  readonly execCost: number;
  /** The client's first own act. */
  readonly began: number;
  /** HELLO was about to be said. */
  readonly said: number;
  /** RUN was there. */
  readonly run: number;
  /** The program was through. */
  readonly done: number;
  /** By the op's index; 0 for what did not begin, or did not return (exec). */
  readonly parent: readonly Span[];
  readonly child: readonly Span[];
}

/** `u32 n, m`, the moments, then begin and end of n parent and m child ops: u64 of nanoseconds. */
export function readTrace(payload: Buffer): HelperTimes {
  const [parents, children] = [payload.readUInt32LE(0), payload.readUInt32LE(4)];
  const moments = Object.keys(traceMoments).length;
  if (payload.length !== 8 * (1 + moments + 2 * (parents + children)))
    throw new LxcError(
      `Failed to read the times of a program: ${payload.length} bytes are not what they say`,
    );
  const at = (index: number) => Number(payload.readBigUInt64LE(8 * (1 + index))) / 1000;
  const spans = (first: number, count: number) =>
    Array.from({ length: count }, (_, index) => {
      const place = moments + 2 * (first + index);
      return { from: at(place), to: at(place + 1) };
    });
  return {
    execCost: at(traceMoments.execCost),
    began: at(traceMoments.began),
    said: at(traceMoments.said),
    run: at(traceMoments.run),
    done: at(traceMoments.done),
    parent: spans(0, parents),
    child: spans(parents, children),
  };
}
