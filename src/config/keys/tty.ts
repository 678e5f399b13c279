/** Terminals: the console, the ttys, devpts. */

import { flag, path, shortText, uint } from '../codec.ts';
import { consoleSize } from '../codecs/process.ts';
import { old, one } from '../row.ts';

export const ttyKeys = {
  'lxc.tty.max': one(uint, 'How many terminals /dev/tty1, /dev/tty2, ... there are.', {
    was: old('lxc.tty'),
    default: 0,
  }),
  'lxc.tty.dir': one(shortText('DIRECTORY', 255), 'Directory below /dev that holds the terminals.', {
    was: old('lxc.devttydir', '0.9'),
  }),
  'lxc.pty.max': one(uint, 'How many pseudo terminals the container may open.', {
    was: old('lxc.pts'),
    default: 0,
  }),
  'lxc.console.path': one(path, 'Terminal or file of the host behind the console; none for no console.', {
    was: old('lxc.console'),
  }),
  'lxc.console.logfile': one(path, 'File that the output of the console is appended to.', { since: '2.0' }),
  'lxc.console.buffer.size': one(consoleSize, 'Bytes of console output kept in memory.', { default: 0 }),
  'lxc.console.size': one(consoleSize, 'Size limit of the console log file.', { default: 0 }),
  'lxc.console.rotate': one(flag, 'Whether the console log file is rotated at its size limit.', {
    default: false,
  }),
};
