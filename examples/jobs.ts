/** Runs twenty jobs at the same time, each in a container of its own that shares its files with one base. */

import { Container } from 'lxc-ts';

const jobs = Array.from({ length: 20 }, (_, index) => index + 1);

await using base = await Container.temporary({
  template: 'busybox',
  config: { 'lxc.net.0.type': 'empty', 'lxc.cgroup2.memory.max': '32M' },
});

interface Done {
  readonly job: number;
  readonly sum: number;
  readonly failed: boolean;
}

/** What a job writes is seen by nobody else, and is gone when it has ended. */
async function run(job: number): Promise<Done> {
  await using box = await base.ephemeral();
  await using _started = await box.start();
  const script = 'test ! -e /job && echo "$1" > /job && seq $(cat /job) | awk \'{ n += $1 } END { print n }\'; exit $(($1 % 7 == 0))';
  const { stdout, failed } = await box.exec(['sh', '-c', script, 'job', `${job}`], { reject: false });
  return { job, sum: Number(stdout), failed };
}

const since = performance.now();
const done = await Promise.all(jobs.map(run));
for (const { job, sum, failed } of done) console.log(`job ${job}: ${failed ? 'failed' : sum}`);

const failures = done.filter(({ failed }) => failed).map(({ job }) => job);
console.log(`${done.length - failures.length} of ${done.length} succeeded, ${failures.join(' ')} failed`);
console.error(`${Math.round(performance.now() - since)} ms`);
