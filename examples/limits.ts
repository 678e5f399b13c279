/** Gives a container 64 MiB, one processor and 32 processes, changes that while it runs, and goes beyond it. */

import { Container } from 'lxc-ts';

const MiB = 1024 * 1024;

await using box = await Container.temporary({ template: 'busybox', config: { 'lxc.net.0.type': 'empty' } });

// Names of cgroup v1 and v2 work on either kind of host.
await using _started = await box.start({
  config: {
    'lxc.cgroup2.memory.max': '64M',
    'lxc.cgroup2.cpuset.cpus': '0',
    'lxc.cgroup2.pids.max': 32,
  },
});

const megabytes = async () => Number(await box.cgroup.get('memory.max')) / MiB;
console.log(`memory: ${await megabytes()} MiB`);
await box.cgroup.set('memory.max', 48 * MiB);
console.log(`memory now: ${await megabytes()} MiB`);
console.log(`processors: ${(await box.exec(['nproc'])).stdout}`);
console.log(`processes: ${await box.cgroup.get('pids.max')}`);

// The kernel ends whoever takes more.
const greedy = await box.exec(['dd', 'if=/dev/zero', 'of=/dev/null', 'bs=128M', 'count=1'], { reject: false });
console.log(`128 MiB at once: ${greedy.signal ?? greedy.stderr}`);

const bomb = 'for i in $(seq 100); do sleep 5 & done';
const forks = await box.exec(['sh', '-c', bomb], { reject: false, stdout: 'ignore' });
console.log(`100 processes: ${forks.failed ? 'refused' : 'allowed'}`);

const { stats } = await box.info();
console.log(`used: ${Math.ceil((stats?.memoryBytes ?? 0) / MiB)} MiB, ${Math.ceil((stats?.cpuNanoseconds ?? 0) / 1e6)} ms`);
