/** `install` of a command: the files by which other programs use it, written, shown or removed. */

import { LxcError } from '../base/error.ts';
import { installRoot } from '../base/install.ts';
import { perform, worldOf } from '../lxcfs/install/files.ts';
import { type Integration, planInstall, planUninstall, type Step } from '../lxcfs/install/plan.ts';
import type { Command } from './command.ts';
import { flag, text } from './option.ts';

const options = {
  uninstall: flag({ long: 'uninstall', help: 'Remove them again' }),
  plan: flag({ long: 'plan', help: 'Print what would be written, and change nothing' }),
  root: text({ long: 'root', metavar: 'DIR', help: 'Write below DIR, as packagers do' }),
};

export function installCommand(
  { name: command, summary }: Pick<Command, 'name' | 'summary'>,
  integrations: Readonly<Record<string, Integration>>,
): Command {
  return {
    name: command,
    summary,
    operands: Object.keys(integrations).join('|'),
    named: false,
    options: Object.values(options),
    run(invocation, session) {
      const [name = '', ...more] = invocation.operands;
      const integration = Object.hasOwn(integrations, name) ? integrations[name] : undefined;
      if (integration === undefined || more.length > 0)
        throw new LxcError(
          name === '' ? 'Nothing to install for' : `Failed to install for ${[name, ...more].join(' ')}`,
          { hint: `name one of ${Object.keys(integrations).join(', ')}`, exit: 2 },
        );
      const root = invocation.get(options.root);
      const world = worldOf({
        install: installRoot,
        root: root === undefined ? '' : session.resolve(root),
      });
      const gone = invocation.get(options.uninstall);
      const steps = gone ? planUninstall(integration, world) : planInstall(integration, world);
      if (invocation.get(options.plan)) {
        session.out(steps.map(planned).join(''));
        return 0;
      }
      perform(steps);
      session.out(steps.map((step) => `${told(step)}\n`).join(''));
      session.out(`Next: ${gone ? integration.nextGone : integration.next}\n`);
      return 0;
    },
  };
}

function told({ path, outcome, owner, note }: Step): string {
  if (outcome === 'kept') return `${path}: left as it is, it is that of ${owner}`;
  return `${path}: ${outcome}${note === undefined ? '' : `; ${note}`}`;
}

function planned(step: Step): string {
  const line = told(step).replace(/: (written|removed)/, ': to be $1');
  return `${line}\n${step.text === undefined ? '' : `${step.text.trimEnd()}\n`}`;
}
