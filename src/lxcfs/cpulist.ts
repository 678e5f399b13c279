/** Lists of CPUs as the kernel writes them: `0-3,8`. */

/** A mask wider than the kernel's own limit is no CPU list. */
const mostCpus = 8192;

/** The same few texts come with every read. */
const known = new Map<string, readonly number[]>();
const mostKnown = 256;

export function parseCpus(text: string): readonly number[] {
  const found = known.get(text);
  if (found !== undefined) return found;
  if (known.size === mostKnown) known.clear();
  const cpus = parse(text);
  known.set(text, cpus);
  return cpus;
}

function parse(text: string): readonly number[] {
  const cpus = new Set<number>();
  for (const part of text.trim().split(',')) {
    const match = /^(\d+)(?:-(\d+))?$/.exec(part);
    if (match === null) continue;
    const first = Number(match[1]);
    const last = Math.min(Number(match[2] ?? match[1]), mostCpus);
    for (let cpu = first; cpu <= last; cpu++) cpus.add(cpu);
  }
  return [...cpus].sort((left, right) => left - right);
}

export function formatCpus(cpus: readonly number[]): string {
  const parts: string[] = [];
  for (let from = 0, to = 0; from < cpus.length; from = to + 1) {
    to = from;
    while (cpus[to + 1] === (cpus[to] ?? 0) + 1) to++;
    parts.push(to === from ? `${cpus[from]}` : `${cpus[from]}-${cpus[to]}`);
  }
  return parts.join(',');
}
