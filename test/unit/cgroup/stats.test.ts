import { describe, expect, test } from 'vitest';
import { statsOf } from '../../../src/cgroup/stats.ts';

function files(texts: Readonly<Record<string, string>>) {
  return (path: string) => texts[path];
}

const v1 = {
  'A/cpuacct.usage': '7212064\n',
  'B/blkio.throttle.io_service_bytes': '8:0 Read 4096\n8:0 Write 8192\n8:0 Total 12288\nTotal 12288\n',
  'M/memory.usage_in_bytes': '675840\n',
  'M/memory.kmem.usage_in_bytes': '364544\n',
  'M/memory.stat': 'cache 4096\nrss 8192\nswap 12288\ntotal_swap 99\n',
};
const v2 = {
  'U/pids.current': '3\n',
  'U/cpu.stat': 'usage_usec 8123\nuser_usec 4000\nsystem_usec 4123\n',
  'U/io.stat': '8:0 rbytes=4096 wbytes=8192 rios=1 wios=2 dbytes=7 dios=0\n259:0 rbytes=1 wbytes=2\n',
  'U/memory.stat': 'anon 1000\nfile 2000\nkernel_stack 10\npagetables 20\nsock 30\nslab 40\n',
  'U/memory.swap.current': '512\n',
};

describe('statistics of a cgroup', () => {
  test('come from the files of v1', () => {
    expect(
      statsOf(
        { cpuacct: 'A', blkio: 'B', memory: 'M', pids: 'P' },
        files({ ...v1, 'P/pids.current': '5\n' }),
      ),
    ).toEqual({
      cpuNanoseconds: 7_212_064,
      blkioBytes: 12_288,
      memoryBytes: 675_840,
      kernelMemoryBytes: 364_544,
      swapBytes: 12_288,
      pids: 5,
    });
  });

  test('come from the files of v2 where v1 has none', () => {
    expect(statsOf({ unified: 'U' }, files(v2))).toEqual({
      cpuNanoseconds: 8_123_000,
      blkioBytes: 12_291,
      memoryBytes: 3000,
      kernelMemoryBytes: 100,
      swapBytes: 512,
      pids: 3,
    });
  });

  test('are absent where a host tells nothing, and no I/O is zero', () => {
    expect(statsOf({}, files({}))).toEqual({
      cpuNanoseconds: undefined,
      blkioBytes: undefined,
      memoryBytes: undefined,
      kernelMemoryBytes: undefined,
      swapBytes: undefined,
      pids: undefined,
    });
    expect(statsOf({ unified: 'U' }, files({ 'U/io.stat': '' })).blkioBytes).toBe(0);
  });

  test('prefer v1 on a hybrid host controller by controller', () => {
    const dirs = { cpuacct: 'A', unified: 'U' };
    expect(statsOf(dirs, files({ ...v1, ...v2 }))).toMatchObject({
      cpuNanoseconds: 7_212_064,
      memoryBytes: 3000,
    });
  });
});
