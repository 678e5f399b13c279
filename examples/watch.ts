/** Watches a container while it is started, frozen, thawed and killed. */

import { Container } from 'lxc-ts';

await using box = await Container.temporary({ template: 'busybox', config: { 'lxc.net.0.type': 'empty' } });

const controller = new AbortController();
const seen: string[] = [];

async function watch(): Promise<void> {
  for await (const { name, state, at } of box.events({ signal: controller.signal })) {
    seen.push(state);
    console.log(`${at.toISOString()} ${name} is ${state}`);
    if (state === 'STOPPED' && seen.includes('RUNNING')) return;
  }
}

async function until(state: string): Promise<void> {
  while (seen.at(-1) !== state) await new Promise((done) => setTimeout(done, 10));
}

const watching = watch();
await until('STOPPED');
await box.start();
await until('RUNNING');
{
  await using _frozen = await box.freeze();
  await until('FROZEN');
}
await until('RUNNING');
await box.kill();
await watching;
console.log(`saw ${[...new Set(seen)].sort().join(' ')}`);
