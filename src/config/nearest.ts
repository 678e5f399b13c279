/** The known word that a mistyped one most likely stands for. */

/** Allows one slip in short words, up to three in long ones; more than that is a guess and not offered. */
export function nearest(word: string, known: Iterable<string>): string | undefined {
  const typed = word.toLowerCase();
  let best: string | undefined;
  let least = Math.min(3, Math.max(1, Math.floor(word.length / 4))) + 1;
  for (const candidate of known) {
    const slips = distance(typed, candidate.toLowerCase(), least);
    if (slips < least) [best, least] = [candidate, slips];
  }
  return best;
}

/**
 * Insertions, deletions, replacements and swaps of neighbours that turn one word into the other; `most` or more
 * where they are at least so many. Only the cells near the diagonal are filled: the others are above `most` anyway.
 */
function distance(left: string, right: string, most: number): number {
  if (Math.abs(left.length - right.length) >= most) return most;
  const start = commonStart(left, right);
  return edits(left.slice(start), right.slice(start), most);
}

function commonStart(left: string, right: string): number {
  let start = 0;
  while (start < left.length && left[start] === right[start]) start++;
  return start;
}

function edits(left: string, right: string, most: number): number {
  let before: readonly number[] = [];
  let above: readonly number[] = Array.from({ length: right.length + 1 }, (_, column) => column);
  for (let row = 1; row <= left.length; row++) {
    const current = [row];
    let best = row;
    for (let column = Math.max(1, row - most); column <= Math.min(right.length, row + most); column++) {
      const same = left[row - 1] === right[column - 1] ? 0 : 1;
      let slips = Math.min(at(above, column) + 1, at(current, column - 1) + 1, at(above, column - 1) + same);
      const swapped = left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1];
      if (swapped && row > 1) slips = Math.min(slips, at(before, column - 2) + 1);
      current[column] = slips;
      best = Math.min(best, slips);
    }
    if (best >= most) return most;
    [before, above] = [above, current];
  }
  return at(above, right.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY;
}
