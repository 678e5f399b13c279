/**
 * What was shown last, and of what it was made. A file is a function of the texts that its rule reads: they are read
 * at each open, but where all of them are what they were, nothing is taken apart and put together again.
 */

import type { Subject } from './contract.ts';
import type { Source } from './inquiry.ts';

interface Made {
  readonly reads: readonly Read[];
  /** What the rule was given to go on from, as `Kept` has it. */
  readonly kept: string | undefined;
  readonly bytes: Buffer;
}

interface Read {
  readonly path: string;
  readonly text: string | undefined;
}

/** State that goes from one read to the next: a rule whose texts and state are what they were leaves it as it is. */
export interface Kept {
  matches(text: string): boolean;
  /** As it is after the rule. */
  now(): string | undefined;
}

/** Busy containers only; each has some kilobytes for each file. */
const most = 64;

export class Recall {
  /** By subject, then by path: a key of both would have to be put together and hashed each time. */
  readonly #made = new Map<Subject, Map<string, Made>>();

  /** What `render` makes of the texts that it reads from its source. */
  bytes(
    path: string,
    subject: Subject,
    source: Source,
    kept: Kept | undefined,
    render: (source: Source) => Buffer,
  ): Buffer {
    const same = this.#made.get(subject)?.get(path);
    const again: (string | undefined)[] = [];
    if (same !== undefined && isSame(same, source, again) && isAsLeft(same, kept)) return same.bytes;
    const reads: Read[] = [];
    const bytes = render(recording(source, reads, same?.reads ?? [], again));
    this.#remember(subject, path, { reads, kept: kept?.now(), bytes });
    return bytes;
  }

  #remember(subject: Subject, path: string, made: Made): void {
    const files = this.#made.get(subject) ?? new Map<string, Made>();
    files.set(path, made);
    if (this.#made.size >= most && !this.#made.has(subject))
      for (const oldest of this.#made.keys()) if (this.#made.delete(oldest)) break;
    this.#made.set(subject, files);
  }
}

/** Up to the first text that is another; `again` has those that were read. */
function isSame({ reads }: Made, source: Source, again: (string | undefined)[]): boolean {
  for (const { path, text } of reads) {
    const now = source.text(path);
    again.push(now);
    if (now !== text) return false;
  }
  return true;
}

function isAsLeft(made: Made, kept: Kept | undefined): boolean {
  return kept === undefined || (made.kept !== undefined && kept.matches(made.kept));
}

/** Notes what is read. A text that was read a moment ago for the comparison is not read again. */
function recording(
  source: Source,
  reads: Read[],
  before: readonly Read[],
  again: readonly (string | undefined)[],
): Source {
  return {
    text: (path) => {
      const index = reads.length;
      const text = index < again.length && before[index]?.path === path ? again[index] : source.text(path);
      reads.push({ path, text });
      return text;
    },
  };
}
