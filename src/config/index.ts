/** The public surface of the configuration. */

export { wholeNumber } from './codec.ts';
export type { AutoCgroup, AutoMount, AutoProc, AutoShmounts, AutoSys } from './codecs/automount.ts';
export {
  type DeviceRule,
  type Limit,
  parseDeviceRule,
  type ResourceLimit,
  type TimeOffset,
} from './codecs/limit.ts';
export {
  type MountEntry,
  parseFstabLine,
  type Rootfs,
  type RootfsOptions,
  type StorageType,
} from './codecs/mount.ts';
export type { Address4, Address6, Gateway, NetType, Route } from './codecs/net.ts';
export {
  classicFiles,
  cpuDirectory,
  furtherFiles,
  type ProcView,
  rareFiles,
  viewFiles,
} from './codecs/proc-view.ts';
export {
  type Architecture,
  type LogLevel,
  logLevels,
  type NamespaceSource,
  type Variable,
} from './codecs/process.ts';
export {
  type Capability,
  capabilityNames,
  type IdMap,
  type NamespaceName,
  namespaceNames,
} from './codecs/security.ts';
export { appendItem, type Document, parseDocument, printDocument, removeItem } from './document.ts';
export { type Caller, nodeConfigIo } from './io.ts';
export { effectOf, getItem, listItems } from './items.ts';
export {
  type Family,
  type Key,
  keys,
  type ListKey,
  type NetList,
  type NetScalar,
  type ScalarKey,
} from './keys/index.ts';
export { type Assignment, clearItem, define, emptyConfig, loadConfig, parseConfig, setItem } from './load.ts';
export { nearest } from './nearest.ts';
export { dumpConfig, printConfig, restoreConfig } from './print.ts';
export { moved, newAddress, ownFiles, type Relocation, relocate } from './relocate.ts';
export type { Alias, Codec, Row, RowFacts, RowKind } from './row.ts';
export { loadSystemConfig, type Owner, type SystemConfig, type SystemKey, systemKeys } from './system.ts';
export type { ConfigIo, Effect, Entry, NamedEntry, Note, RawEntry } from './types.ts';
export { type Config, configOf, type Net } from './view.ts';
