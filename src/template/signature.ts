/** Whether a file of a server is by whom it should be: gpgv decides, with the keys that the user trusts. */

import { existsSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { LxcError } from '../base/error.ts';
import { fetchBytes } from './fetch.ts';
import { must, needTools } from './tools.ts';

/** Taken where none is named. */
export const usualKeyring = '/etc/lxc/download.gpg';

/** `undefined`: nobody's signature is asked for. */
export function keyringOf(named: string | undefined, isUnchecked: boolean): string | undefined {
  if (isUnchecked) return undefined;
  const keyring = resolve(named ?? usualKeyring);
  if (existsSync(keyring)) return keyring;
  throw new LxcError(`Failed to find the keys of the server: there is no ${keyring}`, {
    hint: 'give those that sign its index with --keyring FILE, or trust HTTPS alone with --no-validate',
  });
}

/** A signed file, in `scratch` too. The signature lies beside it: NAME.gpg, or NAME.asc. */
export async function fetchSigned(
  url: string,
  keyring: string | undefined,
  scratch: string,
): Promise<unknown> {
  const bytes = await fetchBytes(url);
  if (bytes === undefined) throw new LxcError(`Failed to fetch ${url}: the server does not have it`);
  if (keyring !== undefined) await check(url, bytes, keyring, scratch);
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw new LxcError(`Failed to read ${url}: it is not JSON`, { cause });
  }
}

async function check(url: string, bytes: Buffer, keyring: string, scratch: string): Promise<void> {
  needTools('gpgv');
  const signature = (await fetchBytes(`${url}.gpg`)) ?? (await fetchBytes(`${url}.asc`));
  if (signature === undefined)
    throw new LxcError(`${url} is not signed: there is no ${url}.gpg`, {
      hint: 'trust HTTPS alone with --no-validate',
    });
  const [file, signed] = [`${scratch}/signed`, `${scratch}/signature`];
  writeFileSync(file, bytes);
  writeFileSync(signed, signature);
  try {
    await must('gpgv', ['--keyring', keyring, signed, file]);
  } catch (error) {
    const said = error instanceof LxcError ? error.message : String(error);
    throw new LxcError(`${url} is not signed with a key of ${keyring}: ${said.replace(/^.*: /, '')}`, {
      cause: error,
    });
  }
}
