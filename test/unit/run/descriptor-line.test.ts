import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Duplex } from 'node:stream';
import { afterEach, expect, it } from 'vitest';

/** Echoes what comes on fd 3, hangs up after `end`, and says how it went. */
const echo = `
const { DescriptorLine } = await import(process.argv[1]);
const line = new DescriptorLine(3);
line.listen({
  data(piece) {
    line.write(piece);
    if (piece.toString().endsWith('end')) line.end();
  },
  ended: () => process.stdout.write('ended '),
  closed: () => process.stdout.write('closed'),
});
`;

let child: ChildProcess | undefined;
afterEach(() => child?.kill('SIGKILL'));

function start(): { readonly line: Duplex; readonly said: Promise<string> } {
  const file = new URL('../../../src/run/descriptor-line.ts', import.meta.url).pathname;
  child = spawn(process.execPath, ['--input-type=module', '-e', echo, file], {
    stdio: ['ignore', 'pipe', 'inherit', 'pipe'],
  });
  const line = child.stdio[3];
  if (!(line instanceof Duplex)) throw new Error('No socket');
  const { stdout } = child;
  const said = (async () => {
    let text = '';
    for await (const piece of stdout ?? []) text += piece;
    return text;
  })();
  return { line, said };
}

async function received(line: Duplex, bytes: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for (let size = 0; size < bytes; ) {
    const [piece]: Buffer[] = await once(line, 'data');
    if (piece === undefined) break;
    pieces.push(piece);
    size += piece.length;
  }
  return Buffer.concat(pieces);
}

it('carries more than a socket holds, in order', async () => {
  const { line } = start();
  const sent = Buffer.from(Array.from({ length: 1_000_000 }, (_, index) => index % 251));
  line.write(sent);
  expect((await received(line, sent.length)).equals(sent)).toBe(true);
  line.destroy();
});

it('tells that the client has gone', async () => {
  const { line, said } = start();
  line.end('bytes');
  line.resume();
  expect(await said).toMatch(/^ended .*closed$/);
});

it('hangs up once it has written what was to be said', async () => {
  const { line, said } = start();
  line.write('bytes and an end');
  expect((await received(line, 16)).toString()).toBe('bytes and an end');
  await once(line, 'end');
  expect(await said).toMatch(/closed$/);
});
