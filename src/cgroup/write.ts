/** Writing to a file of a cgroup. */

import { closeSync, constants, openSync, writeSync } from 'node:fs';

/** Neither creates nor truncates: a cgroup file is there and takes one write. */
export function writeCgroupFile(file: string, text: string): void {
  const descriptor = openSync(file, constants.O_WRONLY);
  try {
    writeSync(descriptor, text);
  } finally {
    closeSync(descriptor);
  }
}
