/** lxcfs explain: what a process sees in a file, line by line, with the inputs and the rule. */

import { LxcError } from '../../base/error.ts';
import type { Explanation } from '../../lxcfs/contract.ts';
import { makeProfile } from '../../lxcfs/profile.ts';
import { openView } from '../../lxcfs/view.ts';
import { findKeepers } from '../../run/lxcfs/keepers.ts';
import type { Command } from '../command.ts';
import { format, jsonText } from '../format.ts';
import { pidOf } from '../lxcfs-target.ts';

export const lxcfsExplain: Command = {
  name: 'lxcfs explain',
  summary: 'Tell what a process sees in a file of the view, and why',
  operands: 'PID|NAME FILE',
  named: false,
  options: [format],
  async run(invocation, session) {
    const [who, file = ''] = invocation.operands;
    const pid = await pidOf(invocation, who);
    const view = openView({ profile: findKeepers()[0]?.settings.profile ?? makeProfile() });
    const path = file.startsWith('/') ? file : `/proc/${file}`;
    if (!view.entries.some((entry) => entry.path === path && entry.kind === 'file'))
      throw new LxcError(`Failed to explain ${path}: the view has no such file`, {
        hint: 'name one such as meminfo or /proc/stat',
        exit: 2,
      });
    const lines = view.explain(path, view.identify(pid));
    view.sweep();
    session.out(invocation.get(format) === 'json' ? jsonText(lines) : lines.map(textOf).join(''));
    return 0;
  },
};

function textOf({ line, formula, inputs }: Explanation): string {
  const values = inputs.map(({ path, value }) => `    ${path}: ${value}\n`).join('');
  return `${line}\n    = ${formula}\n${values}`;
}
