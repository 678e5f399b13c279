/** Tables of Markdown. */

export type Cell = string | number;

export function table(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** A picture of those that a run writes. */
export function plot(name: string, alt: string): string {
  return `![${alt}](performance/${name}.svg)`;
}

/** Rates and times of very different sizes, with as many digits as mean something. */
export function short(value: number): string {
  if (Math.abs(value) >= 100) return value.toFixed(0);
  return value.toFixed(Math.abs(value) >= 10 ? 1 : 2);
}
