/**
 * Text of the kernel's world (arguments, variables, paths) is bytes, most often UTF-8. A byte that is none becomes
 * a lone surrogate, U+DC80 to U+DCFF, and that byte again on its way out, so that nothing is lost between.
 */

import { isUtf8 } from 'node:buffer';

const escapes = 0xdc00;
const replacement = '\u{fffd}';
const lone = /([\udc80-\udcff])/u;

export function decodeText(bytes: Buffer): string {
  const text = bytes.toString();
  return text.includes(replacement) && !isUtf8(bytes) ? decodeStrange(bytes) : text;
}

function decodeStrange(bytes: Buffer): string {
  let text = '';
  for (let at = 0; at < bytes.length; ) {
    const lead = bytes.readUInt8(at);
    const sequence = bytes.subarray(at, at + lengthOf(lead));
    const known = isUtf8(sequence);
    text += known ? sequence.toString() : String.fromCharCode(escapes + lead);
    at += known ? sequence.length : 1;
  }
  return text;
}

function lengthOf(lead: number): number {
  if (lead < 0xe0) return lead < 0xc0 ? 1 : 2;
  return lead < 0xf0 ? 3 : 4;
}

export function encodeText(text: string): Buffer {
  if (text.isWellFormed()) return Buffer.from(text);
  const pieces = text.split(lone);
  return Buffer.concat(
    pieces.map((piece) => (lone.test(piece) ? Buffer.of(piece.charCodeAt(0) - escapes) : Buffer.from(piece))),
  );
}
