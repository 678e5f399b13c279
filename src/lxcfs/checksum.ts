/** A hash for names and for telling torn texts from whole ones; quick, since it runs with each read. */

/** 16 lower-case digits: FNV-1a of 32 bits from two starts. */
export function checksum(text: string): string {
  let left = 0x811c9dc5;
  let right = 0x9e3779b9;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    left = Math.imul(left ^ unit, 0x01000193);
    right = Math.imul(right ^ unit, 0x01000193) ^ (right >>> 15);
  }
  return digits(left) + digits(right);
}

function digits(word: number): string {
  return (word >>> 0).toString(16).padStart(8, '0');
}
