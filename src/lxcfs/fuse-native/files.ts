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

export class NamedFiles {
  readonly #parts: FilesParts;
  readonly #open = new Map<number, Open>();
  #next = 0;

  constructor(parts: FilesParts) {
    this.#parts = parts;
  }

  /** `undefined` for a directory that only has names. */
  entry(path: string): Entry | undefined {
    const found = this.#find(path);
    return 'list' in found ? undefined : found.place.entry;
  }

  size(path: string): number {
    const found = this.#find(path);
    return 'list' in found ? 0 : this.#text(found.name, found.place.entry).length;
  }

  list(path: string): readonly string[] {
    const found = this.#find(path);
    if ('list' in found) return found.list();
    if (found.place.entry.kind !== 'directory') throw new Refused('ENOTDIR');
    const subject = this.#subject(found.name);
    return found.place.children.filter(({ entry }) => this.#shows(entry, subject)).map(({ name }) => name);
  }

  // ---- open files ----

  open(path: string): number {
    const found = this.#find(path);
    if ('list' in found || found.place.entry.kind === 'directory') throw new Refused('EISDIR');
    if (this.#open.size >= mostOpen) throw new Refused('ENFILE');
    const { name, place } = found;
    const text = this.#text(name, place.entry);
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
    const subject = containers.subject(name);
    if (subject === undefined && !containers.has(name)) throw new Refused('ENOENT');
    let place: Place | undefined = tree.root;
    for (const part of rest) place = place?.child(part);
    if (place === undefined || !this.#shows(place.entry, subject ?? this.#host)) throw new Refused('ENOENT');
    return { name, place };
  }

  #shows(entry: Entry, subject: Subject): boolean {
    return entry.cpu === undefined || this.#parts.host() || this.#parts.view.isVisible(entry, subject);
  }

  // ---- contents ----

  #text(name: string, { path }: Entry): Buffer {
    if (this.#parts.host()) return this.#parts.hostText(path);
    if (path === '/proc/loadavg' || path === sysinfoPath) this.#parts.loadWanted();
    return this.#parts.view.render(path, this.#subject(name));
  }

  /** Where its init is not known (yet), the host: whoever reads cannot be asked who he is. */
  #subject(name: string): Subject {
    return this.#parts.containers.subject(name) ?? this.#host;
  }

  get #host(): Subject {
    return this.#parts.view.identify(0);
  }
}
