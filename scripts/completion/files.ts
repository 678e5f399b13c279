/** The completion of every shell, by its path in the project. */

import { catalogue } from '../catalogue.ts';
import { bashCompletion } from './bash.ts';
import { fishCompletion } from './fish.ts';
import { zshCompletion } from './zsh.ts';

export function completionFiles(): Readonly<Record<string, string>> {
  return {
    'completions/lxc.bash': bashCompletion(catalogue),
    'completions/lxc.fish': fishCompletion(catalogue),
    'completions/_lxc': zshCompletion(catalogue),
  };
}
