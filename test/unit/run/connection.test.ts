import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type EndSession, serve } from '../../../src/run/connection.ts';
import { socketLine } from '../../../src/run/line.ts';
import type { Session } from '../../../src/run/session.ts';
import { ByteReader, ByteWriter } from '../../../src/wire/bytes.ts';
import { frameTypes } from '../../../src/wire/frames.ts';
import { frame, hello, talk } from './client.ts';

let directory: string;
let server: Server;
let command: (session: Session) => Promise<number>;
let end: (session: EndSession) => Promise<number>;

async function connected(): Promise<Socket> {
  const address: string | AddressInfo | null = server.address();
  const socket = connect(String(address));
  await once(socket, 'connect');
  return socket;
}

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'lxc-ts-'));
  const exit = async (status: Promise<number>) => ({ status: await status, signal: 0 });
  server = createServer((socket) =>
    serve(socketLine(socket), {
      buildId: 'source',
      command: (session) => exit(command(session)),
      end: (session) => exit(end(session)),
      isShared: false,
      isPrompt: () => false,
      took: () => {},
      keep: () => {},
      stop: () => false,
    }),
  );
  server.listen(join(directory, 'socket'));
  await once(server, 'listening');
});

afterEach(() => {
  server.close();
  rmSync(directory, { recursive: true });
});

const program = { parent: [], child: [], settings: [], after: 'return', exit: 'zero' } as const;

describe('a session', () => {
  test('tells the command what the caller said and sends back what it prints', async () => {
    command = (session) => {
      session.out(`${session.argv.join(' ')} in ${session.cwd} as ${session.env.NAME}`);
      session.err(session.resolve('below'));
      return Promise.resolve(3);
    };
    const outcome = await talk(await connected(), {
      argv: ['lxc-info', 'ä'],
      env: ['NAME=x=y'],
      cwd: '/srv',
    });
    expect(outcome).toMatchObject({
      accepted: true,
      out: 'lxc-info ä in /srv as x=y',
      err: '/srv/below',
      status: 3,
    });
  });

  test('turns a client of another build away before ACCEPT', async () => {
    command = () => Promise.resolve(0);
    const outcome = await talk(await connected(), { argv: ['lxc-info'], buildId: 'other' });
    expect(outcome).toMatchObject({ accepted: false, status: undefined });
  });

  test('ends alone when its command throws, and others go on', async () => {
    command = (session) =>
      session.argv[0] === 'bad' ? Promise.reject(new Error('broken')) : Promise.resolve(0);
    const [bad, good] = await Promise.all([
      talk(await connected(), { argv: ['bad'] }),
      talk(await connected(), { argv: ['good'] }),
    ]);
    expect(bad.err).toContain('broken');
    expect([bad.status, good.status]).toEqual([1, 0]);
  });

  test('answers a call of a running program when the handler is done, with ABORT when it throws', async () => {
    const calls: string[] = [];
    command = async (session) => {
      const result = await session.run(program, (call) => {
        calls.push(`${call.what} ${call.initPid}`);
        return call.what === 'bad' ? Promise.reject(new Error('no bridge')) : Promise.resolve();
      });
      return result.value;
    };
    const call = (what: string) => frame(frameTypes.CALL, new ByteWriter().u32(4).u32(77).text(what).take());
    const reasons: string[] = [];
    const outcome = await talk(await connected(), { argv: ['x'] }, ({ type, payload }) => {
      if (type === frameTypes.RUN) return call('good');
      if (type === frameTypes.RESUME) return call('bad');
      if (type !== frameTypes.ABORT) return undefined;
      reasons.push(new ByteReader(payload).text());
      const result = new ByteWriter().u32(1).u32(0).u32(4).u32(0).u32(9).text('').u32(0).take();
      return frame(frameTypes.RESULT, result);
    });
    expect(calls).toEqual(['good 77', 'bad 77']);
    expect(reasons).toEqual(['no bridge']);
    expect(outcome.status).toBe(9);
  });

  test('gives the output and the shell status of a program that the client ran', async () => {
    command = async (session) => {
      const spawned = await session.spawn({ argv: ['hook'], stdio: 'capture' });
      session.out(spawned.output);
      return spawned.status;
    };
    const outcome = await talk(await connected(), { argv: ['x'] }, ({ type, payload }) =>
      type === frameTypes.SPAWN
        ? frame(frameTypes.SPAWNED, new ByteWriter().u32(payload.readUInt32LE()).u32(15).text('said').take())
        : undefined,
    );
    expect(outcome).toMatchObject({ out: 'said', status: 143 });
  });

  test('hears that its caller has gone', async () => {
    let gone: string | undefined;
    const left = new Promise<void>((resolve) => {
      command = async (session) => {
        gone = await session.run(program).then(
          () => 'done',
          (error: Error) => error.message,
        );
        resolve();
        return session.signal.aborted ? 0 : 1;
      };
    });
    const socket = await connected();
    socket.write(hello({ argv: ['x'] }));
    socket.once('data', () => socket.destroy());
    await left;
    expect(gone).toBe('Failed to go on: the caller has gone');
  });

  test('keeps calls of a monitor until there is an answer for them', async () => {
    end = (session) =>
      new Promise((resolve) =>
        session.answer(({ what }) => Promise.resolve(resolve(what === 'stop' ? 5 : 6))),
      );
    const socket = await connected();
    const outcome = talk(socket, { argv: ['/run/x', '0', 'stop'], role: 1 });
    socket.write(frame(frameTypes.CALL, new ByteWriter().u32(0).u32(0).text('stop').take()));
    expect(await outcome).toMatchObject({ status: 5 });
  });
});
