import { expect, test } from 'vitest';
import { usageOf } from '../../../src/cgroup/usage.ts';

function from(files: Readonly<Record<string, string>>) {
  return (dir: string | undefined, file: string) => (dir === undefined ? undefined : files[`${dir}/${file}`]);
}

test('The files of cgroup v1 tell halves, operations and swap', () => {
  const read = from({
    'c/cpuacct.stat': 'user 12\nsystem 34\n',
    'b/blkio.throttle.io_service_bytes':
      '8:0 Read 100\n8:0 Write 20\n8:0 Total 120\n8:16 Read 1\nTotal 121\n',
    'b/blkio.throttle.io_serviced': '8:0 Read 3\n8:0 Write 4\nTotal 7\n',
    'm/memory.memsw.usage_in_bytes': '4096\n',
  });
  expect(usageOf({ cpuacct: 'c', blkio: 'b', memory: 'm' }, read)).toEqual({
    cpuUserTicks: 12,
    cpuSystemTicks: 34,
    blkioReadBytes: 101,
    blkioWriteBytes: 20,
    blkioOperations: 7,
    memorySwapBytes: 4096,
  });
});

test('The files of cgroup v2 tell the same', () => {
  const read = from({
    'u/cpu.stat': 'usage_usec 300000\nuser_usec 100000\nsystem_usec 200000\n',
    'u/io.stat':
      '8:0 rbytes=100 wbytes=20 rios=3 wios=4 dbytes=9 dios=1\n8:16 rbytes=1 wbytes=0 rios=1 wios=0\n',
    'u/memory.current': '4096\n',
    'u/memory.swap.current': '1024\n',
  });
  expect(usageOf({ unified: 'u' }, read)).toEqual({
    cpuUserTicks: 10,
    cpuSystemTicks: 20,
    blkioReadBytes: 101,
    blkioWriteBytes: 20,
    blkioOperations: 8,
    memorySwapBytes: 5120,
  });
});

test('What no file tells is absent', () => {
  const nothing = usageOf({}, () => undefined);
  expect(Object.values(nothing).filter((value) => value !== undefined)).toEqual([]);
});
