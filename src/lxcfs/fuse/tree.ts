/**
 * The names in the mount and their node ids. An id is the container's number (0 in the tree that all share) and a
 * hash of the path: a pure function of what outlives a server, because the kernel keeps ids across its restarts and
 * upgrades. `/` and `/by-name` have ids of their own; a container's directory has that of `/` with its number.
 */

import type { Entry, View } from '../contract.ts';
import type { Wide } from './protocol.ts';

export const rootNode = 1;
export const byNameNode = 2;
const firstHash = 16;

/** What lies at a node. */
export interface Place {
  readonly id: number;
  /** The last part of the path. */
  readonly name: string;
  readonly entry: Entry;
  readonly children: readonly Place[];
  /** By the parent's id and the name. */
  child(name: string): Place | undefined;
}

class Node implements Place {
  readonly id: number;
  readonly name: string;
  readonly entry: Entry;
  readonly #children = new Map<string, Node>();

  constructor(id: number, entry: Entry) {
    this.id = id;
    this.entry = entry;
    this.name = entry.path.slice(entry.path.lastIndexOf('/') + 1);
  }

  get children(): readonly Place[] {
    return [...this.#children.values()];
  }

  child(name: string): Place | undefined {
    return this.#children.get(name);
  }

  add(child: Node): void {
    this.#children.set(child.name, child);
  }
}

export class Tree {
  readonly #nodes = new Map<number, Node>();
  readonly #paths = new Map<string, Node>();

  constructor(entries: View['entries']) {
    const root = new Node(rootNode, directory(''));
    this.#nodes.set(rootNode, root);
    this.#paths.set('', root);
    for (const entry of entries) this.#add(entry);
  }

  get root(): Place {
    const root = this.#nodes.get(rootNode);
    if (root === undefined) throw new Error('A tree without a root');
    return root;
  }

  at(id: number): Place | undefined {
    return this.#nodes.get(id);
  }

  get size(): number {
    return this.#nodes.size;
  }

  #add(entry: Entry): Node {
    const known = this.#paths.get(entry.path);
    if (known !== undefined) return known;
    const parent = this.#parentOf(entry.path);
    const node = new Node(this.#freeId(entry.path), entry);
    this.#nodes.set(node.id, node);
    this.#paths.set(entry.path, node);
    parent.add(node);
    return node;
  }

  #parentOf(path: string): Node {
    const parent = path.slice(0, path.lastIndexOf('/'));
    return this.#paths.get(parent) ?? this.#add(directory(parent));
  }

  /** Two paths with one hash: the later one in the order of entries, which is stable, moves on. */
  #freeId(path: string): number {
    let id = hash(path);
    while (id < firstHash || this.#nodes.has(id)) id = (id + 1) >>> 0;
    return id;
  }
}

function directory(path: string): Entry {
  return { path, kind: 'directory', mode: 0o555 };
}

/** FNV-1a with 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (const byte of Buffer.from(text)) value = Math.imul(value ^ byte, 0x01000193) >>> 0;
  return value;
}

export function nodeOf(container: number, id: number): Wide {
  return { high: container, low: id };
}
