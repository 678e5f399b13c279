/** Starting a container from a program: what is asked, the plan as data, and the container of a single command. */

import { LxcError, type Origin } from '../base/error.ts';
import { type Config, nodeConfigIo } from '../config/index.ts';
import { formatPlan, type StartPlan as Plan, type Share } from '../plan/index.ts';
import type { ContainerId } from '../run/command-socket.ts';
import type { Order } from '../run/head.ts';
import { loadContainerConfig } from '../run/load.ts';
import { Log } from '../run/log.ts';
import { prepareStart, requestOf } from '../run/prepare.ts';
import type { Session } from '../run/session.ts';
import { type Reporter, start } from '../run/start.ts';
import type { PlannedOp } from '../wire/program.ts';
import { checked } from './config-file.ts';
import { type ConfigLines, withLines } from './config-key.ts';
import type { CommandOptions } from './exec-options.ts';
import type { Abortable } from './place.ts';

/** What a start goes by besides the container's own configuration. */
export interface ConfigOptions {
  /** Lines that are said last, for this run alone. */
  readonly config?: ConfigLines | undefined;
  /** A file to read in place of the container's own. */
  readonly configFile?: string | undefined;
  /** Namespaces taken over from a container by its name, a process by its pid, or a path. */
  readonly share?: { readonly [N in Share['namespace']]?: string | number | undefined } | undefined;
}

/** Options of {@link Container.start} and {@link Container.plan}. */
export interface StartOptions extends ConfigOptions, Abortable {
  /** Program and arguments in place of `lxc.init.cmd`, without a shell. */
  readonly command?: readonly string[] | undefined;
}

/** Options of `Container.run`. */
export interface RunOptions extends CommandOptions, ConfigOptions {}

/** One step of a plan. */
export interface PlannedStep {
  /** Its name: `mount`, `mkdirCgroup`, `netlink`, ... */
  readonly op: string;
  /** Texts, numbers, lists and bytes by their names. */
  readonly args: Readonly<Record<string, unknown>>;
  /** The key of the configuration that asks for it, or the part of a start. */
  readonly key: string;
  /** What it does, as an error would say: `mount the root file system`. */
  readonly act: string;
  readonly origin: Origin | undefined;
  /** A failure is noted and the start goes on. */
  readonly isOptional: boolean;
  /** Names of the steps that reverse it, when the start fails or the container ends. */
  readonly undo: readonly string[];
}

/** A remark about a start: a translated key, a line without effect. */
export interface PlanRemark {
  readonly key: string;
  readonly message: string;
  readonly origin: Origin | undefined;
}

/** What a start would do, in order. Nothing has been done. */
export interface StartPlan {
  readonly notes: readonly PlanRemark[];
  /** On the host's side. */
  readonly parent: readonly PlannedStep[];
  /** In the container, before its init. */
  readonly child: readonly PlannedStep[];
  /** All of it as `lxc-start --plan` prints it. */
  toString(): string;
}

export interface Asked extends ConfigOptions {
  readonly kind: 'start' | 'execute';
  readonly detach: boolean;
  readonly command: readonly string[];
}

/** What goes wrong in a start that goes on. */
export class Warnings implements Reporter {
  readonly texts: string[] = [];
  readonly log: Log;

  constructor(name: string) {
    this.log = new Log({ program: 'lxc-ts', name, file: undefined, level: 'ERROR' });
  }

  warn(message: string): void {
    this.texts.push(message);
  }
}

/** @throws LxcError `NOT_DEFINED`, `INVALID_CONFIG`, `ALREADY_RUNNING`, or what the kernel refused */
export async function startAs(session: Session, id: ContainerId, asked: Asked): Promise<Warnings> {
  const warnings = new Warnings(id.name);
  const order = orderOf(session, id, asked, warnings);
  if ((await start(session, order, warnings)) === 'started') return warnings;
  throw new LxcError(`Failed to start ${id.name}: it is running already`, { code: 'ALREADY_RUNNING' });
}

export async function planAs(session: Session, id: ContainerId, asked: Asked): Promise<StartPlan> {
  const order = orderOf(session, id, asked, new Warnings(id.name));
  const { plan } = await prepareStart(session, order);
  return planData(plan);
}

function orderOf(session: Session, id: ContainerId, asked: Asked, warnings: Warnings): Order {
  const { file, config } = checked(() => readConfig(session, id, asked));
  const { kind, detach, command } = asked;
  if (file === undefined && config.entries.length === 0)
    throw new LxcError(`Failed to start ${id.name}: it has no configuration`, {
      code: 'NOT_DEFINED',
      hint: 'make it with Container.create, or say its configuration with the option config',
    });
  const choices = { kind, detach, command, configFile: file, pidfile: undefined, shares: sharesOf(asked) };
  return { request: requestOf(session, id, choices, warnings), config, logFile: undefined };
}

function readConfig(
  session: Session,
  id: ContainerId,
  { configFile, config }: ConfigOptions,
): { readonly config: Config; readonly file: string | undefined } {
  const loaded = loadContainerConfig(session, { id, rcfile: configFile, definitions: [] });
  return { file: loaded.file, config: withLines(loaded.config, config, nodeConfigIo(session)) };
}

const shareable = ['net', 'ipc', 'uts', 'pid'] as const satisfies readonly Share['namespace'][];

function sharesOf({ share = {} }: ConfigOptions): readonly Share[] {
  return shareable.flatMap((namespace) => {
    const target = share[namespace];
    return target === undefined ? [] : [{ namespace, target: String(target) }];
  });
}

function planData(plan: Plan): StartPlan {
  return {
    notes: plan.notes,
    parent: plan.program.parent.map(stepData),
    child: plan.program.child.map(stepData),
    toString: () => formatPlan(plan, 'text'),
  };
}

function stepData({ op, args, why, optional = false, undo = [] }: PlannedOp): PlannedStep {
  return {
    op,
    args,
    key: why.key,
    act: why.act,
    origin: why.origin,
    isOptional: optional,
    undo: undo.map((one) => one.op),
  };
}
