/** Namespaces and what lives in them. */

import { timeOffset } from '../codecs/limit.ts';
import { namespaceSource } from '../codecs/process.ts';
import { idMap, namespaceNames, namespaces } from '../codecs/security.ts';
import { many, old, one } from '../row.ts';

export const namespaceKeys = {
  'lxc.idmap': many(idMap, 'Range of user or group ids inside and the ids of the host behind it.', {
    was: old('lxc.id_map', '0.9'),
    between: '\n',
  }),
  'lxc.namespace.clone': many(namespaces, 'The namespaces that are new; all others are those of the caller.'),
  'lxc.namespace.keep': many(namespaces, 'The namespaces of the caller that are kept; all others are new.'),
  'lxc.namespace.share.<namespace>': one(
    namespaceSource,
    'Whose namespace of this kind the container enters.',
    {
      names: namespaceNames,
    },
  ),
  'lxc.time.offset.boot': one(timeOffset, 'Difference of the boot time clock.', {
    default: { seconds: 0, nanoseconds: 0 },
    since: '5.0',
  }),
  'lxc.time.offset.monotonic': one(timeOffset, 'Difference of the monotonic clock.', {
    default: { seconds: 0, nanoseconds: 0 },
    since: '5.0',
  }),
};
