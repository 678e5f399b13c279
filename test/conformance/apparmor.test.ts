/** Generated profiles, compiled by apparmor_parser for a kernel that has everything; nothing is loaded. */

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type ProfileWish, profileText } from '../../src/plan/lsm/profile.ts';

const parser = '/usr/sbin/apparmor_parser';
const plain: ProfileWish = {
  name: 'lxc-web_</var/lib/lxc>',
  namespace: undefined,
  nesting: false,
  mapped: false,
  raw: [],
};

function compiled(wish: Partial<ProfileWish>): { readonly status: number | null; readonly said: string } {
  const dir = mkdtempSync(join(tmpdir(), 'lxc-ts-apparmor-'));
  try {
    const file = join(dir, 'profile');
    writeFileSync(file, profileText({ ...plain, ...wish }));
    const { status, stderr, stdout } = spawnSync(
      parser,
      ['--skip-kernel-load', '--skip-cache', '--names', file],
      { encoding: 'utf8' },
    );
    const done = spawnSync(parser, ['--skip-kernel-load', '--skip-cache', file], { encoding: 'utf8' });
    return { status: status === 0 ? done.status : status, said: `${stdout}${stderr}${done.stderr}` };
  } finally {
    rmSync(dir, { recursive: true });
  }
}

describe.skipIf(!existsSync(parser))(
  'apparmor_parser (skipped where the package apparmor is missing)',
  () => {
    const whole = {
      namespace: 'lxc-web_<-var-lib-lxc>',
      nesting: true,
      mapped: true,
      raw: ['deny /srv/** w,'],
    };
    test.each([
      ['the plainest one', {}],
      ['one for containers inside', { nesting: true }],
      ['one with all that there is', whole],
      ['one of an odd name', { name: 'lxc-a*[b]{c}"d@e^f,g_</x y>' }],
    ])('compiles %s', (_, wish) => {
      const { status, said } = compiled(wish);
      expect(said).not.toContain('error');
      expect(status).toBe(0);
    });

    test('knows it by the name that the label has', () => {
      expect(compiled({}).said).toContain('lxc-web_</var/lib/lxc>\n');
    });

    test('refuses a raw line that is no rule, with its line', () => {
      const { status, said } = compiled({ raw: ['no rule at all'] });
      expect(status).not.toBe(0);
      expect(said).toMatch(/line \d+/);
    });
  },
);
