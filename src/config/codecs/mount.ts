/** Mounts: fstab lines, the root file system, the tokens of `lxc.mount.auto`. */

import { bad, splitBlank } from '../codec.ts';
import { nearest } from '../nearest.ts';
import type { Codec } from '../row.ts';

/** One line of fstab(5), with the words that are LXC's own taken out of the options. */
export interface MountEntry {
  readonly source: string;
  readonly target: string;
  readonly type: string;
  /** In order, without `create=`, `optional`, `relative` and `idmap=`. */
  readonly options: readonly string[];
  readonly create: 'dir' | 'file' | undefined;
  readonly optional: boolean;
  /** The source is meant below the root file system. */
  readonly relative: boolean;
  /** `container`, or the path of a user namespace. */
  readonly idmap: string | undefined;
}

export const mountEntry: Codec<MountEntry> = {
  form: 'SOURCE TARGET TYPE OPTIONS 0 0',
  parse: parseMountEntry,
  show: (_, line) => line,
  lint: (value) =>
    fields(value).length > 6
      ? 'everything after the sixth field is ignored; write a blank as \\040'
      : undefined,
};

function parseMountEntry(value: string): MountEntry {
  const parts = fields(value);
  const [source, target, type, options = 'defaults'] = parts;
  if (source === undefined || target === undefined || type === undefined) throw tooFew(parts);
  if (looksShifted(parts)) throw shifted(parts);
  return { source, target, type, ...mountOptions(options) };
}

/** A line of a fstab file, or `undefined` for a comment and an empty line. */
export function parseFstabLine(line: string): MountEntry | undefined {
  const trimmed = line.trim();
  return trimmed === '' || trimmed.startsWith('#') ? undefined : parseMountEntry(trimmed);
}

const needed = ['source', 'target', 'file system type'];

function tooFew(parts: readonly string[]): Error {
  const missing = needed.slice(parts.length).join(' and ');
  return bad(`it has no ${missing}`, 'the fields are: source, target, type, options, 0, 0');
}

// A line that lost the blank between its first two fields still has enough of them, one place to the left:
// then an option stands as the type, or the numbers at the end stand as the options.
function looksShifted(parts: readonly string[]): boolean {
  const [, , type = '', options] = parts;
  return parts.length < 6 && (/,/.test(type) || optionWords.has(type) || /^[0-9]+$/.test(options ?? ''));
}

const optionWords = new Set(['ro', 'rw', 'bind', 'rbind', 'defaults']);

function shifted(parts: readonly string[]): Error {
  const [source = '', target, type] = parts;
  return bad(
    `its ${parts.length} fields look shifted: target "${target}", file system type "${type}"`,
    `a blank between source and target seems missing in "${source}"`,
  );
}

function fields(value: string): readonly string[] {
  return splitBlank(value).map(unescapeField);
}

/** getmntent(3): blanks, newlines and backslashes are written as octal numbers. */
function unescapeField(field: string): string {
  return field
    .replaceAll(/\\(040|011|012|134)/g, (_, digits: string) =>
      String.fromCharCode(Number.parseInt(digits, 8)),
    )
    .replaceAll('\\\\', '\\');
}

type OwnOptions = Pick<MountEntry, 'options' | 'create' | 'optional' | 'relative' | 'idmap'>;

/** Also for `lxc.rootfs.options`. C LXC looks for its words anywhere in the text, we between commas. */
export function mountOptions(value: string): OwnOptions {
  const all = value.split(',').filter((option) => option !== '');
  const own = all.filter(isOwn);
  const create = suffix(own, 'create=');
  const idmap = suffix(own, 'idmap=');
  if (create !== undefined && create !== 'dir' && create !== 'file') {
    throw bad(`it has the option "create=${create}"`, 'the option is create=dir or create=file');
  }
  if (idmap !== undefined && idmap !== 'container' && !idmap.startsWith('/')) {
    throw bad(`it has the option "idmap=${idmap}"`, 'the option is idmap=container or idmap=/PATH');
  }
  return {
    options: all.filter((option) => !isOwn(option)),
    create,
    optional: own.includes('optional'),
    relative: own.includes('relative'),
    idmap,
  };
}

function isOwn(option: string): boolean {
  return option === 'optional' || option === 'relative' || /^(create|idmap)=/.test(option);
}

function suffix(options: readonly string[], prefix: string): string | undefined {
  return options.findLast((option) => option.startsWith(prefix))?.slice(prefix.length);
}

export interface RootfsOptions {
  readonly options: readonly string[];
  readonly idmap: string | undefined;
}

export const rootfsOptions: Codec<RootfsOptions> = {
  form: 'OPTIONS',
  parse(value) {
    const { options, create, optional, relative, idmap } = mountOptions(value);
    if (create !== undefined || optional || relative) {
      throw bad('the root file system takes neither create= nor optional nor relative');
    }
    return { options, idmap };
  },
  show: (_, written) => written,
};

export const storageTypes = [
  'dir',
  'overlay',
  'overlayfs',
  'loop',
  'btrfs',
  'zfs',
  'lvm',
  'nbd',
  'rbd',
] as const;
export type StorageType = (typeof storageTypes)[number];

export interface Rootfs {
  /** `undefined`: to be found out from what the path leads to. */
  readonly type: StorageType | undefined;
  readonly path: string;
}

/** `[TYPE:]PATH`. A path that starts with `/` has no type, so it may contain colons. */
export const rootfs: Codec<Rootfs> = {
  form: '[TYPE:]PATH',
  parse(value) {
    const colon = value.indexOf(':');
    if (colon < 0 || value.startsWith('/')) return { type: undefined, path: value };
    return { type: storageType(value.slice(0, colon)), path: value.slice(colon + 1) };
  },
  show: ({ path }) => path,
};

export function storageType(name: string): StorageType {
  const type = storageTypes.find((one) => one === name);
  if (type !== undefined) return type;
  const near = nearest(name, storageTypes);
  const known = `the storage types are ${storageTypes.join(', ')}`;
  throw bad(
    `"${name}" is not a type of storage`,
    near === undefined ? known : `did you mean "${near}"? ${known}`,
  );
}
