/**
 * Little-endian writer and reader of the wire's primitives, shared by frames, programs and records. Texts are
 * followed by a NUL that their length does not count, so that the helper uses them in place.
 */

import { LxcError } from '../base/error.ts';
import { decodeText, encodeText } from './text.ts';

const ascii = /^[\0-\x7f]*$/;
/** Behind a blob, by its length modulo 4. */
const pads = ['\0\0\0\0', '\0\0\0', '\0\0', '\0'] as const;
/** Most numbers are lengths, codes and zeros. */
const small = Array.from({ length: 256 }, (_, value) => `${String.fromCharCode(value)}\0\0\0`);

/** Bytes gathered as a string of one character each: a call into Node.js for each number and text would cost more. */
export class ByteWriter {
  #bytes = '';

  get size(): number {
    return this.#bytes.length;
  }

  u16(value: number): this {
    this.#bytes += String.fromCharCode(value & 0xff, (value >>> 8) & 0xff);
    return this;
  }

  u32(value: number): this {
    this.#bytes +=
      small[value] ??
      String.fromCharCode(value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24);
    return this;
  }

  i64(value: number | bigint): this {
    if (typeof value === 'number') return this.u32(value).u32(Math.floor(value / 2 ** 32));
    return this.u32(Number(BigInt.asUintN(32, value))).u32(Number(BigInt.asUintN(32, value >> 32n)));
  }

  /** u32 length, the bytes, and zeros up to the next multiple of 4, at least one. */
  blob(bytes: Uint8Array): this {
    return this.#padded(latin1(bytes));
  }

  text(value: string): this {
    return ascii.test(value) ? this.#padded(value) : this.blob(encodeText(value));
  }

  /** Each text followed by a NUL. */
  texts(values: readonly string[]): this {
    return this.text(values.map((value) => `${value}\0`).join(''));
  }

  /** Bytes as they are, without length. */
  raw(bytes: Uint8Array): this {
    this.#bytes += latin1(bytes);
    return this;
  }

  take(): Buffer {
    return Buffer.from(this.#bytes, 'latin1');
  }

  #padded(bytes: string): this {
    this.u32(bytes.length);
    this.#bytes += bytes + (pads[bytes.length % 4] ?? '');
    return this;
  }
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
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
