/**
 * What Node.js is started with, by the helper and by the build: V8 refuses a code cache that was made under other
 * flags.
 */
export const nodeFlags = [
  // V8 would spend 5 ms on drawing a new seed for its hash tables. What they hold comes from the caller himself or from
  // the kernel, not from strangers who could look for collisions.
  '--no-rehash-snapshot',
  // A command is a thousand functions that run once: by V8's own counts (400 calls, 500 after a type was learnt) a daemon
  // has served hundreds of clients before its code is optimised.
  '--invocation-count-for-maglev=30',
  '--minimum-invocations-after-ic-update=30',
] as const;
