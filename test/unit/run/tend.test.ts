import { expect, test } from 'vitest';
import { cleanProgram } from '../../../src/run/leftovers.ts';
import { parseRecord } from '../../../src/run/record.ts';
import { adoptProgram } from '../../../src/run/tend.ts';
import { ByteWriter } from '../../../src/wire/bytes.ts';
import { encodeOp } from '../../../src/wire/encode.ts';
import { recordMagic, recordTags } from '../../../src/wire/frames.ts';

const undo = ['/sys/fs/cgroup/a', '/sys/fs/cgroup/b'].map((path) =>
  encodeOp({ op: 'rmdirCgroup', args: { path, shared: 0 } }),
);
const entries = undo.map((op) => new ByteWriter().u32(op.length).u32(recordTags.undo).raw(op).take());
const record = parseRecord('/run/x/foo', Buffer.concat([Buffer.from(recordMagic), ...entries]), 7);

const inverses = ['/sys/fs/cgroup/a', '/sys/fs/cgroup/b'];

test('leftovers are undone by whoever has the command socket and the record as it was read', () => {
  const { parent, after } = cleanProgram(record, '/l/foo/command');
  expect(parent.map(({ op }) => op)).toEqual(['bindCommand', 'takeRecord']);
  expect(parent[1]?.args).toEqual({ path: '/run/x/foo', inode: 7, size: record.size });
  expect(parent[1]?.undo?.map(({ args }) => 'path' in args && args.path)).toEqual(inverses);
  expect(after).toBe('undo');
});

test('who takes a container over has its record before its inverses are his', () => {
  const { parent, after } = adoptProgram(record, { pid: 42, startTime: 7n }, '/l/foo/command', []);
  expect(parent.map(({ op }) => op)).toEqual(['bindCommand', 'takeRecord', 'detach', 'adopt']);
  expect(parent.at(-1)?.undo?.map(({ args }) => 'path' in args && args.path)).toEqual(inverses);
  expect(after).toBe('monitor');
});
