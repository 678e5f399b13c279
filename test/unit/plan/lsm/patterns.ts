/** AppArmor's patterns as regular expressions: what apparmor.d(5) says of `*`, `**`, `?`, classes and alternatives. */

export function matches(pattern: string, path: string): boolean {
  return new RegExp(`^${translated(pattern)}$`).test(path);
}

function translated(pattern: string): string {
  let depth = 0;
  const parts = pattern.match(/\*\*|\[\^?[^\]]*\]|./g) ?? [];
  return parts
    .map((part) => {
      if (part === '{') depth += 1;
      if (part === '}') depth -= 1;
      const known = words[part];
      if (known !== undefined) return known;
      if (part === ',' && depth > 0) return '|';
      return part.startsWith('[') ? part : part.replace(/[.+^$()|\\]/, '\\$&');
    })
    .join('');
}

const words: Readonly<Record<string, string>> = {
  '**': '.+',
  '*': '[^/]*',
  '?': '[^/]',
  '{': '(?:',
  '}': ')',
};
