/**
 * The text of a configuration for a container in another directory or of another name. Comments, order and everything
 * that is not about either of them stay as they are.
 */

import { fillWildcards } from './codecs/net.ts';
import { appendItem, changeValue, type Document, isAddress } from './document.ts';
import { parseLine } from './grammar.ts';
import { findKey, modernSpelling } from './lookup.ts';
import type { ConfigIo } from './types.ts';

export interface Relocation {
  /** The container's directory, before and after. */
  readonly from: string;
  readonly to: string;
  /** Everything in the directory has moved with it; a clone has only what belongs to the configuration. */
  readonly isWhole: boolean;
  /** The new value of `lxc.rootfs.path`; `undefined`: there is none. */
  readonly rootfs: string | undefined;
  /** The new host name; `undefined`: the old one stays. */
  readonly hostname: string | undefined;
  readonly newAddresses: boolean;
}

export function relocate(document: Document, relocation: Relocation, io: Pick<ConfigIo, 'nibble'>): Document {
  const lines = document.lines.map((line) =>
    changeValue(line, (key, text) => relocateValue(currentKey(key), text, relocation, io)),
  );
  const wanted = [
    ['lxc.rootfs.path', relocation.rootfs],
    ['lxc.uts.name', relocation.hostname],
  ] as const;
  return wanted.reduce<Document>(
    (before, [key, text]) =>
      text === undefined || has(before, key) ? before : appendItem(before, key, text),
    { lines },
  );
}

function relocateValue(
  key: string,
  text: string,
  { from, to, isWhole, rootfs, hostname, newAddresses }: Relocation,
  io: Pick<ConfigIo, 'nibble'>,
): string {
  if (key === 'lxc.rootfs.path') return rootfs ?? text;
  if (key === 'lxc.uts.name') return hostname ?? text;
  if (isAddress(key)) return newAddresses ? newAddress(io) : text;
  if (isWhole || isOwnPath(key)) return moved(text, from, to);
  return key === 'lxc.mount.entry' ? movedLayers(text, from, to) : text;
}

/** Of the range that LXC takes. */
export function newAddress(io: Pick<ConfigIo, 'nibble'>): string {
  return fillWildcards('00:16:3e:xx:xx:xx', io);
}

/** Files that are written for one container: they go with it, and what two would write into is not shared. */
function isOwnPath(key: string): boolean {
  const plain = [
    'lxc.mount.fstab',
    'lxc.console.logfile',
    'lxc.log.file',
    'lxc.seccomp.profile',
    'lxc.include',
  ];
  return plain.includes(key) || isProgram(key);
}

/** Hooks and network scripts. */
function isProgram(key: string): boolean {
  return (
    (key.startsWith('lxc.hook.') && key !== 'lxc.hook.version') || /^lxc\.net\.[^.]+\.script\./.test(key)
  );
}

/** The key in the current dialect, whatever it belongs to. */
function currentKey(spelled: string): string {
  return findKey(spelled)?.key ?? modernSpelling(spelled) ?? spelled;
}

function has({ lines }: Document, wanted: string): boolean {
  return lines.some((line) => {
    const parsed = parseLine(line);
    return parsed?.kind === 'setting' && parsed.text !== '' && currentKey(parsed.key) === wanted;
  });
}

/** Every mention of the directory as a path or the beginning of one. */
export function moved(text: string, from: string, to: string): string {
  let result = '';
  let rest = 0;
  for (let at = text.indexOf(from); at >= 0; at = text.indexOf(from, at + 1)) {
    const before = text[at - 1];
    const after = text[at + from.length];
    if (
      at < rest ||
      (before !== undefined && /[\w./-]/.test(before)) ||
      (after !== undefined && /[\w.-]/.test(after))
    )
      continue;
    result += text.slice(rest, at) + to;
    rest = at + from.length;
  }
  return result + text.slice(rest);
}

/** What an overlay among the mounts writes to cannot be shared either. */
function movedLayers(entry: string, from: string, to: string): string {
  return entry.replaceAll(
    /\b(upperdir|workdir)=([^,\s]*)/g,
    (_, word: string, path: string) => `${word}=${moved(path, from, to)}`,
  );
}

/** The files below `directory` that a container's configuration brings along, as paths in it. */
export function ownFiles({ lines }: Document, directory: string): readonly string[] {
  const found = lines.flatMap((line) => {
    const parsed = parseLine(line);
    if (parsed?.kind !== 'setting') return [];
    const key = currentKey(parsed.key);
    const isRead = ['lxc.mount.fstab', 'lxc.seccomp.profile', 'lxc.include'].includes(key);
    const path = isProgram(key) ? (parsed.text.split(/\s/)[0] ?? '') : isRead ? parsed.text : '';
    return path.startsWith(`${directory}/`) ? [path.slice(directory.length + 1)] : [];
  });
  return [...new Set(found)];
}
