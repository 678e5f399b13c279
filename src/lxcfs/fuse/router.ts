/**
 * From a request to its reply. Contents come from the view, contents of open files from the snapshots; what is decided
 * here is who sees what, and how long the kernel may believe it. Every handler can run twice for one request, because
 * a successor repeats what its predecessor did not answer.
 */

import type { Entry, Subject, View } from '../contract.ts';
import { sysinfoPath } from '../sysinfo.ts';
import type { Containers } from './containers.ts';
import type { Names } from './names.ts';
import {
  type Attributes,
  fileTypes,
  opcodes,
  openFlags,
  Reply,
  type Request,
  type Wide,
} from './protocol.ts';
import type { Snapshots } from './snapshots.ts';
import { byNameNode, nodeOf, type Place, rootNode, type Tree } from './tree.ts';

const errno = { ENOENT: 2, EACCES: 13, EISDIR: 21, EINVAL: 22, ENFILE: 23, ENOSYS: 38 } as const;

/** Seconds. What a caller sees of a file in the shared tree is nothing that the next one may be told. */
const ttls = { tree: 3600, container: 1, ownFile: 1, sharedFile: 0 } as const;

/** What i_size says before anybody asked: with 0, sendfile would find nothing to refuse. */
const someSize = 4096;

export interface RouterParts {
  readonly view: View;
  readonly tree: Tree;
  readonly names: Names;
  readonly containers: Containers;
  readonly snapshots: Snapshots;
  /** The text of a file of the host itself. */
  readonly hostText: (path: string) => Buffer;
  /** Called before what may block. */
  readonly watch: { begin(unique: Wide, repeated: boolean): void };
  /** A load average was asked for. */
  readonly loadWanted: () => void;
}

export class Router {
  readonly #parts: RouterParts;
  #opened: Wide | undefined;
  /** Give everybody the host's files: the view was turned off, or it blocked on this request. */
  host = false;
  /** The request was handed out before. */
  repeated = false;

  constructor(parts: RouterParts) {
    this.#parts = parts;
  }

  /** The length of the reply; 0 where the kernel wants none. */
  handle(request: Request, reply: Reply): number {
    this.#opened = undefined;
    switch (request.opcode) {
      case opcodes.OPEN:
        return this.#open(request, reply);
      case opcodes.READ:
        return this.#read(request, reply);
      case opcodes.RELEASE:
        this.#parts.snapshots.release(handleOf(request), this.repeated);
        return reply.empty(request);
      case opcodes.LOOKUP:
        return this.#lookup(request, reply);
      case opcodes.GETATTR:
        return this.#getattr(request, reply);
      case opcodes.READDIR:
        return this.#readdir(request, reply);
      default:
        return this.#other(request, reply);
    }
  }

  /** Nobody took the reply: what OPEN had set aside is free again. */
  unanswered(): void {
    if (this.#opened !== undefined) this.#parts.snapshots.giveBack(this.#opened);
    this.#opened = undefined;
  }

  #other(request: Request, reply: Reply): number {
    switch (request.opcode) {
      case opcodes.FORGET:
      case opcodes.BATCH_FORGET:
      case opcodes.INTERRUPT:
        return 0;
      case opcodes.OPENDIR:
        return reply.open(request, nodeOf(0, 0), 0);
      case opcodes.RELEASEDIR:
      case opcodes.DESTROY:
        return reply.empty(request);
      case opcodes.READLINK:
        return this.#readlink(request, reply);
      case opcodes.SETATTR:
        return reply.error(request, errno.EACCES);
      case opcodes.STATFS:
        return reply.statfs(request);
      case opcodes.INIT:
        return reply.init(request);
      default:
        return reply.error(request, errno.ENOSYS);
    }
  }

  // ---- open files ----

  #open(request: Request, reply: Reply): number {
    const place = this.#parts.tree.at(request.u32(16));
    if (place === undefined) return reply.error(request, errno.ENOENT);
    if (place.entry.kind !== 'file') return reply.error(request, errno.EISDIR);
    const secret = (place.entry.mode & 0o004) === 0;
    if (request.writes || (secret && request.uid !== 0)) return reply.error(request, errno.EACCES);
    const text = this.#text(request, place.entry);
    const handle = this.#parts.snapshots.take(text, request.unique.low);
    if (handle === undefined) return reply.error(request, errno.ENFILE);
    this.#opened = handle;
    return reply.open(request, handle, openFlags.DIRECT_IO | openFlags.NOFLUSH);
  }

  /**
   * The page cache is refused: whoever reads there next (by sendfile, splice, mmap) would get this reader's bytes. A
   * later read of the beginning is a reader that wants news, as top does; a resent one is the same reader as before.
   */
  #read(request: Request, reply: Reply): number {
    if (!request.direct) return reply.error(request, errno.EINVAL);
    const { snapshots } = this.#parts;
    const handle = handleOf(request);
    const { offset } = request;
    if (offset === 0 && this.repeated) snapshots.settle(handle, request.unique.low);
    const found = snapshots.read(handle, offset, request.size, reply.bytes, Reply.data);
    if (found === undefined || found.count === 0) return reply.empty(request);
    if (offset > 0 || found.fresh || this.repeated) return reply.filled(request, found.count);
    this.#renew(request, handle);
    const renewed = snapshots.read(handle, 0, request.size, reply.bytes, Reply.data);
    return reply.filled(request, renewed?.count ?? 0);
  }

  #renew(request: Request, handle: Wide): void {
    const place = this.#parts.tree.at(request.u32(16));
    if (place !== undefined)
      this.#parts.snapshots.renew(handle, this.#text(request, place.entry), request.unique.low);
  }

  #text(request: Request, entry: Entry): Buffer {
    this.#parts.watch.begin(request.unique, this.repeated);
    if (this.host) return this.#parts.hostText(entry.path);
    if (entry.path === '/proc/loadavg' || entry.path === sysinfoPath) this.#parts.loadWanted();
    return this.#parts.view.render(entry.path, this.#subject(request));
  }

  /**
   * The container in the node. It counts for itself and for the host alone: the whole mount may be handed to a
   * container, for those inside it. Others, and where it is not known, see what is theirs.
   */
  #subject(request: Request): Subject {
    const container = request.u32(20);
    const { names, containers, view } = this.#parts;
    const name = container === 0 ? undefined : names.nameOf(container);
    const named = name === undefined ? undefined : containers.subject(name);
    return named !== undefined && view.mayAsk(request.tid, named) ? named : view.identify(request.tid);
  }

  // ---- names ----

  #lookup(request: Request, reply: Reply): number {
    const container = request.u32(20);
    const id = request.u32(16);
    const { name } = request;
    if (container === 0 && id === byNameNode) return this.#lookupContainer(request, reply, name);
    if (container === 0 && id === rootNode && name === 'by-name')
      return reply.entry(request, nodeOf(0, byNameNode), ttls.tree, directoryAttributes);
    const place = this.#parts.tree.at(id)?.child(name);
    if (place === undefined || !this.#sees(request, place)) return reply.noEntry(request);
    const ttl = place.entry.cpu === undefined ? ttls.tree : 0;
    return reply.entry(
      request,
      nodeOf(container, place.id),
      ttl,
      attributesOf(place.entry, container, someSize),
    );
  }

  #lookupContainer(request: Request, reply: Reply, name: string): number {
    if (!this.#parts.containers.has(name)) return reply.noEntry(request);
    const node = nodeOf(this.#parts.names.numberOf(name), rootNode);
    return reply.entry(request, node, ttls.container, directoryAttributes);
  }

  #sees(request: Request, place: Place): boolean {
    if (place.entry.cpu === undefined || this.host) return true;
    this.#parts.watch.begin(request.unique, this.repeated);
    return this.#parts.view.isVisible(place.entry, this.#subject(request));
  }

  #getattr(request: Request, reply: Reply): number {
    const node = nodeOf(request.u32(20), request.u32(16));
    if (node.high === 0 && node.low === byNameNode)
      return reply.attributes(request, node, directoryAttributes);
    const entry = this.#parts.tree.at(node.low)?.entry;
    if (entry === undefined) return reply.error(request, errno.ENOENT);
    const size = entry.kind === 'file' ? this.#text(request, entry).length : 0;
    return reply.attributes(request, node, attributesOf(entry, node.high, size));
  }

  #readlink(request: Request, reply: Reply): number {
    const target = this.#parts.tree.at(request.u32(16))?.entry.target;
    if (target === undefined) return reply.error(request, errno.EINVAL);
    return reply.filled(request, reply.bytes.write(target, Reply.data));
  }

  // ---- directories ----

  #readdir(request: Request, reply: Reply): number {
    const list = this.#list(request);
    const end = Reply.data + request.size;
    let at: number = Reply.data;
    for (let index = request.offset; index < list.length; index++) {
      const item = list[index];
      if (item === undefined) break;
      const length = reply.directoryEntry(at, end, item.node, index + 1, item.type, item.name);
      if (length === 0) break;
      at += length;
    }
    return reply.filled(request, at - Reply.data);
  }

  #list(request: Request): readonly Item[] {
    const container = request.u32(20);
    const id = request.u32(16);
    const self = nodeOf(container, id);
    const dots = ['.', '..'].map((name) => ({ name, node: self, type: fileTypes.directory }));
    if (container === 0 && id === byNameNode) return [...dots, ...this.#containerItems()];
    const place = this.#parts.tree.at(id);
    const items = (place?.children ?? [])
      .filter((child) => this.#sees(request, child))
      .map((child) => ({
        name: child.name,
        node: nodeOf(container, child.id),
        type: fileTypes[child.entry.kind],
      }));
    const byName = { name: 'by-name', node: nodeOf(0, byNameNode), type: fileTypes.directory };
    return [...dots, ...items, ...(container === 0 && id === rootNode ? [byName] : [])];
  }

  #containerItems(): readonly Item[] {
    const { names, containers } = this.#parts;
    return containers.names().map((name) => ({
      name,
      node: nodeOf(names.numberOf(name), rootNode),
      type: fileTypes.directory,
    }));
  }
}

interface Item {
  readonly name: string;
  readonly node: Wide;
  readonly type: number;
}

const directoryAttributes: Attributes = {
  ttl: ttls.tree,
  size: 0,
  mode: fileTypes.directory | 0o555,
  nlink: 2,
  seconds: 0,
};

/** A size of 0 would make sendfile succeed with nothing where another caller has something. */
function attributesOf(entry: Entry, container: number, size: number): Attributes {
  if (entry.kind === 'directory') return directoryAttributes;
  const mode = fileTypes[entry.kind] | entry.mode;
  if (entry.kind === 'link')
    return { ttl: ttls.tree, size: Buffer.byteLength(entry.target ?? ''), mode, nlink: 1, seconds: 0 };
  const ttl = container === 0 ? ttls.sharedFile : ttls.ownFile;
  return { ttl, size: Math.max(size, 1), mode, nlink: 1, seconds: Math.floor(Date.now() / 1000) };
}

/** READ and RELEASE. */
function handleOf(request: Request): Wide {
  return { low: request.u32(40), high: request.u32(44) };
}
