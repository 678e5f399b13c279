import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { ByteReader, ByteWriter } from '../../../src/wire/bytes.ts';
import { decodeOp, encodeOp, encodeProgram } from '../../../src/wire/encode.ts';
import { type Op, ops } from '../../../src/wire/ops.ts';
import type { PlannedOp, Program } from '../../../src/wire/program.ts';

const why = { key: 'start', act: 'do it' };

test('no two ops share a number', () => {
  const codes = Object.values(ops).map((row) => row.code);
  expect(new Set(codes).size).toBe(codes.length);
});

test('an op is read back as it was written', () => {
  const op: Op = {
    op: 'mkdirCgroup',
    args: { path: '/sys/fs/cgroup/memory/lxc.payload.c1', shared: 1 },
  };
  const decoded = decodeOp(encodeOp(op));
  expect(decoded.op).toBe('mkdirCgroup');
  expect(Object.fromEntries(decoded.args)).toEqual({ path: op.args.path, shared: 1n });
  expect(decoded.bytes).toEqual(encodeOp(op));
});

test('a list of texts keeps empty texts', () => {
  const op: Op = { op: 'exec', args: { argv: ['sh', '', 'x y'], env: [] } };
  const decoded = decodeOp(encodeOp(op));
  expect(decoded.args.get('argv')).toEqual(['sh', '', 'x y']);
  expect(decoded.args.get('env')).toEqual([]);
});

test('a text with a NUL inside is refused, because the helper would cut it there', () => {
  const op: Op = { op: 'setHostname', args: { name: 'a\0b' } };
  expect(() => encodeOp(op)).toThrow('Failed to encode setHostname.name: not a str');
});

test('negative numbers keep their sign over the wire', () => {
  const decoded = decodeOp(
    encodeOp({ op: 'setIds', args: { uid: -1, gid: 5, groups: Buffer.alloc(0), keepGroups: 0 } }),
  );
  expect(decoded.args.get('uid')).toBe(-1n);
});

test('an inverse carries the index of the op that it reverses', () => {
  const parent: PlannedOp[] = [
    { op: 'call', args: { what: 'pre-start' }, why },
    {
      op: 'mkdirCgroup',
      args: { path: '/c', shared: 0 },
      undo: [{ op: 'rmdirCgroup', args: { path: '/c', shared: 0 } }],
      why,
    },
  ];
  const program: Program = { parent, child: [], settings: [], after: 'return', exit: 'zero' };
  const bytes = encodeProgram(program);
  expect(new ByteReader(bytes.subarray(16)).u32()).toBe(2);
  expect(bytes.readUInt32LE(24)).toBe(1);
  const skipped = encodeOp(parent[0] ?? expect.fail()).length + encodeOp(parent[1] ?? expect.fail()).length;
  const undo = decodeOp(bytes.subarray(32 + skipped));
  expect(undo.op).toBe('rmdirCgroup');
  expect(undo.link).toBe(1);
});

test('every blob is followed by at least one zero and ends on a multiple of four', () => {
  const property = fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
    const written = new ByteWriter().blob(bytes).take();
    expect(written.length % 4).toBe(0);
    expect(written.at(-1)).toBe(0);
    expect(new ByteReader(written).blob()).toEqual(Buffer.from(bytes));
  });
  expect(fc.assert(property)).toBeUndefined();
});

test('a message that ends too early is refused', () => {
  const written = new ByteWriter().text('hello').take();
  expect(() => new ByteReader(written.subarray(0, 6)).text()).toThrow('Failed to read');
});
