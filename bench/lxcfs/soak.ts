/**
 * `node bench/lxcfs/soak.ts [--minutes 10] [--containers 100]`: so many containers, each of which reads a mix of files
 * every few seconds; what the keeper and the servers hold in memory and descriptors, minute by minute, and what they use
 * of the processor once nobody reads. `--minutes 1 --containers 20` is the short form. Needs root and a built checkout.
 */

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { end, family, makeRootfs, serve } from './world.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    containers: { type: 'string', default: '100' },
  },
});
const minutes = Number(values.minutes);
const names = Array.from({ length: Number(values.containers) }, (_, index) => `soak-${index + 1}`);
const samplesPerMinute = 2;
const idleSeconds = 20;

const files = 'meminfo stat uptime loadavg cpuinfo vmstat diskstats swaps pressure/memory';
/** By read and by sendfile, whole and in small pieces; then a pause, of another length in each container. */
const script = (pause: number) =>
  `cd /view/proc; while :; do for f in ${files}; do cat $f; head -c 100 $f; done >/dev/null; sleep ${pause}; done`;

const config = (root: string, name: string, index: number) => `lxc.uts.name = ${name}
lxc.rootfs.path = dir:${join(root, 'rootfs')}
lxc.init.cmd = /bin/sh -c "${script(4 + (index % 5))}"
lxc.net.0.type = empty
lxc.mount.auto = proc:mixed sys:ro
lxc.mount.entry = ${join(root, 'ours')} view none bind,create=dir 0 0
lxc.cgroup.memory.limit_in_bytes = ${64 + index}M
lxc.signal.halt = SIGKILL
lxcts.lxcfs = off
`;

interface Process {
  readonly pid: number;
  readonly role: string;
  readonly rssKb: number;
  readonly descriptors: number;
  /** Clock ticks of 1/100 s in user and system mode. */
  readonly ticks: number;
}

function look(pid: number): Process {
  const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  const number = words[words.findIndex((word) => word.endsWith('/dist/lxcfs.cjs')) + 1] ?? '';
  const role = words[1]?.startsWith('--keeper') ? 'keeper' : number === '2' ? 'sampler' : `server ${number}`;
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  const rss = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  const descriptors = readdirSync(`/proc/${pid}/fd`).length;
  return { pid, role, rssKb: Number(rss), descriptors, ticks: Number(stat[11]) + Number(stat[12]) };
}

const root = mkdtempSync(join(tmpdir(), 'lxc-ts-soak-'));
const bin = new URL('../../bin', import.meta.url).pathname;
const lxc = (verb: string, name: string, ...args: string[]) =>
  execFileSync(`${bin}/lxc-${verb}`, ['-P', root, '-n', name, ...args], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });

makeRootfs(join(root, 'rootfs'));
for (const applet of ['sh', 'cat', 'head'])
  execFileSync('ln', ['-s', 'sleep', join(root, 'rootfs/bin', applet)]);
mkdirSync(join(root, 'rootfs/view'));
const served = [await serve(root, 'ours', [`${bin}/lxcfs`, '--runtime-dir', join(root, 'run')])];
const all = () => family(served[0]?.process.pid ?? 0).map(look);
const started: string[] = [];
try {
  for (const [index, name] of names.entries()) {
    mkdirSync(join(root, name));
    writeFileSync(join(root, name, 'config'), config(root, name, index));
    lxc('start', name, '-d');
    started.push(name);
  }
  console.log('| Minute | Process | RSS KB | Descriptors | CPU ticks |\n|---|---|---|---|---|');
  for (let sample = 0; sample <= minutes * samplesPerMinute; sample++) {
    for (const { role, rssKb, descriptors, ticks } of all())
      console.log(`| ${sample / samplesPerMinute} | ${role} | ${rssKb} | ${descriptors} | ${ticks} |`);
    await sleep(60_000 / samplesPerMinute);
  }
} finally {
  for (const name of started) lxc('stop', name, '-k');
  const before = all();
  await sleep(idleSeconds * 1000);
  for (const { pid, role, ticks } of all()) {
    const used = ticks - (before.find((one) => one.pid === pid)?.ticks ?? ticks);
    console.log(`Idle for ${idleSeconds} s: ${role} used ${used} ticks`);
  }
  await end(root, served);
}
