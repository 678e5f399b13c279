import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { LxcError } from '../../../src/index.ts';
import { linesOf } from '../../../src/library/config-key.ts';
import { Output } from '../../../src/library/output.ts';
import { abortError, coded } from '../../../src/library/place.ts';
import { ExecError, type Outcome, signalNumber, statusOf } from '../../../src/library/result.ts';

const outcome: Outcome = {
  command: ['make', 'all'],
  exitCode: 2,
  signal: undefined,
  durationMs: 5,
  stdout: 'half',
  stderr: 'first\nno rule',
  failed: true,
};

test('A wait status is an exit code or the name of a signal', () => {
  expect(statusOf(0)).toEqual({ exitCode: 0, signal: undefined });
  expect(statusOf(42 << 8)).toEqual({ exitCode: 42, signal: undefined });
  expect(statusOf(9)).toEqual({ exitCode: undefined, signal: 'SIGKILL' });
  expect(statusOf(15 | 0x80)).toEqual({ exitCode: undefined, signal: 'SIGTERM' });
  expect(statusOf(35)).toEqual({ exitCode: undefined, signal: 'SIG35' });
  expect(signalNumber('SIGHUP')).toBe(1);
  expect(signalNumber(37)).toBe(37);
});

test('A failed command says how it ended and its last word', () => {
  const error = new ExecError(outcome, { code: 'COMMAND_FAILED' });
  expect(error).toBeInstanceOf(LxcError);
  expect(error.message).toBe('Failed to run make: it exited with status 2 (no rule)');
  expect(error).toMatchObject({ ...outcome, name: 'ExecError', code: 'COMMAND_FAILED' });
  const killed = new ExecError(
    { ...outcome, exitCode: undefined, signal: 'SIGKILL', stderr: undefined },
    { code: 'TIMED_OUT', message: 'the time is over' },
  );
  expect(killed.message).toBe('Failed to run make: the time is over');
});

test('Lines of a configuration are said in order, lists as several', () => {
  const lines = linesOf({
    'lxc.start.auto': true,
    'lxc.group': ['a', 'b'],
    'lxc.tty.max': 4,
    'lxc.arch': undefined,
  });
  expect(lines).toEqual([
    { key: 'lxc.start.auto', text: '1' },
    { key: 'lxc.group', text: 'a' },
    { key: 'lxc.group', text: 'b' },
    { key: 'lxc.tty.max', text: '4' },
  ]);
});

test('Output is kept up to its size, and too much is told once', () => {
  const stream = new PassThrough();
  let told = 0;
  const output = new Output(stream, 5, () => {
    told += 1;
  });
  stream.emit('data', Buffer.from('abc'));
  expect(output.text).toBe('abc');
  stream.emit('data', Buffer.from('def'));
  stream.emit('data', Buffer.from('ghi'));
  expect(output.bytes.toString()).toBe('abcde');
  expect(told).toBe(1);
});

test('Text loses its last line end and no other', () => {
  const stream = new PassThrough();
  const output = new Output(stream, 100, () => undefined);
  stream.emit('data', Buffer.from('one\n\r\n'));
  expect(output.text).toBe('one\n');
});

test('An aborted signal tells whether it was a limit of time', async () => {
  const controller = new AbortController();
  controller.abort(new Error('enough'));
  expect(abortError(controller.signal)).toMatchObject({ code: 'ABORTED', cause: controller.signal.reason });
  const timeout = AbortSignal.timeout(1);
  await new Promise((done) => timeout.addEventListener('abort', done));
  expect(abortError(timeout)).toMatchObject({ code: 'TIMED_OUT' });
});

test('A code that says more takes the place of FAILED alone', () => {
  const origin = { file: 'a', line: 1 };
  const plain = coded(new LxcError('no', { origin, hint: 'h' }), 'INVALID_CONFIG');
  expect(plain).toMatchObject({ code: 'INVALID_CONFIG', message: 'no', origin, hint: 'h' });
  const known = new LxcError('no', { code: 'NOT_DEFINED' });
  expect(coded(known, 'INVALID_CONFIG')).toBe(known);
});
