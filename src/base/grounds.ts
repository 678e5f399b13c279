/**
 * What an answer rests on: everything of the host that was looked at to find it, so that the answer holds while
 * looking again would show the same. Whoever looks writes it down here; a session's answer can then be given again
 * by its client alone (native/replay.c).
 */

import { type BigIntStats, existsSync, readlinkSync, type Stats, statSync } from 'node:fs';
import { textIfReadable } from './text-file.ts';

export type Ground =
  | { readonly kind: 'text'; readonly path: string; readonly text: string }
  /** The file has this line. */
  | { readonly kind: 'line'; readonly path: string; readonly text: string }
  | { readonly kind: 'link'; readonly path: string; readonly text: string }
  | { readonly kind: 'absent' | 'present'; readonly path: string }
  /** Nobody holds a lock on it; there may be no such file. */
  | { readonly kind: 'unlocked'; readonly path: string }
  /** What a path leads to: S_IFMT of its mode, and the device it is. */
  | { readonly kind: 'node'; readonly path: string; readonly numbers: readonly bigint[] }
  /** Device, inode, size, mtime and ctime in nanoseconds: what is in a file or directory changes with these. */
  | { readonly kind: 'unchanged'; readonly path: string; readonly numbers: readonly bigint[] }
  /** `path` is a pid, the number field 22 of its /proc/PID/stat. */
  | { readonly kind: 'process'; readonly path: string; readonly numbers: readonly bigint[] };

/** As much of a file as a ground holds. */
const longestText = 60_000;
const fileType = 0o170000;

/** Whoever reads the file next is told why it cannot be looked at. */
function statsOf(path: string): BigIntStats | undefined | 'unknown' {
  try {
    return statSync(path, { bigint: true, throwIfNoEntry: false });
  } catch {
    return 'unknown';
  }
}

/** Looks, and remembers what was seen. */
export class Grounds {
  readonly all: Ground[] = [];
  #isWhole = true;

  /** False once something was asked that cannot be looked up again. */
  get isWhole(): boolean {
    return this.#isWhole;
  }

  /** The answer rests on more than what is here. */
  spoil(): void {
    this.#isWhole = false;
  }

  add(ground: Ground): void {
    // A path of the caller's directory means another file to others.
    if (!ground.path.startsWith('/') && ground.kind !== 'process') this.spoil();
    this.all.push(ground);
  }

  exists(path: string): boolean {
    const found = existsSync(path);
    this.add({ kind: found ? 'present' : 'absent', path });
    return found;
  }

  /** `undefined` where it cannot be read. */
  text(path: string, as = path): string | undefined {
    const text = textIfReadable(path);
    this.holds(as, text);
    return text;
  }

  /** The file was read elsewhere; `undefined`: there is none. */
  holds(path: string, text: string | undefined): void {
    if (text === undefined) this.add({ kind: 'absent', path });
    else if (text.length > longestText) this.spoil();
    else this.add({ kind: 'text', path, text });
  }

  stat(path: string): Stats | undefined {
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats === undefined) this.add({ kind: 'absent', path });
    else this.add({ kind: 'node', path, numbers: [BigInt(stats.mode & fileType), BigInt(stats.rdev)] });
    return stats;
  }

  link(path: string, as = path): string | undefined {
    try {
      const text = readlinkSync(path);
      this.add({ kind: 'link', path: as, text });
      return text;
    } catch {
      this.add({ kind: 'absent', path: as });
      return undefined;
    }
  }

  /** Called before it is read. */
  unchanged(path: string): void {
    const stats = statsOf(path);
    if (stats === 'unknown') this.spoil();
    else if (stats === undefined) this.add({ kind: 'absent', path });
    else {
      const { dev, ino, size, mtimeNs, ctimeNs } = stats;
      this.add({ kind: 'unchanged', path, numbers: [dev, ino, size, mtimeNs, ctimeNs] });
    }
  }

  process(pid: number, startTime: bigint): void {
    this.add({ kind: 'process', path: String(pid), numbers: [startTime] });
  }
}
