/** The line grammar of LXC's configuration files: no continuation lines, no trailing comments, no escapes. */

export interface SourceLine {
  /** Counted from 1. */
  readonly number: number;
  readonly text: string;
}

export type ParsedLine =
  | { readonly kind: 'setting'; readonly key: string; readonly text: string }
  /** Starts like a setting and has no `=`. */
  | { readonly kind: 'broken' }
  /** Neither a setting nor a comment. */
  | { readonly kind: 'foreign' };

/** Lines end with LF, CR or both; a byte order mark is no part of the first one. */
export function sourceLines(text: string): readonly SourceLine[] {
  const start = text.startsWith('\uFEFF') ? 1 : 0;
  return text
    .slice(start)
    .split(/\r\n|\n|\r/)
    .map((line, index) => ({ number: index + 1, text: line }));
}

/** `undefined` for blank lines and comments. */
export function parseLine(line: string): ParsedLine | undefined {
  const content = trim(line);
  if (content === '' || content.startsWith('#')) return undefined;
  if (!content.startsWith('lxc.') && !content.startsWith('lxcts.')) return { kind: 'foreign' };
  const equals = content.indexOf('=');
  if (equals < 0) return { kind: 'broken' };
  return {
    kind: 'setting',
    key: trim(content.slice(0, equals)),
    text: unquote(trim(content.slice(equals + 1))),
  };
}

// By hand, since trim() takes more than these for blanks, and `/[ ]+$/` takes its time on a long run of them.
function trim(text: string): string {
  let [start, end] = [0, text.length];
  while (start < end && isBlank(text[start])) start++;
  while (end > start && isBlank(text[end - 1])) end--;
  return text.slice(start, end);
}

function isBlank(character: string | undefined): boolean {
  return character === ' ' || character === '\t' || character === '\r' || character === '\n';
}

/** One pair of equal quotes around the whole value goes; there is nothing else to quoting. */
function unquote(text: string): string {
  const [quote] = text;
  const quoted = text.length > 1 && (quote === '"' || quote === "'") && text.endsWith(quote);
  return quoted ? text.slice(1, -1) : text;
}

/** The line that parses to this key and text again. */
export function formatLine(key: string, text: string): string {
  if (text === '') return `${key} =`;
  return `${key} = ${unquote(trim(text)) === text ? text : `"${text}"`}`;
}

/** A piece of somebody's file for a message: not too long, and nothing in it that moves the cursor. */
export function quoted(text: string): string {
  const most = 100;
  const short = text.length > most ? `${text.slice(0, most)}…` : text;
  return `"${short.replaceAll(/[\0-\x1f\x7f-\x9f]/g, escapeControl)}"`;
}

function escapeControl(character: string): string {
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
}
