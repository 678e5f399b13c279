/** Lists of names and tables as lxc-ls prints them. Pure. */

/** Every column as wide as its widest cell and one blank behind it, also behind the last. */
export function tableText(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => width(row[column]))));
  return rows
    .map((row) => `${row.map((cell, column) => pad(cell, (widths[column] ?? 0) + 1)).join('')}\n`)
    .join('');
}

/**
 * Names side by side, as many as `columns` characters take; one in a row where the width is not known. All are
 * padded to the longest, which counts for four at least. A row that is not full ends in a blank, as in LXC.
 */
export function namesText(names: readonly string[], columns: number): string {
  const widest = Math.max(4, ...names.map(width));
  const perRow = Math.max(1, Math.floor(columns / (widest + 1)));
  const rows: string[] = [];
  for (let at = 0; at < names.length; at += perRow) {
    const row = names.slice(at, at + perRow).map((name) => pad(name, widest));
    rows.push(`${row.join(' ')}${row.length < perRow ? ' ' : ''}\n`);
  }
  return rows.join('');
}

function width(cell: string | undefined): number {
  return cell === undefined ? 0 : [...cell].length;
}

function pad(cell: string, to: number): string {
  return cell + ' '.repeat(Math.max(0, to - width(cell)));
}
