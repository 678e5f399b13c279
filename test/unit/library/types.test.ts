/** The types of the library: what the compiler knows of a call. Checked by tsc as well as run. */

import type { Readable, Writable } from 'node:stream';
import { expectTypeOf, test } from 'vitest';
import {
  type ConfigLines,
  Container,
  type ExecError,
  type ExecResult,
  type Execution,
  type Listed,
  type LxcError,
  type LxcErrorCode,
  list,
  type Outcome,
  type Started,
  type State,
} from '../../../src/index.ts';

/** Never called: its types are what is tested. */
function sample(container: Container) {
  return {
    plain: container.exec(['true']),
    bytes: container.exec(['true'], { encoding: 'buffer' }),
    streamed: container.exec(['true'], { buffer: false }),
    shown: container.exec(['true'], { stdout: 'inherit', stderr: 'ignore' }),
    typed: container.exec(['true'], { stdin: 'pipe', pty: { rows: 1, columns: 2 } }),
    ran: container.run(['true'], { config: { 'lxc.uts.name': 'x' } }),
  };
}
type Sample = ReturnType<typeof sample>;
type Of<E> = E extends Execution<infer O> ? ExecResult<O> : never;

test('Output has the type that the options ask for', () => {
  expectTypeOf<Awaited<Sample['plain']>['stdout']>().toEqualTypeOf<string>();
  expectTypeOf<Awaited<Sample['bytes']>['stdout']>().toEqualTypeOf<Buffer>();
  expectTypeOf<Awaited<Sample['streamed']>['stderr']>().toEqualTypeOf<undefined>();
  expectTypeOf<Awaited<Sample['shown']>['stdout']>().toEqualTypeOf<undefined>();
  expectTypeOf<Awaited<Sample['shown']>['stderr']>().toEqualTypeOf<undefined>();
  expectTypeOf<Awaited<Sample['ran']>['stdout']>().toEqualTypeOf<string>();
  expectTypeOf<Awaited<Sample['plain']>['exitCode']>().toEqualTypeOf<number | undefined>();
  expectTypeOf<Of<Sample['plain']>>().toExtend<Outcome>();
});

test('Streams are there where they are piped', () => {
  expectTypeOf<Sample['plain']['stdin']>().toEqualTypeOf<undefined>();
  expectTypeOf<Sample['plain']['stdout']>().toEqualTypeOf<Readable>();
  expectTypeOf<Sample['typed']['stdin']>().toEqualTypeOf<Writable>();
  expectTypeOf<Sample['shown']['stdout']>().toEqualTypeOf<undefined>();
  expectTypeOf<Sample['plain']>().toExtend<AsyncIterable<string>>();
  expectTypeOf<Sample['plain']>().toExtend<AsyncDisposable>();
});

test('Keys of a configuration are known by name', () => {
  const right = {
    'lxc.uts.name': 'foo',
    'lxc.net.0.type': 'veth',
    'lxc.net.0.veth.pair': 'host0',
    'lxc.cgroup2.memory.max': '64M',
    'lxc.cap.drop': ['mknod', 'sys_time'],
    'lxc.start.auto': true,
    'lxc.tty.max': 4,
    'lxcts.lxcfs': 'off',
  } as const satisfies ConfigLines;
  expectTypeOf(right).toExtend<ConfigLines>();
  // @ts-expect-error a key that does not exist
  const wrong: ConfigLines = { 'lxc.utsname': 'foo' };
  // @ts-expect-error an interface has no such key
  const typo: ConfigLines = { 'lxc.net.0.typ': 'veth' };
  expectTypeOf([wrong, typo]).toBeArray();
});

test('Arguments that cannot be meant do not compile', () => {
  type Exec = Container['exec'];
  // @ts-expect-error a command is a list of words
  expectTypeOf<Parameters<Exec>[0]>().toEqualTypeOf<string>();
  expectTypeOf<Parameters<Container['wait']>[0]>().toEqualTypeOf<State | readonly State[]>();
  // @ts-expect-error not a state
  expectTypeOf<'SLEEPING'>().toExtend<State>();
});

test('What is made has the types that a program goes on with', () => {
  expectTypeOf(Container.open).returns.resolves.toEqualTypeOf<Container>();
  expectTypeOf(Container.at).returns.toEqualTypeOf<Container>();
  expectTypeOf<Container['start']>().returns.resolves.toEqualTypeOf<Started>();
  expectTypeOf<Started>().toExtend<AsyncDisposable>();
  expectTypeOf<Container['freeze']>().returns.resolves.toExtend<AsyncDisposable>();
  expectTypeOf(list).returns.resolves.toEqualTypeOf<readonly Listed[]>();
  expectTypeOf<ExecError>().toExtend<LxcError>();
  expectTypeOf<LxcError['code']>().toEqualTypeOf<LxcErrorCode>();
});
