import { expect, test } from 'vitest';
import { shellOf } from '../../../src/run/passwd.ts';

const passwd = 'root:x:0:0:root:/root:/bin/bash\nbad:x:7:7\nodd:x:8:8::/:relative\nlast:x:9:9:::/bin/ash';

test.each([
  [0, '/bin/bash'],
  [9, '/bin/ash'],
  [7, '/bin/sh'],
  [8, '/bin/sh'],
  [1234, '/bin/sh'],
])('the login shell of user %i is %s', (uid, shell) => {
  expect(shellOf(passwd, uid)).toBe(shell);
});
