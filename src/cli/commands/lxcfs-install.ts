/** lxcfs install: the files by which other programs use the proc view. */

import { integrations } from '../../lxcfs/install/integrations.ts';
import { installCommand } from '../install.ts';

const summary = 'Write the files by which other programs use the proc view';

export const lxcfsInstall = installCommand({ name: 'lxcfs install', summary }, integrations);
