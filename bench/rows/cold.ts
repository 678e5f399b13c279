/** Our commands where no daemon may help, beside the Node.js that they start, given nothing to do. */

import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { toolOf, type World } from '../world.ts';
import { command, running } from './lxc.ts';
import { type Row, timed, untimed } from './row.ts';

const node = (world: World) => [realpathSync(join(world.ours, '../libexec/node')), '-e', '0'];

const common = {
  peer: '`node -e 0`',
  share: 0.5,
  environment: ['LXC_TS_DAEMON=0'],
};

export const coldRows: readonly Row[] = [
  {
    ...common,
    name: 'cold-info',
    title: '`lxc-info`, no daemon allowed',
    prepare: running,
    steps: (side, world) => [
      side === 'a' ? timed(...command('a', world, 'lxc-info')) : timed(...node(world)),
    ],
  },
  {
    ...common,
    name: 'cold-ls',
    title: '`lxc-ls`, no daemon allowed',
    steps: (side, world) => [
      side === 'a' ? timed(toolOf('a', world, 'lxc-ls'), '-P', world.lxcpath) : timed(...node(world)),
    ],
  },
  {
    ...common,
    name: 'cold-start',
    title: '`lxc-start -d`, no daemon allowed',
    steps: (side, world) =>
      side === 'a'
        ? [
            timed(...command('a', world, 'lxc-start', '-d')),
            untimed(...command('a', world, 'lxc-stop', '-k')),
          ]
        : [timed(...node(world))],
  },
];
