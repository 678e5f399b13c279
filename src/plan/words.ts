/** A command line of the configuration as words: blanks separate, quotes and backslashes keep together. */

export function splitCommand(line: string): readonly string[] {
  return /["'\\]/.test(line) ? splitQuoted(line) : line.split(/[ \t\n]+/).filter((word) => word !== '');
}

function splitQuoted(line: string): readonly string[] {
  const words: string[] = [];
  let word: string | undefined;
  const token = /\\(.)|'([^']*)'|"((?:[^"\\]|\\.)*)"|([ \t\n]+)|(.)/gs;
  for (const [, escaped, single, double, blank, plain] of line.matchAll(token)) {
    if (blank !== undefined) {
      if (word !== undefined) words.push(word);
      word = undefined;
      continue;
    }
    const part = escaped ?? single ?? double?.replaceAll(/\\(["\\$`])/g, '$1') ?? plain ?? '';
    word = (word ?? '') + part;
  }
  return word === undefined ? words : [...words, word];
}
