/** Where an image is, as skopeo names it. */

import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';

const transport =
  /^(containers-storage|dir|docker|docker-archive|docker-daemon|oci|oci-archive|ostree|sif|tarball):/;

/** TRANSPORT:REST stays; a path is looked at. */
export function imageSource(url: string): string {
  if (transport.test(url)) return url;
  const [, path = url, tag = ''] = existsSync(url) ? [] : (/^(.*)(:[^/:]+)$/.exec(url) ?? []);
  if (!existsSync(path)) return url.startsWith('/') || url.startsWith('.') ? `oci:${url}` : `docker://${url}`;
  const kind = statSync(path).isDirectory() ? 'oci' : 'oci-archive';
  return `${kind}:${resolve(path)}${tag}`;
}

/** The registry as credential files name it; `undefined` for what is on this machine. */
export function registryOf(source: string): string | undefined {
  const name = /^docker:\/\/(.+)$/.exec(source)?.[1];
  if (name === undefined) return undefined;
  const [first = '', ...rest] = name.split('/');
  return rest.length > 0 && /[.:]|^localhost$/.test(first) ? first : 'docker.io';
}
