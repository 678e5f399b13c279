/**
 * Makes V8's code cache: the brain starts a container for this client, which does nothing but say that all went well, so
 * that the code of a first start is compiled when the cache is taken. It reads what a start reads and changes nothing.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Duplex } from 'node:stream';
import { FrameCutter, frameTypes } from '../src/run/frames.ts';
import { ByteWriter } from '../src/wire/bytes.ts';
import { helloRoles, protocolVersion, resultKinds } from '../src/wire/frames.ts';
import { nodeFlags } from '../src/wire/node.ts';

export interface Rehearsal {
  readonly node: string;
  /** dist/lxc.cjs */
  readonly boot: string;
  readonly buildId: string;
  /** Where the cache goes. */
  readonly cache: string;
}

const definitions = [
  'lxc.rootfs.path=dir:/',
  'lxc.uts.name=rehearsal',
  'lxc.tty.max=4',
  'lxc.pty.max=1024',
  'lxc.mount.auto=proc:mixed sys:ro cgroup:mixed',
  'lxc.mount.entry=tmpfs dev/shm tmpfs rw,nosuid,nodev,create=dir 0 0',
  'lxc.cap.drop=sys_module',
  'lxc.cgroup.devices.deny=a',
  'lxc.cgroup.devices.allow=c 1:3 rwm',
  'lxc.cgroup.memory.limit_in_bytes=256M',
  'lxc.net.0.type=veth',
  'lxc.net.0.flags=up',
  'lxc.net.0.ipv4.address=192.0.2.2/24',
];

const argv = ['lxc-start', '-n', 'rehearsal', '-P', '/', '-f', '/dev/null', '-d'].concat(
  definitions.flatMap((definition) => ['-s', definition]),
);

export async function rehearse({ node, boot, buildId, cache }: Rehearsal): Promise<void> {
  const brain = spawn(node, [...nodeFlags, boot, '--rehearse', cache], {
    env: { PATH: process.env.PATH },
    stdio: ['ignore', 'inherit', 'inherit', 'pipe'],
  });
  const line = brain.stdio[3];
  if (!(line instanceof Duplex)) throw new Error('Failed to talk to the brain: no socket');
  play(line, buildId);
  const [status] = await once(brain, 'exit');
  if (status !== 0) throw new Error(`Failed to make the code cache: the brain exited with status ${status}`);
}

/** Answers every program with success, as the helper would. */
function play(line: Duplex, buildId: string): void {
  const cutter = new FrameCutter();
  line.write(frame(frameTypes.HELLO, hello(buildId)));
  line.on('data', (piece: Buffer) => {
    for (const { type, payload } of cutter.push(piece)) {
      if (type === frameTypes.RUN) line.write(frame(frameTypes.RESULT, result()));
      if (type === frameTypes.ERR) process.stderr.write(payload);
      if (type === frameTypes.EXIT) line.destroy();
    }
  });
}

function frame(type: number, payload: Uint8Array): Buffer {
  return new ByteWriter().u32(payload.length).u32(type).raw(payload).take();
}

function hello(buildId: string): Buffer {
  const out = new ByteWriter().u32(protocolVersion).u32(helloRoles.command);
  for (const number of [process.getuid?.() ?? 0, process.getgid?.() ?? 0, 0o022, 0, 0, 0, process.pid, 0])
    out.u32(number);
  return out.text('/').texts(argv).texts(['PATH=/usr/bin:/bin', 'HOME=/']).text(buildId).take();
}

function result(): Buffer {
  const out = new ByteWriter().u32(resultKinds.ok).u32(0).u32(0).u32(0).u32(process.pid);
  return out.text('').u32(0).take();
}
