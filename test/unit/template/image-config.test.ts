import { expect, test } from 'vitest';
import { parseConfig } from '../../../src/config/index.ts';
import { splitCommand } from '../../../src/plan/words.ts';
import { imageLines } from '../../../src/template/image-config.ts';
import { imageUser } from '../../../src/template/image-user.ts';
import { fakeIo } from '../config/fake-io.ts';

const root = { uid: 0, gid: 0, groups: [], home: '/root' };

function keysOf(config: Readonly<Record<string, unknown>>): ReadonlyMap<string, string> {
  const { lines } = imageLines({ config }, root);
  const { entries } = parseConfig(lines.join('\n'), { file: 'config', io: fakeIo() });
  return new Map(entries.map(({ key, text }) => [key, text]));
}

test.each([
  [['/bin/sh']],
  [['/bin/sh', '-c', 'echo "$A" `b` \\n']],
  [['a b', "it's", '', '"quoted"']],
  [["'", '"', "'"]],
  [['x', 'ends with a quote"']],
])('The command %j comes out of the configuration as it went in', (words) => {
  const keys = keysOf({ Entrypoint: words.slice(0, 1), Cmd: words.slice(1) });
  expect(splitCommand(keys.get('lxc.init.cmd') ?? '')).toEqual(words);
  expect(keys.get('lxc.execute.cmd')).toBe(keys.get('lxc.init.cmd'));
});

test('Directory and signal become keys', () => {
  const keys = keysOf({ WorkingDir: '/srv', StopSignal: 'SIGQUIT' });
  expect(keys.get('lxc.init.cwd')).toBe('/srv');
  expect(keys.get('lxc.signal.halt')).toBe('SIGQUIT');
  expect(keys.get('lxc.init.cmd')).toBe('/bin/sh');
});

test('Variables get PATH and HOME, and none of the host', () => {
  const image = { config: { Env: ['A=b = c ', 'SECRET', 'Q="q"'] } };
  const { lines } = imageLines(image, { ...root, home: '/home/app' });
  const variables = lines.filter((line) => line.startsWith('lxc.environment'));
  expect(variables).toEqual([
    'lxc.environment = PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    'lxc.environment = HOME=/home/app',
    'lxc.environment = "A=b = c "',
    'lxc.environment = Q="q"',
  ]);
});

test('No value of an image begins another line', () => {
  const evil = 'x\nlxc.hook.pre-start = /bin/evil';
  const image = {
    config: { Cmd: ['sh', evil], Env: [`A=${evil}`, 'B=1'], WorkingDir: evil, StopSignal: evil },
  };
  const { lines, left } = imageLines(image, root);
  expect(lines.join('\n')).not.toContain('evil');
  expect(lines).toContain('lxc.environment = B=1');
  expect(left.map((text) => text.split(' ')[2])).toEqual([
    'lxc.init.cmd',
    'lxc.execute.cmd',
    'lxc.environment',
    'lxc.init.cwd',
    'lxc.signal.halt',
  ]);
});

test('A value that its key does not take is left out and told', () => {
  const { lines, left } = imageLines({ config: { StopSignal: 'SIGNOSUCH', WorkingDir: '/' } }, root);
  expect(lines.some((line) => line.startsWith('lxc.signal.halt'))).toBe(false);
  expect(left[0]).toContain('Left out lxc.signal.halt of the image: ');
});

const files = {
  passwd: 'root:x:0:0::/root:/bin/sh\napp:x:1000:1001::/home/app:/bin/sh\n',
  group: 'root:x:0:\nstaff:x:50:app\napp:x:1001:app\nweb:x:33:www,app\n',
};

test.each([
  ['', { uid: 0, gid: 0, groups: [], home: '/root' }],
  ['app', { uid: 1000, gid: 1001, groups: [50, 33], home: '/home/app' }],
  ['1000', { uid: 1000, gid: 1001, groups: [50, 33], home: '/home/app' }],
  ['app:staff', { uid: 1000, gid: 50, groups: [], home: '/home/app' }],
  ['7:8', { uid: 7, gid: 8, groups: [], home: undefined }],
  ['12345', { uid: 12345, gid: 0, groups: [], home: undefined }],
])('The user "%s" is found', (wanted, user) => {
  expect(imageUser(wanted, files)).toEqual(user);
});

test.each(['nobody', 'app:nogroup', '4294967295', '-1'])('The user "%s" is refused', (wanted) => {
  expect(() => imageUser(wanted, files)).toThrow('does not know');
});
