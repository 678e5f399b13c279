import { expect, test } from 'vitest';
import { monitordSocket, RecordCutter, readEvent } from '../../../src/run/monitord.ts';

function record(type: number, name: string, value: number): Buffer {
  const bytes = Buffer.alloc(264);
  bytes.writeInt32LE(type, 0);
  bytes.write(name, 4);
  bytes.writeInt32LE(value, 260);
  return bytes;
}

test('The socket has the name that liblxc gives it', () => {
  expect(monitordSocket('/tmp/tools/mp')).toBe('lxc/027972503a6b4599//tmp/tools/mp');
  expect(Buffer.byteLength(monitordSocket(`/${'x'.repeat(200)}`))).toBe(106);
});

test('Records become events, and those of priorities none', () => {
  const base = { lxcpath: '/p', name: 'foo' };
  expect(readEvent('/p', record(0, 'foo', 2))).toEqual({ ...base, kind: 'state', state: 'RUNNING' });
  expect(readEvent('/p', record(2, 'foo', 0x0300))).toEqual({
    ...base,
    kind: 'exit',
    waitStatus: 0x0300,
    status: 3,
  });
  expect(readEvent('/p', record(1, 'foo', 5))).toBeUndefined();
  expect(readEvent('/p', record(0, 'foo', 99))).toBeUndefined();
  expect(readEvent('/p', record(0, 'x'.repeat(256), 0))?.name).toBe('x'.repeat(256));
});

test('Records are whole however they come', () => {
  const cutter = new RecordCutter();
  const bytes = Buffer.concat([record(0, 'a', 1), record(0, 'b', 2)]);
  expect(cutter.push(bytes.subarray(0, 100))).toEqual([]);
  expect(cutter.push(bytes.subarray(100, 300))).toEqual([record(0, 'a', 1)]);
  expect(cutter.push(bytes.subarray(300))).toEqual([record(0, 'b', 2)]);
});
