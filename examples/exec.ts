/** Starts a container and runs commands in it: output, input, lines as they come, a terminal, a limit of time. */

import { Container, ExecError, LxcError } from 'lxc-ts';

await using box = await Container.temporary({
  template: 'busybox',
  config: { 'lxc.uts.name': 'box', 'lxc.net.0.type': 'empty', 'lxc.pty.max': 16 },
});
await using started = await box.start();
console.log(`init has the pid ${started.pid}`);

// Awaited, a command is its result.
const { stdout } = await box.exec(['hostname']);
console.log(`its name is ${stdout}`);

const sorted = await box.exec(['sort'], { input: 'pear\napple\nfig\n' });
console.log(`sorted: ${sorted.stdout.split('\n').join(' ')}`);

// Iterated, it is its lines, one by one while it runs.
for await (const line of box.exec(['sh', '-c', 'for i in 1 2 3; do echo "step $i"; sleep 0.1; done']))
  console.log(`> ${line}`);

// A failure is an error that has everything.
try {
  await box.exec(['ls', '/nosuch']);
} catch (error) {
  if (!(error instanceof ExecError)) throw error;
  console.log(`${error.code}: ls exited with ${error.exitCode}: ${error.stderr}`);
}

// A program at a terminal, typed at by this one.
const shell = box.exec(['sh'], { pty: { rows: 30, columns: 100 }, stdin: 'pipe' });
shell.stdin.end('stty size; exit\n');
console.log(`its terminal is ${/\d+ \d+/.exec((await shell).stdout)?.[0]}`);

// A limit of time ends the command and nothing else.
try {
  await box.exec(['sleep', '100'], { signal: AbortSignal.timeout(200) });
} catch (error) {
  if (!(error instanceof LxcError)) throw error;
  console.log(`sleep: ${error.code}`);
}
console.log(`the container is ${await box.state()}`);
