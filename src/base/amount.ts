/**
 * A number of the kernel as something to be read again: the files it stands in, and how. So that whoever prints it can
 * be told where to look for it the next time (native/report.c), it is described before it is read.
 */

export interface Source {
  readonly file: string;
  /**
   * What stands before the number, with the line end of the line before: `\nusage_usec `. Of several such numbers in the
   * file the sum counts. A file that is nothing but a number has `\n`.
   */
  readonly label: string;
}

/** The sum of the numbers in all sources, times `scale`. */
export interface Amount {
  readonly sources: readonly Source[];
  readonly scale: number;
  /** A file without such a number means 0: a cgroup that did no I/O has an empty one. */
  readonly mayLack: boolean;
}

/** The text of a file; `undefined` where it cannot be read. */
export type ReadFile = (file: string) => string | undefined;

/** A file that is one number. */
export function numberIn(file: string): Amount {
  return { sources: [{ file, label: '\n' }], scale: 1, mayLack: false };
}

/** The lines of `file` that begin with one of the names. */
export function linesIn(file: string, names: readonly string[], scale = 1): Amount {
  return { sources: names.map((name) => ({ file, label: `\n${name} ` })), scale, mayLack: false };
}

/** Both as one. */
export function sumOf(one: Amount, other: Amount): Amount {
  return { ...one, sources: [...one.sources, ...other.sources] };
}

/** `undefined` where a file cannot be read or has no such number. */
export function measure({ sources, scale, mayLack }: Amount, read: ReadFile): number | undefined {
  let sum = 0;
  let found = mayLack;
  for (const { file, label } of sources) {
    const text = read(file);
    if (text === undefined) return undefined;
    const numbers = numbersBehind(label, `\n${text}`);
    found ||= numbers.length > 0;
    for (const number of numbers) sum += number;
  }
  return found ? sum * scale : undefined;
}

function numbersBehind(label: string, text: string): readonly number[] {
  const [, ...behind] = text.split(label);
  return behind.flatMap((rest) => {
    const digits = /^\d+/.exec(rest)?.[0];
    return digits === undefined ? [] : [Number(digits)];
  });
}
