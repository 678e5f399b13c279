/** Files of a server, by HTTPS and nothing else. */

import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { reason } from '../base/errno.ts';
import { LxcError } from '../base/error.ts';
import { goOn, interruption } from './tools.ts';

const mostIndexBytes = 128 * 1024 * 1024;

/** Where files are, as users name it: a host, perhaps with a port and a directory. */
export function serverUrl(server: string): string {
  const host = server.replace(/^https:\/\//, '').replace(/\/+$/, '');
  if (/^[a-z]+:\/\//.test(host) || !URL.canParse(`https://${host}/`))
    throw new LxcError(`"${server}" is not a server`, {
      hint: 'give HOST or HOST:PORT; HTTPS is spoken with it',
    });
  return `https://${host}/`;
}

/** `undefined` where the server has no such file. */
export async function fetchBytes(url: string): Promise<Buffer | undefined> {
  const response = await request(url);
  if (response === undefined) return undefined;
  const bytes: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const piece of bodyOf(response)) {
      size += piece.length;
      if (size > mostIndexBytes) throw new LxcError('it is too large');
      bytes.push(piece);
    }
  } catch (error) {
    throw failed(url, error);
  }
  return Buffer.concat(bytes);
}

/** @throws LxcError unless the file has this sum */
export async function fetchFile(url: string, path: string, sha256: string): Promise<void> {
  const response = await request(url);
  if (response === undefined) throw failed(url, new LxcError('the server does not have it'));
  const hash = createHash('sha256');
  const summed = new Transform({
    transform(piece: Buffer, _encoding, done) {
      hash.update(piece);
      done(undefined, piece);
    },
  });
  try {
    await pipeline(Readable.from(bodyOf(response)), summed, createWriteStream(path, { flags: 'wx' }));
  } catch (error) {
    throw failed(url, error);
  }
  if (hash.digest('hex') !== sha256.toLowerCase())
    throw new LxcError(`${url} is not what the index of its server describes: its SHA-256 differs`, {
      hint: 'try again later, the server may be at changing it',
    });
}

async function request(url: string): Promise<Response | undefined> {
  goOn();
  try {
    const response = await fetch(url, { signal: interruption.signal });
    if (!response.url.startsWith('https://')) throw new LxcError('the server leads away from HTTPS');
    if (response.ok) return response;
    await response.body?.cancel();
    if (response.status === 404) return undefined;
    throw new LxcError(`the server answers ${response.status}`);
  } catch (error) {
    throw failed(url, error);
  }
}

async function* bodyOf(response: Response): AsyncGenerator<Uint8Array> {
  const reader = response.body?.getReader();
  if (reader === undefined) return;
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) yield piece.value;
}

/** What undici says of a connection is in the cause. */
function failed(url: string, error: unknown): LxcError {
  goOn();
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return new LxcError(
    `Failed to fetch ${url}: ${cause instanceof LxcError ? cause.message : reason(cause)}`,
    {
      cause,
    },
  );
}
