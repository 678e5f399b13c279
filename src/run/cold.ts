/** `--cold`: a brain for one client, which started it with a socket as fd 3. */

import { Socket } from 'node:net';
import { type Service, serve } from './connection.ts';

export async function cold(service: Omit<Service, 'stop'>): Promise<void> {
  await serve(new Socket({ fd: 3, readable: true, writable: true }), { ...service, stop: () => false });
}
