/** A connection to one client, as a session needs it: a socket of node:net, or a bare descriptor. */

import type { Socket } from 'node:net';

export interface LineEvents {
  data(piece: Buffer): void;
  /** The client sends nothing more. */
  ended(): void;
  /** Nothing is to come and nothing is to be written. */
  closed(): void;
}

export interface Line {
  readonly writable: boolean;
  /** Called once, before anything is read. */
  listen(events: LineEvents): void;
  write(bytes: Buffer): void;
  /** Close when all is written. */
  end(): void;
  destroy(): void;
}

export function socketLine(socket: Socket): Line {
  return {
    get writable() {
      return socket.writable;
    },
    listen({ data, ended, closed }) {
      socket.on('data', data).on('error', ended).on('end', ended);
      socket.once('close', () => {
        ended();
        closed();
      });
    },
    write: (bytes) => void socket.write(bytes),
    // A second end would make an exception for nobody.
    end: () => void (socket.writableEnded || socket.end()),
    destroy: () => void socket.destroy(),
  };
}
