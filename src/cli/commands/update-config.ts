/** lxc-update-config: a configuration of any older dialect in the current one. */

import { LxcError } from '../../base/error.ts';
import { updateConfig } from '../../run/update-config.ts';
import type { Command } from '../command.ts';
import { diffText } from '../diff-text.ts';
import { format, jsonText } from '../format.ts';
import { flag, text } from '../option.ts';

const file = text({ short: 'c', long: 'config', metavar: 'FILE', help: 'The configuration to update' });
const dryRun = flag({ long: 'dry-run', help: 'Print the difference, and change nothing' });

export const update: Command = {
  name: 'lxc-update-config',
  summary: 'Rewrite a configuration in the current dialect',
  named: false,
  options: [file, dryRun, format],
  run(invocation, session) {
    if (session.argv.length <= 1) {
      session.out(usage);
      return 0;
    }
    const path = invocation.get(file);
    if (path === undefined)
      throw new LxcError('Failed to update a configuration: none was named', { hint: 'give one with -c' });
    const isDry = invocation.get(dryRun);
    const done = updateConfig(session, { file: path, dryRun: isDry });
    for (const warning of done.warnings) invocation.warn(warning);
    if (invocation.get(format) === 'json') {
      const changes = done.lines.filter(({ before, after }) => before !== after);
      session.out(jsonText({ file: done.file, backup: done.backup, changes, warnings: done.warnings }));
    } else if (isDry) session.out(diffText(done.file, done.lines));
    return 0;
  },
};

const usage = `Usage: lxc-update-config -c FILE [--dry-run]
       lxc-update-config --help: all options
`;
