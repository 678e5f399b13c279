/**
 * What Node.js is started with, by the helper and by the build: V8 refuses a code cache that was made under other
 * flags.
 */
export const nodeFlags = [
  // V8 would spend 5 ms on drawing a new seed for its hash tables. What they hold comes from the caller himself or from
  // the kernel, not from strangers who could look for collisions.
  '--no-rehash-snapshot',
] as const;
