/** A change line by line as `diff -u` shows it: lines that go, lines that come, three of what is around. Pure. */

import type { UpdatedLine } from '../config/update.ts';

const around = 3;

/** Nothing where nothing changes. */
export function diffText(file: string, lines: readonly UpdatedLine[]): string {
  const shown = hunks(lines);
  if (shown.length === 0) return '';
  let shift = 0;
  const texts = shown.map((hunk) => {
    const text = hunkText(hunk, shift);
    shift -= hunk.filter(({ after }) => after === undefined).length;
    return text;
  });
  return `--- ${file}\n+++ ${file}\n${texts.join('')}`;
}

function hunks(lines: readonly UpdatedLine[]): readonly (readonly UpdatedLine[])[] {
  const near = lines.filter((_, at) =>
    lines.slice(Math.max(0, at - around), at + around + 1).some(isChanged),
  );
  const found: UpdatedLine[][] = [];
  for (const line of near) {
    const last = found.at(-1);
    if (last?.at(-1)?.line === line.line - 1) last.push(line);
    else found.push([line]);
  }
  return found;
}

function isChanged({ before, after }: UpdatedLine): boolean {
  return before !== after;
}

/** `shift` is how many lines more the new text had up to here. */
function hunkText(hunk: readonly UpdatedLine[], shift: number): string {
  const first = hunk[0]?.line ?? 1;
  const left = hunk.filter(({ after }) => after !== undefined).length;
  const head = `@@ -${first},${hunk.length} +${first + shift},${left} @@\n`;
  return head + hunk.map(lineText).join('');
}

function lineText(line: UpdatedLine): string {
  if (!isChanged(line)) return ` ${line.before}\n`;
  return `-${line.before}\n${line.after === undefined ? '' : `+${line.after}\n`}`;
}
