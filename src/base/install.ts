/** Where the package is: templates, shipped configurations and the helper are found from there. */

import { dirname } from 'node:path';
import { buildId } from './build.ts';

/** Above dist/ when built; this file is two levels below when the sources run. */
export const installRoot: string =
  buildId === 'source' ? dirname(dirname(import.meta.dirname)) : dirname(import.meta.dirname);
