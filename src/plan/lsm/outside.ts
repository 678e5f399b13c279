/**
 * What AppArmor's patterns cannot say, that everything but a few places is meant: as a list of patterns that leave these
 * places out letter by letter.
 */

/**
 * Patterns for every path below the directory `top` (with a slash at its end) that is neither in one of the places, nor
 * on the way to one. A place is a path below `top` and stands for what is below it too; with a star at its end for
 * everything whose name begins so.
 */
export function outside(top: string, places: readonly string[]): string[] {
  const names = group(places);
  const heads = [...new Set([...names.keys()].flatMap(beginnings))];
  const here = heads.flatMap((head) => others(top, head, names));
  const below = [...names].flatMap(([name, rests]) =>
    rests.length === 0 || rests.includes('') ? [] : outside(`${top}${name}/`, rests),
  );
  return [...here, ...below];
}

/** First components, a star kept, each with what follows it; `''` where nothing does. */
function group(places: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const names = new Map<string, string[]>();
  for (const place of places) {
    const [name = '', ...rest] = place.split('/');
    names.set(name, [...(names.get(name) ?? []), rest.join('/')]);
  }
  return names;
}

/** `''`, `s`, `se`, `sem`. */
function beginnings(name: string): string[] {
  const literal = name.replace(/\*$/, '');
  return Array.from({ length: literal.length + 1 }, (_, length) => literal.slice(0, length));
}

/** Names that share `head` with one of the names, and no letter more. */
function others(top: string, head: string, names: ReadonlyMap<string, unknown>): string[] {
  const all = [...names.keys()];
  if (all.includes(`${head}*`)) return [];
  const next = new Set(
    all.flatMap((name) => (name.startsWith(head) ? [...name.slice(head.length, head.length + 1)] : [])),
  );
  next.delete('*');
  const letter = next.size === 0 ? '?' : `[^${[...next].sort().join('')}/]`;
  const own = head === '' || all.includes(head) ? `${letter}*` : `{,${letter}*}`;
  return [`${top}${head}${own}{,/,/**}`];
}
