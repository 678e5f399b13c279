/**
 * Reading in the root file system of a running container, as its init sees it. What lies there is foreign: each
 * component is opened by itself and none may be a symbolic link, so that no path leads out (CVE-2015-1335).
 */

import { closeSync, constants, fstatSync, openSync, readdirSync, readSync } from 'node:fs';

/** O_PATH; Node.js does not name it. */
const pathOnly = 0o10000000;
const step = pathOnly | constants.O_DIRECTORY | constants.O_NOFOLLOW;
const plainFile = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
/** A configuration that is longer is no configuration. */
const longest = 1024 * 1024;

/** Names in a directory; none where it is not there or a link stands in its path. */
export function namesInside(pid: number, path: string): readonly string[] {
  return (
    below(pid, path, (directory) => readdirSync(directory).filter((name) => !/[\p{Cc}\uFFFD]/u.test(name))) ??
    []
  );
}

/** The text of a regular file. */
export function textInside(pid: number, directory: string, name: string): string | undefined {
  return below(pid, directory, (path) => readPlain(`${path}/${name}`));
}

/** `use` gets a path that leads to the directory whatever happens inside meanwhile. */
function below<T>(pid: number, path: string, use: (path: string) => T): T | undefined {
  const descriptors: number[] = [];
  try {
    descriptors.push(openSync(`/proc/${pid}/root/`, pathOnly | constants.O_DIRECTORY));
    for (const component of path.split('/').filter((part) => part !== '' && part !== '.'))
      descriptors.push(openSync(`/proc/self/fd/${descriptors.at(-1)}/${component}`, step));
    return use(`/proc/self/fd/${descriptors.at(-1)}`);
  } catch {
    return undefined;
  } finally {
    for (const descriptor of descriptors) closeSync(descriptor);
  }
}

function readPlain(path: string): string | undefined {
  const descriptor = openSync(path, plainFile);
  try {
    if (!fstatSync(descriptor).isFile()) return undefined;
    const bytes = Buffer.alloc(longest);
    return bytes.toString('utf8', 0, readSync(descriptor, bytes));
  } finally {
    closeSync(descriptor);
  }
}
