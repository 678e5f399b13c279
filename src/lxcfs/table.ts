/**
 * Texts that are a table of `name value` lines: memory.stat, cpu.stat, /proc/meminfo, /proc/vmstat. The kernel prints
 * the same names in the same order each time, so the names are learnt once and later texts are only checked
 * against them.
 */

interface Shape {
  readonly names: readonly string[];
  readonly index: ReadonlyMap<string, number>;
}

export interface Table {
  readonly names: readonly string[];
  readonly values: readonly number[];
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
  for (const shape of shapes) {
    const values = valuesLike(text, shape.names);
    if (values !== undefined) return tableOf(shape, values);
  }
  const shape = shapeOf(text);
  shapes = [shape, ...shapes].slice(0, mostShapes);
  return tableOf(shape, valuesLike(text, shape.names) ?? []);
}

function tableOf({ names, index }: Shape, values: readonly number[]): Table {
  const get = (name: string): number | undefined => {
    const at = index.get(name);
    return at === undefined ? undefined : values[at];
  };
  return { names, values, get, of: (name) => get(name) ?? 0 };
}

function shapeOf(text: string): Shape {
  const names = text.split('\n').flatMap((line) => {
    const name = /^[^\s:]+(?=:?\s)/.exec(line)?.[0];
    return name === undefined ? [] : [name];
  });
  // The first of equal names counts.
  const index = new Map(names.map((name, at): [string, number] => [name, at]).reverse());
  return { names, index };
}

/** The numbers of a text whose lines have just these names; `undefined` when it has others. */
function valuesLike(text: string, names: readonly string[]): number[] | undefined {
  const values: number[] = [];
  let at = 0;
  for (const name of names) {
    if (!text.startsWith(name, at)) return undefined;
    at += name.length;
    if (text.charCodeAt(at) === colon) at++;
    if (text.charCodeAt(at) !== space) return undefined;
    while (text.charCodeAt(at) === space) at++;
    let value = 0;
    for (let digit = text.charCodeAt(at); digit >= zero && digit <= nine; digit = text.charCodeAt(++at))
      value = value * 10 + (digit - zero);
    values.push(value);
    while (at < text.length && text.charCodeAt(at) !== newline) at++;
    at++;
  }
  return at >= text.length ? values : undefined;
}
