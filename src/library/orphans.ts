/** Commands do not outlive the program that runs them: what still runs when it exits is ended. */

import type { ChildProcess } from 'node:child_process';

const running = new Set<ChildProcess>();

/** Ended with this process, until it has ended by itself. One listener serves all: Node.js warns of many. */
export function endWithProcess(client: ChildProcess): void {
  if (running.size === 0) process.once('exit', endAll);
  running.add(client);
  client.once('exit', () => {
    running.delete(client);
    if (running.size === 0) process.off('exit', endAll);
  });
}

/** The client passes it on to the command. */
function endAll(): void {
  for (const client of running) client.kill('SIGTERM');
}
