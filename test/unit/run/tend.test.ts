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
const record = parseRecord('/run/x/foo', Buffer.concat([Buffer.from(recordMagic), ...entries]));

test('leftovers are cleaned backwards, each inverse is tried, and the record goes last', () => {
  const { parent } = cleanProgram(record);
  expect(parent.map(({ op, args, optional }) => [op, 'path' in args ? args.path : '', optional])).toEqual([
    ['rmdirCgroup', '/sys/fs/cgroup/b', true],
    ['rmdirCgroup', '/sys/fs/cgroup/a', true],
    ['removeTree', '/run/x/foo', undefined],
  ]);
});

test('who takes a container over has its inverses in the record before it is theirs', () => {
  const { parent, after } = adoptProgram(record, { pid: 42, startTime: 7n }, '/l/foo/command', []);
  expect(parent.map(({ op }) => op)).toEqual(['bindCommand', 'unlink', 'openRecord', 'detach', 'adopt']);
  expect(parent.at(-1)?.undo?.map(({ args }) => 'path' in args && args.path)).toEqual([
    '/sys/fs/cgroup/a',
    '/sys/fs/cgroup/b',
  ]);
  expect(after).toBe('monitor');
});
