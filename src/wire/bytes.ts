/**
 * Little-endian writer and reader of the wire's primitives, shared by frames, programs and records. Texts are
 * followed by a NUL that their length does not count, so that the helper uses them in place.
 */

import { LxcError } from '../base/error.ts';
import { decodeText, encodeText } from './text.ts';

const firstCapacity = 1024;

export class ByteWriter {
  #bytes = Buffer.allocUnsafe(firstCapacity);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  u16(value: number): this {
    const at = this.#grow(2);
    this.#bytes.writeUInt16LE(value, at);
    return this;
  }

  u32(value: number): this {
    const at = this.#grow(4);
    this.#bytes.writeUInt32LE(value >>> 0, at);
    return this;
  }

  i64(value: number | bigint): this {
    if (typeof value === 'number') return this.u32(value).u32(Math.floor(value / 2 ** 32));
    const at = this.#grow(8);
    this.#bytes.writeBigUInt64LE(BigInt.asUintN(64, value), at);
    return this;
  }

  /** u32 length, the bytes, and zeros up to the next multiple of 4, at least one. */
  blob(bytes: Uint8Array): this {
    return this.u32(bytes.length).raw(bytes).#pad(bytes.length);
  }

  text(value: string): this {
    if (!value.isWellFormed()) return this.blob(encodeText(value));
    const length = Buffer.byteLength(value);
    this.u32(length);
    const at = this.#grow(length);
    this.#bytes.write(value, at, length);
    return this.#pad(length);
  }

  /** Each text followed by a NUL. */
  texts(values: readonly string[]): this {
    return this.text(values.map((value) => `${value}\0`).join(''));
  }

  /** Bytes as they are, without length. */
  raw(bytes: Uint8Array): this {
    const at = this.#grow(bytes.length);
    this.#bytes.set(bytes, at);
    return this;
  }

  take(): Buffer {
    return this.#bytes.subarray(0, this.#size);
  }

  #pad(length: number): this {
    const count = 4 - (length % 4);
    const at = this.#grow(count);
    this.#bytes.fill(0, at, at + count);
    return this;
  }

  /** Room for `count` more bytes; where they start. */
  #grow(count: number): number {
    const at = this.#size;
    this.#size += count;
    if (this.#size > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(this.#size, this.#bytes.length * 2));
      larger.set(this.#bytes.subarray(0, at));
      this.#bytes = larger;
    }
    return at;
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
    return decodeText(this.blob());
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
