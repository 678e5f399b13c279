/** `--cold`: a brain for one client, which started it with a socket as fd 3. */

import { type Offer, serve } from './connection.ts';
import { DescriptorLine } from './descriptor-line.ts';

export async function cold(service: Offer): Promise<void> {
  await serve(new DescriptorLine(3), {
    ...service,
    isShared: false,
    isPrompt: () => false,
    took: () => {},
    keep: () => {},
    stop: () => false,
  });
}
