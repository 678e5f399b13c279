/** The masks are those of the programs of Debian 12, as init of a container, from /proc/PID/status. */

import { expect, test } from 'vitest';
import type { InitProcess } from '../../../src/host/init-process.ts';
import { chooseSignal, signalText } from '../../../src/run/init-signals.ts';

const [int, usr1, usr2, term, pwr] = [2, 10, 12, 15, 30];
const [rtmin3, rtmin5] = [37, 39];

function init(program: string, masks: Partial<InitProcess> = {}): InitProcess {
  return { program, args: [program], caught: 0n, blocked: 0n, awaits: false, ageSeconds: 10, ...masks };
}

const systemd = { blocked: 0x7fe3c0fe28014a03n, caught: 0x4ecn };
const sysvinit = { caught: 0x280b2e03n };

test.each([
  ['systemd', init('systemd', systemd), rtmin3, rtmin5],
  ['systemd by another name', init('lib.so', systemd), rtmin3, rtmin5],
  ['sysvinit', init('init', sysvinit), pwr, int],
  ['openrc-init', init('openrc-init', { blocked: 0xfffffffe5ffabefdn, caught: 0x20014002n }), pwr, int],
  ['openrc-init before 0.45', init('openrc-init', { caught: 0x14002n }), term, int],
  ['runit of Debian', init('runit', { caught: 0x20032002n }), pwr, int],
  ['runit of Void', init('runit', { caught: 0x32002n }), 18, int],
  ['finit', init('finit', { blocked: 0x20014a03n }), usr2, term],
  ['busybox init', init('busybox', { args: ['init'], awaits: true }), usr1, term],
  ['busybox init by its name', init('busybox', { args: ['/bin/busybox', 'init'], awaits: true }), usr1, term],
  ['busybox init by a hard link', init('init', { caught: 0x80000n, awaits: true }), usr1, term],
  ['the init of lxc-execute', init('lxc-ts', { awaits: true }), pwr, undefined],
  ['tini', init('tini', { awaits: true }), term, undefined],
  ['dumb-init', init('dumb-init', { caught: 0x7ffbfeffn }), term, undefined],
  ['a Go program, which catches everything', init('web', { caught: 0xffffffffffc1feffn }), term, undefined],
  ['a forwarder, which blocks everything', init('pid1', { blocked: 0xffffffffffffffffn }), term, undefined],
  ['a server', init('nginx', { caught: 0x98016a07n & ~(1n << 29n) }), term, undefined],
  ['who waits for what cannot be seen', init('own', { awaits: true }), pwr, int],
  ['who cannot be looked at', init('own', { awaits: undefined }), pwr, int],
  ['who does nothing at all', init('sleep'), undefined, undefined],
  ['a shell', init('bash', { caught: 0x10002n, blocked: 0x10000n }), undefined, undefined],
  [
    'another part of busybox',
    init('busybox', { args: ['/bin/busybox', 'sleep', '9'] }),
    undefined,
    undefined,
  ],
  ['systemd before it set up anything', init('systemd'), undefined, undefined],
])('%s is halted and rebooted by what it understands', (_title, one, halt, reboot) => {
  const heard = (wish: 'halt' | 'reboot') => {
    const { signal, isHeard } = chooseSignal(one, wish);
    return isHeard ? signal : undefined;
  };
  expect([heard('halt'), heard('reboot')]).toEqual([halt, reboot]);
});

test('Where /proc hides init, or nobody listens, the signals of C LXC are sent', () => {
  expect(chooseSignal(undefined, 'halt')).toMatchObject({ signal: pwr, isHeard: true });
  expect(chooseSignal(undefined, 'reboot')).toMatchObject({ signal: int, isHeard: true });
  expect(chooseSignal(init('sleep'), 'halt')).toMatchObject({ signal: pwr, isHeard: false });
  expect(chooseSignal(init('sleep'), 'reboot')).toMatchObject({ signal: int, isHeard: false });
});

test('A signal is told by its name', () => {
  expect([term, pwr, rtmin3, 33].map(signalText)).toEqual(['SIGTERM', 'SIGPWR', 'SIGRTMIN+3', 'signal 33']);
});
