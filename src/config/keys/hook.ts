/** Commands that are run at points of a container's life. */

import { numberBetween, text } from '../codec.ts';
import { group, many, one } from '../row.ts';

export const hookKeys = {
  'lxc.hook': group('Clears all hooks when it is empty.', { since: '1.0' }),
  'lxc.hook.version': one(
    numberBetween('0|1', 0n, 1n),
    'Whether facts come as arguments (0) or variables (1).',
    {
      default: 0,
    },
  ),
  'lxc.hook.pre-start': many(text, 'Run on the host before anything is set up.', { since: '0.9' }),
  'lxc.hook.pre-mount': many(text, 'Run in the new mount namespace before the root file system is there.', {
    since: '0.9',
  }),
  'lxc.hook.mount': many(text, 'Run after the mounts, before the change of root.', { since: '0.9' }),
  'lxc.hook.autodev': many(text, 'Run after /dev was filled.', { since: '0.9' }),
  'lxc.hook.start-host': many(text, 'Run on the host just before init starts.'),
  'lxc.hook.start': many(text, 'Run inside the container just before init starts.', { since: '0.9' }),
  'lxc.hook.stop': many(text, 'Run on the host with the namespaces of the ended container.', {
    since: '2.0',
  }),
  'lxc.hook.post-stop': many(text, 'Run on the host after the container is gone.', { since: '0.9' }),
  'lxc.hook.clone': many(text, 'Run for a copy of the container.', { since: '1.0', effect: 'none' }),
  'lxc.hook.destroy': many(text, 'Run when the container is destroyed.', { since: '2.0', effect: 'none' }),
};
