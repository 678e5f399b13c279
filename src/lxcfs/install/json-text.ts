/**
 * Changes to JSON that somebody else wrote: a member more or less, and every other byte as it was. The text must be
 * valid; `JSON.parse` has to say so first.
 */

interface Member {
  readonly key: string;
  /** In front of the key; all members of an object are laid out by that of the last. */
  readonly blank: string;
  readonly start: number;
  readonly valueStart: number;
  readonly end: number;
}

interface Scanned {
  readonly members: readonly Member[];
  /** Behind the opening and before the closing brace. */
  readonly start: number;
  readonly end: number;
}

/** The text with `value` at `path`; objects on the way are made. */
export function setMember(text: string, path: readonly string[], value: unknown): string {
  const outer = /^\s*\{\s*\S.*\}\s*$/.test(text) ? undefined : '\n';
  return setBelow(text, { at: skipBlank(text, 0), outer, path, value });
}

/** The text without what is at `path`, and without objects on the way that have nothing else. */
export function removeMember(text: string, path: readonly string[]): string {
  return removeBelow(text, skipBlank(text, 0), path);
}

function removeBelow(text: string, at: number, [key = '', ...path]: readonly string[]): string {
  const scanned = scan(text, at);
  const member = scanned.members.findLast((one) => one.key === key);
  if (member === undefined) return text;
  if (path.length === 0) return cut(text, scanned, member);
  const rest = removeBelow(text, member.valueStart, path);
  const isEmpty = rest !== text && scan(rest, member.valueStart).members.length === 0;
  return isEmpty ? cut(text, scanned, member) : rest;
}

interface Wish {
  /** The brace of the object that is looked into. */
  readonly at: number;
  /** The break and indentation of the line it is on; none in a text of one line. */
  readonly outer: string | undefined;
  readonly path: readonly string[];
  readonly value: unknown;
}

function setBelow(text: string, wish: Wish): string {
  const [key = '', ...path] = wish.path;
  const scanned = scan(text, wish.at);
  const member = scanned.members.findLast((one) => one.key === key);
  if (member === undefined) {
    const value = path.reduceRight((inner, name) => ({ [name]: inner }), wish.value);
    return append(text, scanned, { ...wish, path: [key], value });
  }
  const outer = lineOf(member.blank);
  if (path.length > 0) return setBelow(text, { ...wish, at: member.valueStart, outer, path });
  return text.slice(0, member.valueStart) + show(text, wish.value, outer) + text.slice(member.end);
}

function append(text: string, { members, start, end }: Scanned, { outer, path, value }: Wish): string {
  const last = members.at(-1);
  const blank = last?.blank ?? (outer === undefined ? '' : `${outer}${unit(text)}`);
  const member = `${JSON.stringify(path[0])}: ${show(text, value, lineOf(blank))}`;
  if (last !== undefined) return `${text.slice(0, last.end)},${blank}${member}${text.slice(last.end)}`;
  return `${text.slice(0, start)}${blank}${member}${outer ?? ''}${text.slice(end)}`;
}

function cut(text: string, { members, start, end }: Scanned, member: Member): string {
  const index = members.indexOf(member);
  const [before, after] = [members[index - 1], members[index + 1]];
  if (before !== undefined) return text.slice(0, before.end) + text.slice(member.end);
  if (after !== undefined) return text.slice(0, member.start) + text.slice(after.start);
  return text.slice(0, start) + text.slice(end);
}

function lineOf(blank: string): string | undefined {
  const at = blank.lastIndexOf('\n');
  return at < 0 ? undefined : blank.slice(at);
}

/** By how much the members of the whole are indented. */
function unit(text: string): string {
  return /^\s*\{\s*\n([ \t]+)/.exec(text)?.[1] ?? '  ';
}

function show(text: string, value: unknown, line: string | undefined): string {
  if (line === undefined) return JSON.stringify(value);
  return JSON.stringify(value, null, unit(text)).replaceAll('\n', line);
}

const blank = /\s*/y;
const string = /"(?:[^"\\]|\\.)*"/y;
const word = /[^\s,\]}]+/y;

function scan(text: string, brace: number): Scanned {
  const members: Member[] = [];
  let from = brace + 1;
  let at = skipBlank(text, from);
  while (text[at] === '"') {
    const keyEnd = match(string, text, at);
    const valueStart = skipBlank(text, skipBlank(text, keyEnd) + 1);
    const end = skipValue(text, valueStart);
    const key: string = JSON.parse(text.slice(at, keyEnd));
    members.push({ key, blank: text.slice(from, at), start: at, valueStart, end });
    const next = skipBlank(text, end);
    from = text[next] === ',' ? next + 1 : next;
    at = skipBlank(text, from);
  }
  return { members, start: brace + 1, end: at };
}

function skipValue(text: string, at: number): number {
  if (text[at] === '"') return match(string, text, at);
  if (text[at] !== '{' && text[at] !== '[') return match(word, text, at);
  let depth = 0;
  for (let next = at; next < text.length; ) {
    const char = text[next];
    if (char === '{' || char === '[') depth += 1;
    if (char === '}' || char === ']') depth -= 1;
    next = char === '"' ? match(string, text, next) : next + 1;
    if (depth === 0) return next;
  }
  return text.length;
}

function skipBlank(text: string, at: number): number {
  return match(blank, text, at);
}

function match(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}
