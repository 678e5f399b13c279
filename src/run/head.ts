/**
 * The head of a record: what was asked of a start, with the configuration as it was read. Hooks at the end, a reboot
 * and an attach go by it, never by files that were edited since.
 */

import { LxcError } from '../base/error.ts';
import { type Config, dumpConfig, restoreConfig } from '../config/index.ts';
import type { StartRequest } from '../plan/index.ts';
import type { ContainerId } from './command-socket.ts';
import type { ContainerRecord } from './record.ts';

/** The parts of a request that a record keeps. */
export type KeptRequest = Omit<StartRequest, 'reboot' | 'record' | 'initPids'>;

export interface Head {
  readonly request: KeptRequest;
  readonly config: Config;
  /** Names drawn for this run, by configuration key: `lxc.net.0.veth.pair`. */
  readonly items: ReadonlyMap<string, string>;
  /** Where its limits hold, by controller, as the monitor tells it; `''` is the unified hierarchy. */
  readonly cgroups: ReadonlyMap<string, string>;
  /** Its processes have their calls of sysinfo(2) answered by the monitor. */
  readonly sysinfo: boolean;
  /** The log of the command that asked, for what happens later. */
  readonly logFile: string | undefined;
}

/** What is known before there is a plan. */
export type Order = Pick<Head, 'request' | 'config' | 'logFile'>;

const format = 1;

export function encodeHead({ request, config, items, cgroups, sysinfo, logFile }: Head): Buffer {
  return Buffer.from(
    JSON.stringify({
      format,
      // Whoever goes by a record has a pid of his own.
      request: { ...request, pid: 0 },
      config: dumpConfig(config),
      items: [...items],
      cgroups: [...cgroups],
      sysinfo,
      logFile,
    }),
  );
}

const most = 64;
const known = new Map<string, { readonly bytes: Buffer; readonly head: Head }>();

/** The head in a record; a daemon that is asked about a container again has it decoded already. */
export function headOf({ path, head: bytes }: ContainerRecord): Head {
  const last = known.get(path);
  if (last?.bytes.equals(bytes)) return last.head;
  const head = decodeHead(bytes);
  if (known.size >= most) known.clear();
  known.set(path, { bytes, head });
  return head;
}

export function decodeHead(bytes: Buffer): Head {
  const head: unknown = JSON.parse(bytes.toString());
  if (!isHead(head))
    throw new LxcError('Failed to read the record of the container: another version wrote it');
  return {
    request: head.request,
    config: restoreConfig(head.config),
    items: new Map(head.items),
    cgroups: new Map(head.cgroups),
    sysinfo: head.sysinfo === true,
    logFile: head.logFile,
  };
}

interface WrittenHead {
  readonly format: typeof format;
  readonly request: KeptRequest;
  readonly config: string;
  readonly items: readonly (readonly [string, string])[];
  readonly cgroups?: readonly (readonly [string, string])[];
  readonly sysinfo?: boolean;
  readonly logFile?: string;
}

/** The directory of records is ours alone, so the format's number stands for all that it promises. */
function isHead(head: unknown): head is WrittenHead {
  return typeof head === 'object' && head !== null && 'format' in head && head.format === format;
}

export function idOf({ lxcpath, name }: KeptRequest): ContainerId {
  return { lxcpath, name };
}
