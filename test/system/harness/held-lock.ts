/** Somebody else who holds a lock as LXC does: F_OFD_SETLKW of the whole file. */

import { spawn } from 'node:child_process';
import type { Scope } from './scope.ts';

/** Let go by the function returned, which is done when nobody holds it any more. The file is made where it is missing. */
export async function heldLock(scope: Scope, path: string): Promise<() => Promise<void>> {
  const script = `import fcntl, os, struct, sys
os.makedirs(os.path.dirname('${path}'), exist_ok=True)
fd = os.open('${path}', os.O_RDWR | os.O_CREAT, 0o600)
fcntl.fcntl(fd, 38, struct.pack('hhqqi', fcntl.F_WRLCK, 0, 0, 0, 0))
print('held', flush=True)
sys.stdin.read()`;
  const holder = spawn('/usr/bin/python3', ['-c', script]);
  const ended = new Promise<void>((done) => holder.once('exit', () => done()));
  scope.defer(() => {
    holder.kill();
  });
  await new Promise((told) => holder.stdout.once('data', told));
  return () => {
    holder.stdin.end();
    return ended;
  };
}
