/**
 * The tree by name for a server that is told paths: from a path to what it shows, and the contents of open files. Who
 * reads is not known here, so the name in the path says whose numbers are shown, and nobody is asked for anything else.
 */

import type { Entry, Subject, View } from '../contract.ts';
import type { Containers } from '../fuse/containers.ts';
import { freshMs } from '../fuse/snapshots.ts';
import type { Place, Tree } from '../fuse/tree.ts';
import { sysinfoPath } from '../sysinfo.ts';

export const errno = {
  ENOENT: 2,
  EIO: 5,
  EACCES: 13,
  ENOTDIR: 20,
  EISDIR: 21,
  EINVAL: 22,
  ENFILE: 23,
} as const;

/** Why a call gets an error. */
export class Refused extends Error {
  readonly errno: number;

  constructor(name: keyof typeof errno) {
    super(name);
    this.errno = errno[name];
  }
}

export interface FilesParts {
  readonly view: View;
  readonly tree: Tree;
  readonly containers: Pick<Containers, 'names' | 'has' | 'subject'>;
  /** The text of a file of the host itself. */
  readonly hostText: (path: string) => Buffer;
  /** A load average was asked for. */
  readonly loadWanted: () => void;
  /** The view is turned off: everybody is given the host's files. */
  readonly host: () => boolean;
}

/** A path: a list of names, or something of a container. */
type Found = { readonly list: () => readonly string[] } | { readonly name: string; readonly place: Place };

interface Open {
  readonly name: string;
  readonly entry: Entry;
  text: Buffer;
  made: number;
}

const mostOpen = 65536;
/** Before anything was shown. */
const someSize = 4096;

export class NamedFiles {
  readonly #parts: FilesParts;
  readonly #open = new Map<number, Open>();
  #next = 0;
  /** Names of containers that were ever asked for. */
  readonly #known = new Set<string>();
  readonly #sizes = new Map<string, number>();

  constructor(parts: FilesParts) {
    this.#parts = parts;
  }

  /** `undefined` for a directory that only has names. */
  entry(path: string): Entry | undefined {
    const found = this.#find(path);
    return 'list' in found ? undefined : found.place.entry;
  }

  /**
   * That of the content that was shown last. Not of a new one: libfuse asks for the size whenever a name is looked up, also
   * when the container is bound its files, and its init is in no cgroup of its own yet.
   */
  size(path: string): number {
    return this.#sizes.get(path) ?? someSize;
  }

  list(path: string): readonly string[] {
    const found = this.#find(path);
    if ('list' in found) return found.list();
    if (found.place.entry.kind !== 'directory') throw new Refused('ENOTDIR');
    return found.place.children.filter(({ entry }) => this.#shows(entry, found.name)).map(({ name }) => name);
  }

  // ---- open files ----

  open(path: string): number {
    const found = this.#find(path);
    if ('list' in found || found.place.entry.kind === 'directory') throw new Refused('EISDIR');
    if (this.#open.size >= mostOpen) throw new Refused('ENFILE');
    const { name, place } = found;
    const text = this.#text(name, place.entry);
    this.#sizes.set(path, text.length);
    // What libfuse keeps of it has 32 bits.
    do this.#next = (this.#next + 1) >>> 0;
    while (this.#open.has(this.#next));
    this.#open.set(this.#next, { name, entry: place.entry, text, made: Date.now() });
    return this.#next;
  }

  /** Who reads the beginning again later wants news, as top does. */
  read(file: number, offset: number, length: number): Buffer {
    const open = this.#open.get(file);
    if (open === undefined) throw new Refused('EIO');
    if (offset === 0 && Math.abs(Date.now() - open.made) >= freshMs) {
      open.text = this.#text(open.name, open.entry);
      open.made = Date.now();
    }
    return open.text.subarray(offset, offset + length);
  }

  release(file: number): void {
    this.#open.delete(file);
  }

  // ---- names ----

  #find(path: string): Found {
    const [top, name, ...rest] = path.split('/').filter((part) => part !== '');
    if (top === undefined) return { list: () => ['by-name'] };
    const { containers, tree } = this.#parts;
    if (top !== 'by-name') throw new Refused('ENOENT');
    if (name === undefined) return { list: () => containers.names() };
    if (!this.#isThere(name, rest.length > 0)) throw new Refused('ENOENT');
    let place: Place | undefined = tree.root;
    for (const part of rest) place = place?.child(part);
    if (place === undefined || !this.#shows(place.entry, name)) throw new Refused('ENOENT');
    return { name, place };
  }

  /** What was bound stays a file when its container is gone, and when the next one of that name comes. */
  #isThere(name: string, inside: boolean): boolean {
    if (inside && this.#known.has(name)) return true;
    const there = this.#parts.containers.has(name);
    if (there) this.#known.add(name);
    return there;
  }

  #shows(entry: Entry, name: string): boolean {
    if (entry.cpu === undefined || this.#parts.host()) return true;
    return this.#parts.view.isVisible(entry, this.#subject(name));
  }

  // ---- contents ----

  #text(name: string, { path }: Entry): Buffer {
    if (this.#parts.host()) return this.#parts.hostText(path);
    if (path === '/proc/loadavg' || path === sysinfoPath) this.#parts.loadWanted();
    return this.#parts.view.render(path, this.#subject(name));
  }

  /** Where its init is not known (yet), the host: whoever reads cannot be asked who he is. */
  #subject(name: string): Subject {
    return this.#parts.containers.subject(name) ?? this.#parts.view.identify(0);
  }

  /** Now and then: sizes of containers that are gone. */
  sweep(): void {
    this.#sizes.clear();
  }
}
