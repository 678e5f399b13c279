import { expect, test } from 'vitest';
import { readBootSettings } from '../../../src/plan/boot.ts';

const file = '/etc/default/lxc';

test('Without a file the containers of onboot start first, then those of no group', () => {
  expect(readBootSettings(file, undefined)).toEqual({
    on: true,
    start: ['-g', 'onboot,'],
    stop: ['-a', '-A', '-s', '-t', '5'],
  });
});

test('What Debian ships is read, and options are words', () => {
  const text = [
    'LXC_AUTO="false"',
    'BOOTGROUPS=""',
    'SHUTDOWNDELAY=',
    "OPTIONS='-a -A'",
    'STOPOPTS="-k"',
    'USE_LXC_BRIDGE="false"  # overridden in lxc-net',
    '',
    '[ ! -f /etc/default/lxc-net ] || . /etc/default/lxc-net',
  ].join('\n');
  expect(readBootSettings(file, text)).toEqual({ on: false, start: ['-a', '-A'], stop: ['-k'] });
});

test('A delay that is no number is refused with its line', () => {
  expect(() => readBootSettings(file, '# seconds\nSHUTDOWNDELAY=5s\n')).toThrow('SHUTDOWNDELAY');
});
