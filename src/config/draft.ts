/** A configuration while its lines are read: each line is checked and put in, or takes something out. */

import { LxcError, type Origin } from '../base/error.ts';
import { splitBlank } from './codec.ts';
import { cgroupFile } from './codecs/limit.ts';
import { storageType } from './codecs/mount.ts';
import { quoted } from './grammar.ts';
import { type Found, findKey, modernSpelling, unknownKey } from './lookup.ts';
import { isOfOtherKind, orderedKey, refuseForeignKind } from './net-rules.ts';
import type { Row } from './row.ts';
import type { ConfigIo, Note, RawEntry, Setting } from './types.ts';
import { type Config, configOf } from './view.ts';

export interface Draft {
  entries: RawEntry[];
  readonly notes: Note[];
  /** `lxc.rootfs.backend` of 2.x, which may stand before or after the path that it belongs to. */
  backend: string | undefined;
}

export function draftOf(config: Config): Draft {
  return { entries: [...config.entries], notes: [...config.notes], backend: undefined };
}

export function seal(draft: Draft): Config {
  return configOf(withBackend(draft), draft.notes);
}

function withBackend({ entries, backend }: Draft): readonly RawEntry[] {
  if (backend === undefined) return entries;
  return entries.map((entry) =>
    entry.key === 'lxc.rootfs.path' && /^[^:]*$|^\//.test(entry.text)
      ? { ...entry, text: `${backend}:${entry.text}` }
      : entry,
  );
}

export function apply(draft: Draft, setting: Setting, io: ConfigIo): void {
  refuseUnprintable(setting);
  if (applyRetired(draft, setting)) return;
  const found = resolveKey(draft, setting);
  const { origin, spelled } = setting;
  if (setting.text === '') {
    clear(draft, found, origin);
    return;
  }
  const { codec } = found.row;
  const text = codec.resolve?.(setting.text, io) ?? setting.text;
  const value = { ...setting, text };
  check(found, value);
  refuseConflict(draft, found, value);
  const warning = codec.lint?.(text);
  if (warning !== undefined) warn(draft, origin, `${spelled}: ${warning}`);
  put(draft, found.row, { key: found.key, spelled, text, origin });
}

export function warn(draft: Draft, origin: Origin, message: string): void {
  draft.notes.push({ kind: 'warning', message, origin });
}

// U+FFFD is what the decoder leaves of bytes that are not UTF-8; passing it on would name another file.
const unprintable: readonly (readonly [string, string, string])[] = [
  ['\0', 'the line contains a NUL byte', 'remove it'],
  ['\n', 'the value contains a line break', 'remove it'],
  ['\r', 'the value contains a line break', 'remove it'],
  ['\uFFFD', 'the line is not UTF-8', 'convert the file to UTF-8'],
];

function refuseUnprintable({ spelled, text, origin }: Setting): void {
  const found = unprintable.find(([character]) => text.includes(character) || spelled.includes(character));
  if (found === undefined) return;
  const [, reason, hint] = found;
  throw new LxcError(`Cannot read ${quoted(spelled)}: ${reason}`, { origin, hint });
}

const retired: ReadonlyMap<string, string> = new Map([
  ['lxc.pivotdir', 'lxc.pivotdir is without effect since 2.0'],
  ['lxc.kmsg', 'lxc.kmsg is without effect since 3.0'],
]);

/** Keys of older versions that have no row, since nothing of theirs is kept. */
function applyRetired(draft: Draft, { spelled, text, origin }: Setting): boolean {
  if (spelled === 'lxc.rootfs.backend') {
    draft.backend = text === '' ? undefined : backend(text, origin);
    const message = `lxc.rootfs.backend is now written in front of lxc.rootfs.path, as in ${text || 'dir'}:/PATH`;
    draft.notes.push({ kind: 'legacy', message, origin });
    return true;
  }
  const message = retired.get(spelled);
  if (message !== undefined) draft.notes.push({ kind: 'legacy', message, origin });
  return message !== undefined;
}

function backend(text: string, origin: Origin): string {
  return blaming({ spelled: 'lxc.rootfs.backend', text, origin }, () => storageType(text));
}

function resolveKey(draft: Draft, setting: Setting): Found {
  const { spelled, origin } = setting;
  const current = findKey(spelled);
  if (current !== undefined) return current;
  const pattern = modernSpelling(spelled);
  const found = pattern === undefined ? undefined : findKey(orderedKey(draft.entries, pattern, setting));
  if (found === undefined) throw unknownKey(spelled, origin);
  draft.notes.push({ kind: 'legacy', message: `${spelled} is now ${found.key}`, origin });
  return found;
}

function check({ key, row }: Found, setting: Setting): void {
  blaming(setting, () => {
    row.codec.parse(setting.text);
    row.checkMember?.(key.slice(key.indexOf('.', 'lxc.'.length) + 1), setting.text);
  });
}

/** Runs a codec; what it throws gets the key, the value and the place. */
function blaming<T>(setting: Setting, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof LxcError)) throw error;
    const { spelled, text, origin } = setting;
    throw new LxcError(`Cannot use ${quoted(text)} for ${spelled}: ${error.message}`, {
      origin,
      hint: error.hint,
    });
  }
}

const exclusive: ReadonlyMap<string, string> = new Map([
  ['lxc.cap.drop', 'lxc.cap.keep'],
  ['lxc.cap.keep', 'lxc.cap.drop'],
  ['lxc.namespace.clone', 'lxc.namespace.keep'],
  ['lxc.namespace.keep', 'lxc.namespace.clone'],
]);

function refuseConflict(draft: Draft, { key }: Found, setting: Setting): void {
  const rival = draft.entries.find((entry) => entry.key === exclusive.get(key));
  if (rival !== undefined) {
    throw new LxcError(`Cannot use ${setting.spelled} together with ${rival.spelled}`, {
      origin: setting.origin,
      hint: `the other one is ${rival.origin.file}:${rival.origin.line}; an empty value clears it`,
    });
  }
  refuseForeignKind(draft.entries, key, setting);
}

function put(draft: Draft, row: Row<unknown>, entry: RawEntry): void {
  const { key, text } = entry;
  if (key === 'lxc.cap.keep' && splitBlank(text).includes('none')) remove(draft, (one) => one.key === key);
  remove(draft, isOfOtherKind(entry));
  const at = row.kind === 'one' ? draft.entries.findIndex((one) => one.key === key) : -1;
  if (at < 0) draft.entries.push(entry);
  else draft.entries[at] = entry;
}

/** Where C LXC takes an empty value for 0, though the default is another. */
const emptyQuirks: ReadonlyMap<string, string> = new Map([
  ['lxc.autodev', 'lxc.autodev is back at its default 1; C LXC takes 0 here'],
  [
    'lxc.monitor.signal.pdeath',
    'lxc.monitor.signal.pdeath is back at its default SIGKILL; C LXC takes none here',
  ],
]);

function clear(draft: Draft, { key, row }: Found, origin: Origin): void {
  const quirk = emptyQuirks.get(key);
  if (quirk !== undefined) warn(draft, origin, quirk);
  if (key === 'lxc.cap.drop' || key === 'lxc.cap.keep') {
    remove(draft, (entry) => entry.key === 'lxc.cap.drop' || entry.key === 'lxc.cap.keep');
  } else if (row.kind === 'group') {
    remove(draft, (entry) => isMember(entry.key, key));
  } else {
    remove(draft, isOfOtherKind({ key, text: '' }));
    remove(draft, (entry) => entry.key === key);
  }
}

// `lxc.hook.version`, `lxc.cgroup.dir` and the like are settings of LXC that only share the prefix.
function isMember(key: string, group: string): boolean {
  if (!key.startsWith(`${group}.`) || key === 'lxc.hook.version') return false;
  return group !== 'lxc.cgroup' || cgroupFile.test(key.slice(group.length + 1));
}

function remove(draft: Draft, doomed: (entry: RawEntry) => boolean): void {
  draft.entries = draft.entries.filter((entry) => !doomed(entry));
}
