/**
 * Texts that are a table of `name value` lines: memory.stat, cpu.stat, /proc/meminfo, /proc/vmstat. The kernel prints
 * the same names in the same order each time, so the names are learnt once. /proc/meminfo even keeps its columns:
 * there a value is taken from its place, without a look at the rest.
 */

interface Shape {
  readonly names: readonly string[];
  readonly index: ReadonlyMap<string, number>;
  /** Where each line starts, in a text of this length. */
  readonly starts: readonly number[];
  readonly length: number;
}

export interface Table {
  readonly names: readonly string[];
  /** Of a name; `undefined` when it is not in the table. */
  get(name: string): number | undefined;
  /** The same, 0 when it is not in the table. */
  of(name: string): number;
}

const zero = 48;
const nine = 57;
const newline = 10;
const space = 32;
const colon = 58;

let shapes: readonly Shape[] = [];
const mostShapes = 16;

export function parseTable(text: string): Table {
  const likely = shapes.find(
    ({ names, length }) => length === text.length && isNameAt(text, names[0] ?? '', 0),
  );
  return likely === undefined ? scanned(text, shapeFor(text)) : inPlace(text, likely);
}

function shapeFor(text: string): Shape {
  return shapes.find((one) => hasShape(text, one)) ?? learn(text);
}

/** The first line tells the kinds of tables apart; the last one and their number, kernels and options. */
function hasShape(text: string, { names }: Shape): boolean {
  const [first = ''] = names;
  const last = names.at(-1) ?? '';
  if (!isNameAt(text, first, 0)) return false;
  return (
    isNameAt(text, last, text.lastIndexOf('\n', text.length - 2) + 1) && lineCount(text) === names.length
  );
}

function isNameAt(text: string, name: string, at: number): boolean {
  const next = text.charCodeAt(at + name.length);
  return (next === space || next === colon) && text.startsWith(name, at);
}

function lineCount(text: string): number {
  let lines = 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lines++;
  return lines;
}

function learn(text: string): Shape {
  const shape = shapeOf(text);
  shapes = [shape, ...shapes].slice(0, mostShapes);
  return shape;
}

function shapeOf(text: string): Shape {
  const lines = [...text.matchAll(/^([^\s:]+):? .*$/gm)];
  const names = lines.map((match) => match[1] ?? '');
  // The first of equal names counts.
  const index = new Map(names.map((name, at): [string, number] => [name, at]).reverse());
  return { names, index, starts: lines.map((match) => match.index), length: text.length };
}

/** A text as long as the one that was learnt: each line is where it was, or the text is scanned after all. */
function inPlace(text: string, shape: Shape): Table {
  let other: Table | undefined;
  const scannedAfterAll = (name: string): number | undefined => {
    other ??= scanned(text, shapeFor(text));
    return other.get(name);
  };
  const get = (name: string): number | undefined => {
    const start = shape.starts[shape.index.get(name) ?? -1];
    if (other !== undefined || start === undefined || !isLineAt(text, name, start))
      return scannedAfterAll(name);
    return numberAt(text, start + name.length);
  };
  return { names: shape.names, get, of: (name) => get(name) ?? 0 };
}

function isLineAt(text: string, name: string, start: number): boolean {
  return (start === 0 || text.charCodeAt(start - 1) === newline) && isNameAt(text, name, start);
}

function numberAt(text: string, from: number): number {
  let at = from;
  while (text.charCodeAt(at) === space || text.charCodeAt(at) === colon) at++;
  let value = 0;
  for (let digit = text.charCodeAt(at); digit >= zero && digit <= nine; digit = text.charCodeAt(++at))
    value = value * 10 + (digit - zero);
  return value;
}

/** A shape is taken by its first and last name: where one between them is another, the text has a shape of its own. */
function scanned(text: string, likely: Shape): Table {
  let [shape, values] = [likely, scan(text, likely.names)];
  if (values === undefined) {
    shape = learn(text);
    values = scan(text, shape.names);
  }
  const get = (name: string): number | undefined => {
    const at = shape.index.get(name);
    return at === undefined ? undefined : values?.[at];
  };
  return { names: shape.names, get, of: (name) => get(name) ?? 0 };
}

function scan(text: string, names: readonly string[]): readonly number[] | undefined {
  const values: number[] = [];
  let at = 0;
  for (const name of names) {
    if (!isNameAt(text, name, at)) return undefined;
    values.push(numberAt(text, at + name.length));
    at = text.indexOf('\n', at + name.length) + 1;
  }
  return values;
}
