/**
 * The behaviour of GNU getopt_long, which scripts written for LXC rely on: operands may stand between options,
 * `--` ends them, long names may be abbreviated, an optional argument is glued to its option. Its complaints
 * have the wording of glibc. Knows nothing of commands; `command.ts` gives it a meaning.
 */

export type Arity = 'none' | 'required' | 'optional';

export interface GetoptRow {
  readonly short?: string | undefined;
  readonly long?: string | undefined;
  readonly arity: Arity;
}

export interface Match<R extends GetoptRow> {
  readonly row: R;
  readonly value: string | undefined;
}

export type Scan<R extends GetoptRow> =
  | { readonly matches: readonly Match<R>[]; readonly operands: readonly string[] }
  | { readonly complaint: string };

/** With `posix` (POSIXLY_CORRECT is set) the first operand ends the options. */
export function getopt<R extends GetoptRow>(
  args: readonly string[],
  rows: readonly R[],
  posix = false,
): Scan<R> {
  const scanner = new Scanner(args, rows);
  const operands: string[] = [];
  for (let arg = scanner.next(); arg !== undefined; arg = scanner.next()) {
    if (arg === '--') return { matches: scanner.matches, operands: [...operands, ...scanner.rest()] };
    if (!arg.startsWith('-') || arg === '-') {
      operands.push(arg);
      if (posix) return { matches: scanner.matches, operands: [...operands, ...scanner.rest()] };
      continue;
    }
    const complaint = arg.startsWith('--') ? scanner.long(arg.slice(2)) : scanner.cluster(arg.slice(1));
    if (complaint !== undefined) return { complaint };
  }
  return { matches: scanner.matches, operands };
}

/** `args` with `--` before the first option that `rows` do not have. */
export function beforeForeign(args: readonly string[], rows: readonly GetoptRow[]): readonly string[] {
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? '';
    if (arg === '--') return args;
    if (!arg.startsWith('-') || arg === '-') continue;
    const isLong = arg.startsWith('--');
    const name = isLong ? (arg.slice(2).split('=')[0] ?? '') : arg.slice(1, 2);
    const row = rows.find(({ long, short }) => (isLong ? long : short) === name);
    if (row === undefined) return [...args.slice(0, at), '--', ...args.slice(at)];
    if (row.arity === 'required' && (isLong ? !arg.includes('=') : arg.length === 2)) at += 1;
  }
  return args;
}

class Scanner<R extends GetoptRow> {
  readonly matches: Match<R>[] = [];
  readonly #args: readonly string[];
  readonly #rows: readonly R[];
  #at = 0;

  constructor(args: readonly string[], rows: readonly R[]) {
    this.#args = args;
    this.#rows = rows;
  }

  next(): string | undefined {
    return this.#args[this.#at++];
  }

  rest(): readonly string[] {
    return this.#args.slice(this.#at);
  }

  /** `name` or `name=value`; the complaint if it is wrong. */
  long(text: string): string | undefined {
    const equals = text.indexOf('=');
    const name = equals < 0 ? text : text.slice(0, equals);
    const glued = equals < 0 ? undefined : text.slice(equals + 1);
    const found = this.#findLong(name, text);
    if (typeof found === 'string') return found;
    const full = `--${found.long ?? name}`;
    if (found.arity === 'none' && glued !== undefined) return `option '${full}' doesn't allow an argument`;
    if (found.arity !== 'required' || glued !== undefined) return this.#match(found, glued);
    const value = this.next();
    return value === undefined ? `option '${full}' requires an argument` : this.#match(found, value);
  }

  /** Short options behind one dash; the first that takes an argument takes the rest. */
  cluster(text: string): string | undefined {
    for (let at = 0; at < text.length; at++) {
      const letter = text.charAt(at);
      const row = this.#rows.find((candidate) => candidate.short === letter);
      if (row === undefined) return `invalid option -- '${letter}'`;
      if (row.arity === 'none') {
        this.#match(row, undefined);
        continue;
      }
      const glued = text.slice(at + 1);
      const value = glued !== '' || row.arity === 'optional' ? glued : this.next();
      if (value === undefined) return `option requires an argument -- '${letter}'`;
      return this.#match(row, glued === '' && row.arity === 'optional' ? undefined : value);
    }
    return undefined;
  }

  /** The complaints show what was typed with its `=value`, as those of glibc do. */
  #findLong(name: string, typed: string): R | string {
    const exact = this.#rows.find((row) => row.long === name);
    if (exact !== undefined) return exact;
    const [first, ...others] = this.#rows.filter((row) => row.long?.startsWith(name) === true);
    if (first === undefined) return `unrecognized option '--${typed}'`;
    if (others.length === 0) return first;
    const names = [first, ...others].map((row) => `'--${row.long}'`).join(' ');
    return `option '--${typed}' is ambiguous; possibilities: ${names}`;
  }

  #match(row: R, value: string | undefined): undefined {
    this.matches.push({ row, value });
  }
}
