/**
 * Little-endian writer and reader of the wire's primitives, shared by frames, programs and records. Texts are
 * followed by a NUL that their length does not count, so that the helper uses them in place.
 */

import { LxcError } from '../base/error.ts';

export class ByteWriter {
  readonly #parts: Buffer[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  u16(value: number): this {
    const part = Buffer.allocUnsafe(2);
    part.writeUInt16LE(value);
    return this.#push(part);
  }

  u32(value: number): this {
    const part = Buffer.allocUnsafe(4);
    part.writeUInt32LE(value >>> 0);
    return this.#push(part);
  }

  i64(value: number | bigint): this {
    const part = Buffer.allocUnsafe(8);
    part.writeBigUInt64LE(BigInt.asUintN(64, BigInt(value)));
    return this.#push(part);
  }

  /** u32 length, the bytes, and zeros up to the next multiple of 4, at least one. */
  blob(bytes: Uint8Array): this {
    this.u32(bytes.length);
    this.#push(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    return this.#push(Buffer.alloc(4 - (bytes.length % 4)));
  }

  text(value: string): this {
    return this.blob(Buffer.from(value));
  }

  /** Each text followed by a NUL. */
  texts(values: readonly string[]): this {
    return this.blob(Buffer.from(values.map((value) => `${value}\0`).join('')));
  }

  /** Bytes as they are, without length. */
  raw(bytes: Uint8Array): this {
    return this.#push(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  }

  take(): Buffer {
    return Buffer.concat(this.#parts, this.#size);
  }

  #push(part: Buffer): this {
    this.#parts.push(part);
    this.#size += part.length;
    return this;
  }
}

export class ByteReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  u16(): number {
    return this.#take(2).readUInt16LE();
  }

  u32(): number {
    return this.#take(4).readUInt32LE();
  }

  i32(): number {
    return this.#take(4).readInt32LE();
  }

  i64(): bigint {
    return this.#take(8).readBigInt64LE();
  }

  blob(): Buffer {
    const length = this.u32();
    const bytes = this.#take(length);
    this.#take(4 - (length % 4));
    return bytes;
  }

  text(): string {
    return this.blob().toString();
  }

  texts(): string[] {
    const text = this.text();
    return text === '' ? [] : text.slice(0, -1).split('\0');
  }

  #take(count: number): Buffer {
    if (count > this.left)
      throw new LxcError(`Failed to read ${count} bytes of a message, ${this.left} are left`);
    const part = this.#bytes.subarray(this.#at, this.#at + count);
    this.#at += count;
    return part;
  }
}
