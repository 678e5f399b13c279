/** The names that the helper goes by: build.ts links them, package.json lists them for npm. */

import { commands } from '../src/cli/commands.ts';

/** OCI runtimes that the helper can stand in front of. */
const wrappers = ['lxcfs-runc', 'lxcfs-crun'];

const own = Object.keys(commands).filter((name) => !name.includes(' '));

export const installedNames: readonly string[] = ['lxc', ...own, ...wrappers];
