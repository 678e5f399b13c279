/** Names by POSIX extended regular expressions, as options of LXC take them. */

import { LxcError } from '../base/error.ts';

/** POSIX classes are the one thing that JavaScript's expressions lack and container names meet. */
export function extendedRegExp(source: string): RegExp {
  const classes = { alnum: 'A-Za-z0-9', alpha: 'A-Za-z', digit: '0-9', lower: 'a-z', upper: 'A-Z' };
  const translated = Object.entries(classes).reduce(
    (text, [name, set]) => text.replaceAll(`[:${name}:]`, set),
    source,
  );
  try {
    return new RegExp(translated, 'u');
  } catch (error) {
    throw new LxcError(`Failed to read '${source}' as a regular expression`, { cause: error });
  }
}
