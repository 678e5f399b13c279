/** One scenario from its container to the comparison: what is wrong with how it went. */

import type { ChildProcess } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { finished, lxc, type Result, run, start } from '../harness/commands.ts';
import { runPrefix } from '../harness/run-prefix.ts';
import { daemons, hierarchies } from '../harness/world.ts';
import { hangFiles, makeContainer, nicOf } from './configuration.ts';
import { settledTraces } from './manifest.ts';
import { processesOf } from './processes.ts';
import type { Fault, Scenario } from './scenario.ts';

export interface Stage {
  /** lxc-start of the helper with faults. */
  readonly faultyStart: string;
  readonly worker: number;
}

const patience = 30_000;
/** Exit status of lxc-stop. */
const notRunning = 2;
const brainDied = 'the planner process died';

/** Names are told from the index, so what is left tells where it came from. */
export function nameOf({ index }: Scenario): string {
  return `${runPrefix}-chaos-${index}`;
}

export function isAlone({ fault }: Scenario): boolean {
  return fault.kind === 'full run directory';
}

export async function play(scenario: Scenario, stage: Stage): Promise<string[]> {
  const act = new Act(scenario, stage);
  return await act.play();
}

class Act {
  readonly #scenario: Scenario;
  readonly #stage: Stage;
  readonly #name: string;
  readonly #dir: string;
  readonly #wrong: string[] = [];
  #lostBrain = false;

  constructor(scenario: Scenario, stage: Stage) {
    this.#scenario = scenario;
    this.#stage = stage;
    this.#name = nameOf(scenario);
    this.#dir = join('/var/lib/lxc', this.#name);
  }

  async play(): Promise<string[]> {
    const { shape } = this.#scenario;
    const nic = shape.net.includes('phys') ? this.#nic() : undefined;
    makeContainer(this.#dir, this.#scenario, this.#stage.worker);
    try {
      await this.#prepare();
      await this.#disturbedStart();
      await this.#end();
      const left = await settledTraces(this.#name);
      this.#wrong.push(...left.map((line) => `left: ${line}`));
      if (nic !== this.#nic() && nic !== undefined)
        this.#wrong.push(`the interface came home as ${this.#nic()} instead of ${nic}`);
      if (this.#nic() === 'nothing')
        await run('ip', ['link', 'add', nicOf(this.#stage.worker), 'up', 'type', 'veth']);
    } catch (error) {
      this.#wrong.push(String(error));
    } finally {
      rmSync(this.#dir, { recursive: true, force: true });
    }
    return this.#wrong;
  }

  #nic(): string {
    const at = `/sys/class/net/${nicOf(this.#stage.worker)}`;
    const read = (file: string) => readFileSync(join(at, file), 'utf8').trim();
    return existsSync(at) ? `${read('ifindex')} mtu ${read('mtu')} ${read('address')}` : 'nothing';
  }

  get #faultFile(): string {
    return join(this.#dir, 'fault');
  }

  get #env(): Record<string, string> {
    const { way } = this.#scenario;
    return { LXC_TS_FAULT: `@${this.#faultFile}`, ...(way === 'cold' && { LXC_TS_DAEMON: '0' }) };
  }

  /** A replayed start has to be kept first. */
  async #prepare(): Promise<void> {
    const { way } = this.#scenario;
    writeFileSync(this.#faultFile, '');
    if (way === 'fresh') killDaemons('SIGKILL');
    if (way !== 'replayed' || this.#hangs || this.#scenario.shape.foreground) return;
    await this.#launch([]).ended;
    await this.#command('stop', ['-k']);
    rmSync(join(this.#dir, 'rootfs/out/again'), { force: true });
  }

  #letGo(): void {
    for (const file of [...hangFiles(this.#dir), join(this.#dir, 'away/hang')]) rmSync(file, { force: true });
  }

  get #hangs(): boolean {
    return this.#scenario.shape.hooks.some(({ manner }) => manner === 'hangs');
  }

  #launch(wrapped: readonly string[]): { readonly child: ChildProcess; readonly ended: Promise<Result> } {
    const { foreground } = this.#scenario.shape;
    const argv = [...wrapped, this.#stage.faultyStart, '-n', this.#name, foreground ? '-F' : '-d'];
    const [file = '', ...args] = argv;
    const child = start(file, args, { env: this.#env });
    child.stdin?.end();
    const ended = finished(child, argv.join(' '), { timeoutMs: patience });
    ended.catch(() => undefined);
    return { child, ended };
  }

  async #disturbedStart(): Promise<void> {
    const { fault, shape } = this.#scenario;
    if (fault.kind === 'op') writeFileSync(this.#faultFile, await this.#opFault(fault));
    const undo = await this.#before(fault);
    try {
      const { child, ended } = this.#launch(this.#wrapping(fault));
      if (this.#hangs) void sleep(('after' in fault ? fault.after : 0) + 30).then(() => this.#letGo());
      await this.#during(fault, child);
      if (shape.foreground) await this.#endForeground(child, ended);
      this.#judge(await ended);
    } finally {
      await undo();
    }
  }

  /** Nothing in the foreground ends by itself; a command that hears nothing any more is a fault of its own. */
  async #endForeground(child: ChildProcess, ended: Promise<Result>): Promise<void> {
    const isOver = () => child.exitCode !== null || child.signalCode !== null;
    for (let turn = 0; turn < 5 && !isOver(); turn += 1) await sleep(20);
    for (let turn = 0; turn < 20 && !isOver(); turn += 1) {
      await lxc('stop', ['-n', this.#name, '-k']);
      await Promise.race([ended.catch(() => undefined), sleep(200)]);
    }
  }

  #judge(result: Result): void {
    this.#judgeText(result);
    const { status, stderr } = result;
    const { fault, shape } = this.#scenario;
    if (fault.kind === 'closed streams' || shape.foreground || status >= 128) return;
    if (status !== 0 && stderr === '') this.#wrong.push(`status ${status} without a word`);
    if (status !== 0 && this.#isHarmless && !stderr.includes(brainDied))
      this.#wrong.push(`the start failed: ${stderr}`);
  }

  /** Nothing that was done should have kept it from starting. */
  get #isHarmless(): boolean {
    const { fault, shape } = this.#scenario;
    const bad = ['bad bind', 'bad limit', 'mapped', 'unshared'];
    return (
      fault.kind === 'none' &&
      shape.init !== 'missing' &&
      shape.rootfs === 'dir' &&
      !shape.extras.some((name) => bad.includes(name)) &&
      shape.hooks.every(({ manner }) => manner !== 'fails')
    );
  }

  async #opFault({ list, place, how }: Fault & { kind: 'op' }): Promise<string> {
    const planned = await lxc('start', ['-n', this.#name, '-d', '--plan', '--format', 'json']);
    if (planned.status !== 0) return '';
    const plan: Record<string, readonly { readonly op: string; readonly undo?: readonly unknown[] }[]> =
      JSON.parse(planned.stdout);
    const parent = plan.parent ?? [];
    const counts = {
      parent: parent.length,
      child: plan.child?.length ?? 0,
      undo: parent.reduce((sum, op) => sum + (op.undo?.length ?? 0), 0),
      call: parent.filter(({ op }) => op === 'call').length,
    };
    return `${list}:${place % Math.max(1, counts[list])}:${how}`;
  }

  #wrapping(fault: Fault): readonly string[] {
    const shell = (script: string) => ['/bin/sh', '-c', `${script}; exec "$0" "$@"`];
    if (fault.kind === 'descriptors') return shell(`ulimit -n ${fault.most}`);
    if (fault.kind === 'closed streams') return ['/bin/sh', '-c', 'exec "$0" "$@" <&- >&- 2>&-'];
    if (fault.kind === 'processes') return shell(`echo $$ > ${this.#pidsCgroup}/cgroup.procs`);
    return [];
  }

  get #pidsCgroup(): string {
    const top = hierarchies().find((path) => path.endsWith('/pids')) ?? hierarchies()[0] ?? '';
    return join(top, `caller.${this.#name}`);
  }

  /** Answers how it is undone. */
  async #before(fault: Fault): Promise<() => Promise<void>> {
    if (fault.kind === 'processes') {
      mkdirSync(this.#pidsCgroup);
      writeFileSync(join(this.#pidsCgroup, 'pids.max'), String(fault.most));
      return () => this.#removeCaller();
    }
    if (fault.kind === 'full run directory') {
      const used = (await run('df', ['--output=used', '-B1', '/run'])).stdout.split('\n')[1]?.trim() ?? '';
      await run('mount', ['-o', `remount,size=${used}`, '/run']);
      return async () => void (await run('mount', ['-o', 'remount,size=50%', '/run']));
    }
    if (fault.kind === 'stopped daemon') {
      const stopped = daemons();
      for (const pid of stopped) signal(pid, 'SIGSTOP');
      return () => {
        for (const pid of stopped) signal(pid, 'SIGCONT');
        return Promise.resolve();
      };
    }
    return () => Promise.resolve();
  }

  async #removeCaller(): Promise<void> {
    // Processes of it that go on do so without it.
    for (let turn = 0; turn < 100; turn += 1) {
      try {
        for (const pid of readFileSync(join(this.#pidsCgroup, 'cgroup.procs'), 'utf8').trim().split('\n'))
          if (pid !== '') writeFileSync(join(this.#pidsCgroup, '../cgroup.procs'), pid);
        rmdirSync(this.#pidsCgroup);
        return;
      } catch {
        await sleep(10);
      }
    }
  }

  async #during(fault: Fault, child: ChildProcess): Promise<void> {
    if ('after' in fault) await sleep(fault.after);
    if (fault.kind === 'signal') this.#strike(fault, child);
    if (fault.kind === 'stop') await lxc('stop', ['-n', this.#name, '-k']);
    if (fault.kind === 'second start') await lxc('start', ['-n', this.#name, '-d'], { env: this.#env });
    if (fault.kind === 'no rootfs') {
      renameSync(join(this.#dir, 'rootfs'), join(this.#dir, 'away'));
      await sleep(20);
      renameSync(join(this.#dir, 'away'), join(this.#dir, 'rootfs'));
      this.#letGo();
    }
    if (fault.kind === 'new config') appendFileSync(join(this.#dir, 'config'), 'lxc.uts.name = other\n');
    if (fault.kind === 'view server')
      await run('pkill', ['-KILL', '-n', '--ns', String(process.pid), '-f', 'lxcfs.cjs']);
  }

  #strike({ to, signal: which }: Fault & { kind: 'signal' }, child: ChildProcess): void {
    const command = child.pid ?? 0;
    if (to === 'command') signal(command, which);
    else if (to === 'daemon') killDaemons('SIGKILL');
    else {
      const pid = processesOf(this.#name, command)[to];
      if (pid !== undefined) signal(pid, which);
    }
  }

  /** The next command on the name; afterwards nothing may be left. */
  async #end(): Promise<void> {
    const { end } = this.#scenario;
    if (end === 'restart') await this.#command('start', ['-d']);
    if (end === 'info') await this.#command('info', ['-s']);
    if (end === 'halt') await this.#command('stop', ['-t', '1']);
    const last =
      end === 'destroy' ? await this.#command('destroy', ['-f']) : await this.#command('stop', ['-k']);
    // Its daemon was killed between the act and the word of it, and the next one finds nothing to do.
    const isDone = end === 'destroy' && this.#lostBrain && last.stderr.includes('Container is not defined');
    if (!isDone && last.status !== 0 && (end === 'destroy' || last.status !== notRunning))
      this.#wrong.push(`the last command ended with ${last.status}: ${last.stderr}`);
    // A monitor that died of that very command.
    if (end !== 'destroy' && (await settledTraces(this.#name, 5)).length > 0)
      await this.#command('info', ['-s']);
  }

  /** Once more where its daemon was killed, which another scenario may have done. */
  async #command(verb: string, args: readonly string[]): Promise<Result> {
    for (let left = 3; ; left -= 1) {
      const done = await lxc(verb, ['-n', this.#name, ...args]);
      this.#judgeText(done);
      if (left === 0 || !done.stderr.includes(brainDied)) return done;
      this.#lostBrain = true;
    }
  }

  #judgeText({ stdout, stderr }: Result): void {
    const said = stdout + stderr;
    // Node.js speaks for itself where it does not come as far as us.
    if (this.#scenario.fault.kind === 'descriptors' && said.includes('EMFILE')) return;
    if (/Unexpected|TypeError|ReferenceError|RangeError|\n +at /.test(said))
      this.#wrong.push(`an error of ours: ${said}`);
  }
}

function killDaemons(by: NodeJS.Signals): void {
  for (const pid of daemons()) signal(pid, by);
}

function signal(pid: number, which: NodeJS.Signals): void {
  try {
    process.kill(pid, which);
  } catch {
    // It was faster.
  }
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((wake) => setTimeout(wake, milliseconds));
}
