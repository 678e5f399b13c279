/**
 * The brain of a container's end: notes what it is asked in the file `calls` of the installation, and starts the
 * container again on a reboot.
 */

import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { cold } from '../../../src/run/cold.ts';
import type { EndSession } from '../../../src/run/connection.ts';
import { boxProgram } from './box.ts';

const root = dirname(dirname(process.argv[1] ?? ''));
const note = (text: string) => appendFileSync(join(root, 'calls'), `${text}\n`);

async function end(session: EndSession) {
  const [record = '', status = '', how = '', ...held] = session.argv;
  const name = basename(record, '.record');
  note(`${name} ${status} ${how} ${held.map((one) => one.split(':')[0]).join(',')}`.trim());
  const { promise, resolve } = Promise.withResolvers<void>();
  session.answer(async ({ what }) => {
    note(`${name} ${what} ${existsSync(record) ? 'record' : 'no record'}`);
    if (what === 'stopped' && how === 'reboot') {
      const result = await session.run(
        boxProgram(JSON.parse(readFileSync(join(root, `${name}.json`), 'utf8'))),
      );
      note(`${name} again ${result.kind}`);
    }
    if (what === 'stopped') resolve();
  });
  await Promise.race([promise, new Promise((gone) => session.signal.addEventListener('abort', gone))]);
  return { status: 0, signal: 0 };
}

void cold({ buildId: 'monitor-test', command: () => Promise.resolve({ status: 1, signal: 0 }), end });
