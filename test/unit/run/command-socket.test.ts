import { createServer, type Server } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { CommandSocket, requests, socketName } from '../../../src/run/command-socket.ts';

const id = { lxcpath: '/tmp/lxc-ts-unit', name: `fake-${process.pid}` };
let server: Server | undefined;

type Answer = { ret?: number; value?: number; data?: string; silent?: true; message?: Buffer };

/** A monitor that answers each request from a table and hangs up. */
async function monitor(answer: (request: number, data: string) => Answer): Promise<void> {
  const made = createServer((socket) => {
    socket.once('data', (piece) => {
      const {
        ret = 0,
        value = 0,
        data = '',
        silent,
        message,
      } = answer(piece.readInt32LE(0), piece.toString('utf8', 16));
      const head = Buffer.alloc(16);
      head.writeInt32LE(ret, 0);
      head.writeInt32LE(data.length, 4);
      head.writeBigInt64LE(BigInt(value), 8);
      if (silent !== true) socket.write(Buffer.concat([head, Buffer.from(data)]));
      if (message !== undefined) socket.write(message);
      socket.end();
    });
  });
  server = made;
  await new Promise<void>((ready) => made.listen(`\0${socketName(id)}`, ready));
}

afterEach(() => {
  server?.close();
  server = undefined;
});

describe('the name of the command socket', () => {
  test('is the path of the container as long as it fits', () => {
    expect(socketName({ lxcpath: '/var/lib/lxc', name: 'c1' })).toBe('/var/lib/lxc/c1/command');
    const name = 'n'.repeat(105 - '/var/lib/lxc//command'.length);
    expect(socketName({ lxcpath: '/var/lib/lxc', name })).toBe(`/var/lib/lxc/${name}/command`);
  });

  test('is a hash when it does not', () => {
    const name = 'n'.repeat(106 - '/var/lib/lxc//command'.length);
    expect(socketName({ lxcpath: '/var/lib/lxc', name })).toMatch(/^lxc\/[0-9a-f]{16}\/command$/);
  });
});

describe('the client of the command socket', () => {
  test('takes silence for STOPPED', async () => {
    const socket = new CommandSocket(id);
    expect(await socket.state()).toBe('STOPPED');
    expect(await socket.initPid()).toBeUndefined();
    expect(await socket.configItem('lxc.group')).toBeUndefined();
    expect(await socket.stop()).toBe(false);
    expect(await socket.waitFor(new Set(['STOPPED']))).toBe('STOPPED');
    expect(await socket.waitFor(new Set(['RUNNING']), AbortSignal.timeout(20))).toBeUndefined();
  });

  test('reads integers from the pointer field and texts from the data', async () => {
    await monitor((request, data) => {
      if (request === requests.getConfigItem) return { data: `${data.replace('\0', '')}=x\ny\n\0` };
      if (request === requests.getCgroup) return { data: `/lxc.payload.x${data.replace('\0', '')}\0` };
      return { value: request === requests.getState ? 6 : 4242 };
    });
    const socket = new CommandSocket(id);
    const answers = [socket.state(), socket.initPid(), socket.configItem('lxc.group'), socket.cgroup('')];
    expect(await Promise.all(answers)).toEqual(['FROZEN', 4242, 'lxc.group=x\ny\n', '/lxc.payload.x']);
  });

  test('takes an unknown key and a missing command for no answer', async () => {
    await monitor((request) => ({ ret: request === requests.getConfigItem ? -22 : -38 }));
    const socket = new CommandSocket(id);
    expect(await socket.configItem('lxc.bogus')).toBeUndefined();
    expect(await socket.limitCgroup('memory')).toBeUndefined();
    expect(await socket.freeze(true, 1)).toBe(false);
  });

  test('says that the caller may not control the container', async () => {
    await monitor(() => ({ ret: -1 }));
    await expect(new CommandSocket(id).initPid()).rejects.toThrow('Insufficient privileges to control fake');
  });

  test('knows a stop by the end of the connection', async () => {
    await monitor(() => ({ silent: true }));
    expect(await new CommandSocket(id).stop()).toBe(true);
  });

  test('waits for a state through the message that follows the answer', async () => {
    const message = Buffer.alloc(264);
    message.writeInt32LE(2, 260);
    await monitor(() => ({ ret: 8, value: 8, message }));
    expect(await new CommandSocket(id).waitFor(new Set(['RUNNING', 'STOPPED']))).toBe('RUNNING');
  });

  test('has the state at once when it is one of the wanted', async () => {
    await monitor(() => ({ ret: 2, value: 2 }));
    expect(await new CommandSocket(id).waitFor(new Set(['RUNNING']))).toBe('RUNNING');
  });
});
