/**
 * Reads a policy file. Its first line is the version, its second says what the rules list: calls that are allowed or
 * calls that are denied, and perhaps the action for all others. The rules follow, one on a line.
 */

import { LxcError, type Origin } from '../base/error.ts';
import { nearest } from '../config/index.ts';
import { type Action, actionWords, allow, errno, kill, readAction } from './action.ts';
import { architecturesOf, sections } from './architectures.ts';
import { type Condition, maskedEqual, readCondition } from './condition.ts';
import type { Policy, PolicyNote, Rule } from './policy.ts';

interface Line {
  readonly text: string;
  readonly origin: Origin;
}

/** `machine` is what Node.js calls it: sections for other machines are skipped unread. */
export function parsePolicy(text: string, file: string, machine: string): Policy {
  const [version, style, ...rest] = linesOf(text, file);
  const number = versionOf(version, file);
  if (style === undefined)
    throw bad('it ends before its second line', { file, line: 2 }, 'write allowlist or denylist');
  return number === 1 ? parseNumbers(style, rest) : parseRules(style, rest, machine);
}

function linesOf(text: string, file: string): readonly Line[] {
  return text
    .split(/\r?\n/)
    .map((line, index) => ({ text: line.replace(/(^|\s)#.*/, '').trim(), origin: { file, line: index + 1 } }))
    .filter((line) => line.text !== '');
}

function bad(reason: string, origin: Origin, hint?: string): LxcError {
  return new LxcError(`Failed to read the seccomp policy: ${reason}`, { origin, hint });
}

function versionOf(line: Line | undefined, file: string): 1 | 2 {
  if (line?.text === '1') return 1;
  if (line?.text === '2') return 2;
  const origin = line?.origin ?? { file, line: 1 };
  throw bad(
    line === undefined ? 'it is empty' : `"${line.text}" is not a version`,
    origin,
    'its first line is 1 or 2',
  );
}

/** LXC looks at the beginning of the word only. */
const styles = [
  { word: /^(allow|white)list/, unlisted: kill, listed: allow },
  { word: /^(deny|black)list/, unlisted: allow, listed: kill },
] as const;

function styleOf({ text, origin }: Line): { unlisted: Action; listed: Action; words: readonly string[] } {
  const [word = '', ...words] = text.split(/\s+/);
  const style = styles.find((one) => one.word.test(word));
  if (style === undefined) throw bad(`"${word}" is neither allowlist nor denylist`, origin);
  return { ...style, words };
}

/** Version 1: numbers of calls of the machine itself, all of them allowed. */
function parseNumbers(first: Line, rest: readonly Line[]): Policy {
  const { listed } = styleOf(first);
  if (listed !== allow) throw bad('version 1 has no denylist', first.origin, 'write a policy of version 2');
  const rules = rest.map(({ text, origin }): Rule => {
    if (!/^[0-9]{1,9}$/.test(text)) throw bad(`"${text}" is not the number of a call`, origin);
    return { call: Number(text), action: allow, conditions: [], origin };
  });
  return { version: 1, unlisted: kill, rules, notes: [] };
}

function parseRules(first: Line, rest: readonly Line[], machine: string): Policy {
  const { unlisted, listed, words } = styleOf(first);
  const notes: PolicyNote[] = [];
  const rules: Rule[] = [];
  let applies = true;
  for (const line of rest) {
    if (line.text.startsWith('[')) applies = appliesTo(line, machine);
    else if (applies) rules.push(parseRule(line, listed, notes));
  }
  return { version: 2, unlisted: actionOf(words, unlisted, first, notes), rules, notes };
}

/**
 * Whether the rules of a section are for this machine. They then are for each of its interfaces, as in C LXC: what
 * `[x86_64]` denies cannot be had through the calls of 32-bit programs.
 */
function appliesTo({ text, origin }: Line, machine: string): boolean {
  const name = /^\[([a-z0-9_]+|[A-Z0-9_]+)\]$/.exec(text)?.[1]?.toLowerCase() ?? '';
  if (name === 'all') return true;
  if (!sections.has(name))
    throw bad(`${text} is not an architecture`, origin, hintFor(name, ['all', ...sections.keys()]));
  const known = sections.get(name);
  return architecturesOf(machine)?.some((one) => one.name === known) ?? false;
}

function hintFor(word: string, words: readonly string[]): string {
  const near = nearest(word, words);
  return near === undefined ? `there are ${words.join(', ')}` : `did you mean "${near}"?`;
}

/** `NAME [ACTION] [CONDITION]...` */
function parseRule(line: Line, listed: Action, notes: PolicyNote[]): Rule {
  const { text, origin } = line;
  const [, head = '', tail = ''] = /^([^[]*)(.*)$/.exec(text) ?? [];
  const [call = '', ...words] = head.trim().split(/\s+/);
  const action = actionOf(words, listed, line, notes);
  if (call === 'reject_force_umount') return { call: 'umount2', ...rejectForce, origin };
  return { call, action, conditions: conditionsOf(tail, origin), origin };
}

/** Not by force: MNT_FORCE of umount2(2) can take a network file system away from the host. */
const rejectForce = { action: errno(13), conditions: [maskedEqual(1, 1n, 1n)] } as const;

function actionOf(
  words: readonly string[],
  otherwise: Action,
  { origin }: Line,
  notes: PolicyNote[],
): Action {
  if (words.length === 0) return otherwise;
  const read = readAction(words);
  if (typeof read === 'string') throw bad(read, origin, hintFor(words[0] ?? '', actionWords));
  const ignored = words.slice(read.taken);
  if (ignored.length > 0) notes.push({ message: `"${ignored.join(' ')}" is ignored`, origin });
  return read.action;
}

function conditionsOf(text: string, origin: Origin): readonly Condition[] {
  const rest = text.replaceAll(/\[[^\]]*\][\s,]*/g, '');
  if (rest !== '')
    throw bad(`"${rest}" is not a condition`, origin, 'a condition is [INDEX,VALUE,OPERATOR,MASK]');
  return [...text.matchAll(/\[([^\]]*)\]/g)].map(([whole, inner = '']) => {
    const condition = readCondition(inner);
    if (typeof condition === 'string') throw bad(`${whole}: ${condition}`, origin);
    return condition;
  });
}
