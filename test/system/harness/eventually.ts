/** Waiting for something that another process does: by turns, not by the clock, which goes on while both are paused. */

import { asked } from './transcript.ts';

const turnMs = 10;

export async function eventually(
  holds: () => boolean | Promise<boolean>,
  what: string,
  timeoutMs = 5000,
): Promise<void> {
  for (let turn = 0; !(await asked(holds)); turn += 1) {
    if (turn * turnMs > timeoutMs) throw new Error(`It took more than ${timeoutMs} ms until ${what}`);
    await new Promise((wake) => setTimeout(wake, turnMs));
  }
}
