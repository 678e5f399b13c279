/**
 * Containers as an API. The program that imports this is the planner itself: nothing is asked of a daemon, and no command
 * of the package is run but its helper, which executes what was planned.
 *
 * @packageDocumentation
 */

export { LxcError, type LxcErrorCode, type LxcErrorOptions, type Origin } from './base/error.ts';
export type { Stats } from './cgroup/stats.ts';
export type { StorageType } from './config/codecs/mount.ts';
export type { ConfigEdit, ConfigEntry, ConfigFile } from './library/config-file.ts';
export type { ConfigKey, ConfigLines, ConfigScalar, ConfigValue } from './library/config-key.ts';
export {
  type CgroupValues,
  Container,
  type ContainerInfo,
  type DestroyOptions,
  type Started,
  type StopOptions,
  TemporaryContainer,
} from './library/container.ts';
export type { CopyOptions, Snapshots } from './library/copy.ts';
export type { CreateOptions } from './library/create.ts';
export type { StateChange } from './library/events.ts';
export type {
  CommandOptions,
  ExecOptions,
  ExecResult,
  Freedom,
  Namespace,
  NoOptions,
  Streams,
  TerminalSize,
} from './library/exec-options.ts';
export type { Execution } from './library/execution.ts';
export { type ListOptions, list } from './library/list.ts';
export type { Abortable, Place } from './library/place.ts';
export { ExecError, type Outcome, type Status, type StreamKind } from './library/result.ts';
export type {
  ConfigOptions,
  PlannedStep,
  PlanRemark,
  RunOptions,
  StartOptions,
  StartPlan,
} from './library/start.ts';
export type { LinkUse } from './run/link-use.ts';
export type { Listed } from './run/listing.ts';
export type { Snapshot } from './run/snapshot.ts';
export type { State } from './run/states.ts';
