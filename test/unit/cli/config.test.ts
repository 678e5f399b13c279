import { describe, expect, test } from 'vitest';
import { runLine } from './session.ts';

/** A user of his own, so that no lxc.conf of the machine is read. */
const user = { uid: 1000, env: { HOME: '/nonexistent' } };

describe('lxc-config', () => {
  test('lists the items in the order of LXC', async () => {
    expect(await runLine('lxc-config -l', user)).toEqual({
      status: 0,
      err: '',
      out: [
        'lxc.default_config',
        'lxc.lxcpath',
        'lxc.bdev.lvm.vg',
        'lxc.bdev.lvm.thin_pool',
        'lxc.bdev.zfs.root',
        'lxc.cgroup.use',
        'lxc.cgroup.pattern',
        '',
      ].join('\n'),
    });
  });

  test('prints an item, also by the beginning of its name', async () => {
    const home = '/nonexistent/.local/share/lxc\n';
    expect(await runLine('lxc-config lxc.lxcpath', user)).toMatchObject({ status: 0, out: home });
    expect(await runLine('lxc-config lxc.l', user)).toMatchObject({ status: 0, out: home });
    expect(await runLine('lxc-config lxc.', user)).toMatchObject({
      out: '/nonexistent/.config/lxc/default.conf\n',
    });
  });

  test('says that an item has no value, and fails only for an unknown one', async () => {
    const unset = await runLine('lxc-config lxc.cgroup.pattern', user);
    expect(unset).toMatchObject({ status: 0, out: 'lxc.cgroup.pattern is not set.\n' });
    const unknown = await runLine('lxc-config lxc.lxcpaths', user);
    expect(unknown).toMatchObject({ status: 1, out: 'Unknown configuration item: lxc.lxcpaths\n' });
  });

  test('prints JSON of all items or of one', async () => {
    const path = {
      key: 'lxc.lxcpath',
      value: '/nonexistent/.local/share/lxc',
      summary: 'Directory of the containers.',
    };
    const one = await runLine('lxc-config lxc.l --format json', user);
    expect(JSON.parse(one.out)).toEqual(path);
    for (const line of ['lxc-config -l --format json', 'lxc-config --format json']) {
      const all = JSON.parse((await runLine(line, user)).out);
      expect(all).toHaveLength(7);
      expect(all).toEqual(expect.arrayContaining([path]));
      expect(all.at(-1)).toMatchObject({ key: 'lxc.cgroup.pattern', value: null });
    }
    const unknown = await runLine('lxc-config nosuch --format json', user);
    expect(unknown).toMatchObject({ status: 1, out: '' });
    expect(unknown.err).toContain('there is no such configuration item; lxc-config -l lists all');
  });

  test('tells how it is used when nothing is asked', async () => {
    expect((await runLine('lxc-config', user)).out).toMatch(
      /^Usage: lxc-config -l: .*\n {7}lxc-config item: /,
    );
  });
});
