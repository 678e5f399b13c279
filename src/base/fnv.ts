/** FNV-1a with 64 bits: the hash in socket names of LXC, and in the names of run directories. */

export function fnv1a64(text: string | Uint8Array): bigint {
  let hash = 0xcbf29ce484222325n;
  for (const byte of Buffer.from(text)) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  return hash;
}

/** 16 lower-case digits. */
export function hex64(value: bigint): string {
  return value.toString(16).padStart(16, '0');
}
