import { expect, test } from 'vitest';
import { type ConfigIo, loadConfig } from '../../../src/config/index.ts';
import { remembered } from '../../../src/run/config-memory.ts';

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

const read = (io: ConfigIo) => loadConfig('/config', io);

test('A configuration that did not change is the same object', () => {
  const io = world({ '/config': 'lxc.include = /more\n', '/more': 'lxc.uts.name = a\n' });
  expect(remembered('same', io, read)).toBe(remembered('same', io, read));
});

test('A change of an included file is seen', () => {
  const files = { '/config': 'lxc.include = /more\n', '/more': 'lxc.uts.name = a\n' };
  const io = world(files);
  expect(remembered('include', io, read).value('lxc.uts.name')).toBe('a');
  files['/more'] = 'lxc.uts.name = b\n';
  expect(remembered('include', io, read).value('lxc.uts.name')).toBe('b');
});

test('Another value of a variable that was asked for is seen', () => {
  const text = { '/config': 'lxc.environment = FOO\n' };
  const seenIn = (io: ConfigIo) => remembered('env', io, read).many('lxc.environment')[0]?.value;
  expect(seenIn(world(text, { FOO: '1' }))).toEqual({ name: 'FOO', value: '1' });
  expect(seenIn(world(text, { FOO: '2' }))).toEqual({ name: 'FOO', value: '2' });
});

test('What was drawn by lot is drawn again', () => {
  const io = world({ '/config': 'lxc.net.0.type = veth\nlxc.net.0.hwaddr = 00:16:3e:xx:xx:xx\n' });
  const first = remembered('lot', io, read);
  const drawn = io.drawn;
  expect(drawn).toBeGreaterThan(0);
  expect(remembered('lot', io, read)).not.toBe(first);
  expect(io.drawn).toBe(2 * drawn);
});
