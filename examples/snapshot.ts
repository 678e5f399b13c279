/** Tests that spoil their container: each begins with the same files, by a snapshot that is gone back to. */

import { deepStrictEqual, strictEqual } from 'node:assert';
import { Container } from 'lxc-ts';

await using box = await Container.temporary({ template: 'busybox', config: { 'lxc.net.0.type': 'empty' } });

/** What every test finds. A snapshot is taken of a container that is stopped. */
async function prepare(): Promise<string> {
  {
    await using _started = await box.start();
    await sh('mkdir -p /srv/data && echo 1 > /srv/data/version');
  }
  return box.snapshots.take('with data');
}

const sh = async (script: string) => (await box.exec(['sh', '-c', script])).stdout;

const tests: Readonly<Record<string, () => Promise<void>>> = {
  'An upgrade changes the version': async () => {
    await sh('echo 2 > /srv/data/version');
    strictEqual(await sh('cat /srv/data/version'), '2');
  },
  'The version is that of the snapshot, whatever a test before did': async () => {
    strictEqual(await sh('cat /srv/data/version'), '1');
    await sh('rm -r /srv/data /bin/vi');
  },
  'Files that were removed are there': async () => {
    deepStrictEqual((await sh('ls /srv/data; ls /bin/vi')).split('\n'), ['version', '/bin/vi']);
  },
};

const snapshot = await prepare();
for (const [title, body] of Object.entries(tests)) {
  await box.snapshots.restore(snapshot);
  await using _started = await box.start();
  await body();
  console.log(`ok: ${title}`);
}
const [taken] = await box.snapshots.list();
console.log(`${taken?.name} "${taken?.comment}" is still there`);
