import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { clonesOf, forget, pairs, parentsOf, snapshotsOf } from '../../../src/run/relatives.ts';

let lxcpath = '';

beforeEach(() => {
  lxcpath = mkdtempSync(join(tmpdir(), 'lxc-ts-relatives-'));
  for (const name of ['base', 'clone', 'other']) mkdirSync(join(lxcpath, name));
});
afterEach(() => {
  rmSync(lxcpath, { recursive: true });
});

const put = (file: string, text: string) => writeFileSync(join(lxcpath, file), text);

describe('relatives of a container', () => {
  test('are written as a path and a name on a line each', () => {
    expect(pairs('/var/lib/lxc\nc1\n/srv/lxc\nc2\n')).toEqual([
      { lxcpath: '/var/lib/lxc', name: 'c1' },
      { lxcpath: '/srv/lxc', name: 'c2' },
    ]);
    expect(pairs('/var/lib/lxc\n')).toEqual([]);
    expect(clonesOf({ lxcpath, name: 'base' })).toEqual([]);
  });

  test('lose a container that leaves, and the file with the last one', () => {
    put('base/lxc_snapshots', `${lxcpath}\nclone\n${lxcpath}\nother\n`);
    put('clone/lxc_rdepends', `${lxcpath}\nbase\n`);
    const base = { lxcpath, name: 'base' };
    expect(parentsOf({ lxcpath, name: 'clone' })).toEqual([base]);
    forget(base, { lxcpath, name: 'clone' });
    expect(readFileSync(join(lxcpath, 'base/lxc_snapshots'), 'utf8')).toBe(`${lxcpath}\nother\n`);
    forget(base, { lxcpath, name: 'other' });
    expect(clonesOf({ lxcpath, name: 'base' })).toEqual([]);
    expect(() => readFileSync(join(lxcpath, 'base/lxc_snapshots'))).toThrow('ENOENT');
  });

  test('are snapshots in a path of their own', () => {
    mkdirSync(join(lxcpath, 'base/snaps/snap0'), { recursive: true });
    put('base/snaps/snap0/config', '');
    expect(snapshotsOf({ lxcpath, name: 'base' })).toEqual([
      { lxcpath: join(lxcpath, 'base/snaps'), name: 'snap0' },
    ]);
    expect(snapshotsOf({ lxcpath, name: 'other' })).toEqual([]);
  });
});
