import { expect, test } from 'vitest';
import { LxcError } from '../../../src/base/error.ts';
import { type Config, type ConfigIo, loadConfig } from '../../../src/config/index.ts';
import { Memory } from '../../../src/run/config-memory.ts';

function world(
  files: Record<string, string>,
  env: Record<string, string> = {},
): ConfigIo & { drawn: number } {
  return {
    cwd: '/',
    drawn: 0,
    readFile: (path) => files[path],
    list: () => undefined,
    env: (name) => env[name],
    nibble() {
      this.drawn++;
      return 5;
    },
  };
}

const memory = new Memory<Config>(9);
const read = (io: ConfigIo) => loadConfig('/config', io);

test('A configuration that did not change is the same object', () => {
  const io = world({ '/config': 'lxc.include = /more\n', '/more': 'lxc.uts.name = a\n' });
  expect(memory.recall('same', io, read)).toBe(memory.recall('same', io, read));
});

test('A change of an included file is seen', () => {
  const files = { '/config': 'lxc.include = /more\n', '/more': 'lxc.uts.name = a\n' };
  const io = world(files);
  expect(memory.recall('include', io, read).value('lxc.uts.name')).toBe('a');
  files['/more'] = 'lxc.uts.name = b\n';
  expect(memory.recall('include', io, read).value('lxc.uts.name')).toBe('b');
});

test('Another value of a variable that was asked for is seen', () => {
  const text = { '/config': 'lxc.environment = FOO\n' };
  const seenIn = (io: ConfigIo) => memory.recall('env', io, read).many('lxc.environment')[0]?.value;
  expect(seenIn(world(text, { FOO: '1' }))).toEqual({ name: 'FOO', value: '1' });
  expect(seenIn(world(text, { FOO: '2' }))).toEqual({ name: 'FOO', value: '2' });
});

test('What was drawn by lot is drawn again', () => {
  const io = world({ '/config': 'lxc.net.0.type = veth\nlxc.net.0.hwaddr = 00:16:3e:xx:xx:xx\n' });
  const first = memory.recall('lot', io, read);
  const drawn = io.drawn;
  expect(drawn).toBeGreaterThan(0);
  expect(memory.recall('lot', io, read)).not.toBe(first);
  expect(io.drawn).toBe(2 * drawn);
});

test('Of too many the oldest is forgotten', () => {
  const small = new Memory<Config>(2);
  const io = world({ '/config': 'lxc.uts.name = a\n' });
  const [first, second] = ['1', '2'].map((key) => small.recall(key, io, read));
  expect(small.recall('1', io, read)).toBe(first);
  small.recall('3', io, read);
  expect(small.recall('2', io, read)).toBe(second);
  expect(small.recall('1', io, read)).not.toBe(first);
});

test('A file that cannot be read any more is blamed on the line that includes it', () => {
  const io = world({ '/config': 'lxc.uts.name = a\nlxc.include = /more\n', '/more': '' });
  memory.recall('gone', io, read);
  const refused = () => {
    throw new LxcError('refused');
  };
  const later = { ...io, readFile: (path: string) => (path === '/more' ? refused() : io.readFile(path)) };
  expect(() => memory.recall('gone', later, read)).toThrow(
    expect.objectContaining({ origin: { file: '/config', line: 2 } }),
  );
});
