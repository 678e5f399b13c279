/** What readers of /proc/PID/mountinfo share. */

/** Blanks and backslashes stand as octal numbers. */
export function withoutEscapes(field: string): string {
  return field.replace(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}

/** Whether the mount that the path lies on passes later mounts on to its slaves. Links in the path are not followed. */
export function isShared(mountinfo: string, path: string): boolean {
  let best = '';
  let shared = false;
  for (const line of mountinfo.split('\n')) {
    const [, , , , escaped, , ...rest] = line.split(' ');
    if (escaped === undefined) continue;
    const target = withoutEscapes(escaped);
    const below = target === '/' || path === target || path.startsWith(`${target}/`);
    // Of two mounts on one point the later one is on top.
    if (!below || target.length < best.length) continue;
    best = target;
    shared = rest.slice(0, rest.indexOf('-')).some((field) => field.startsWith('shared:'));
  }
  return shared;
}
