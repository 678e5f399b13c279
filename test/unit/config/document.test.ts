import { expect, test } from 'vitest';
import { appendItem, parseDocument, printDocument, removeItem } from '../../../src/config/index.ts';
import { fakeIo } from './fake-io.ts';

const io = fakeIo({ digits: [0xa, 0xb] });
const text = [
  '# my container',
  '',
  'lxc.include = /usr/share/lxc/config/common.conf',
  '  lxc.net.0.type = veth',
  '\tlxc.network.hwaddr =  00:16:3e:xx:xx:xx ',
  'lxc.net.0.hwaddr = "xx:xx:3e:00:00:00"',
  'lxc.hook.start = /bin/xx',
  '',
].join('\n');

test('a document keeps comments, blanks and includes, and draws random digits once', () => {
  expect(printDocument(parseDocument(text, io))).toBe(
    text.replace('00:16:3e:xx:xx:xx', '00:16:3e:ab:ab:ab').replace('"xx:xx:3e', '"aa:ab:3e').concat(''),
  );
});

test('an item is added as a line, quoted where it must be', () => {
  const document = appendItem(appendItem(parseDocument('# a\n', io), 'lxc.uts.name', ' a '), 'lxc.group', '');
  expect(printDocument(document)).toBe('# a\nlxc.uts.name = " a "\nlxc.group =\n');
});

test('an item is removed with all its lines and nothing else', () => {
  const lines = [
    'lxc.net.0.type = veth',
    '# lxc.net.0.type = old',
    'lxc.net.1.type = veth',
    ' lxc.net.0.type=empty',
  ];
  const document = parseDocument(lines.join('\n'), io);
  expect(removeItem(document, 'lxc.net.0.type').lines).toEqual([lines[1], lines[2]]);
  expect(removeItem(document, 'lxc.net.0', true).lines).toEqual([lines[1], lines[2]]);
  expect(removeItem(document, 'lxc.net.0').lines).toEqual(lines);
});
