/** Names the build, so that a client and a brain of different builds do not talk to each other. */

declare global {
  /** Put in by scripts/build.ts. */
  var LXC_TS_BUILD_ID: string | undefined;
}

/** `source` when the sources run without a build. */
export const buildId: string = globalThis.LXC_TS_BUILD_ID ?? 'source';
