/** dist/lxcfs.cjs: what the keeper starts. A bundle of its own, so that a server that died is back soon. */

import { runServer } from './fuse/server.ts';
import { openLoadSampler } from './sampler.ts';
import { openView } from './view.ts';

runServer(process.argv.slice(2), { openView, openLoadSampler });
