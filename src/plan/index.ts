/** The plan's way in: what `run` imports. */

export type { CgroupFacts, Hierarchy, LayoutKind } from '../cgroup/layout.ts';
export { explain, explainNotes } from './explain.ts';
export type { HostFacts, PathFact, ViewMount } from './facts.ts';
export { formatPlan, type PlanFormat } from './format.ts';
export { childHooks, type HookRequest, hasHooks, hookCommands, scriptEnvironment } from './hooks.ts';
export { type NamespaceName, namespaceFlags, shareTargets } from './namespaces.ts';
export type { LinkFact, NetworkFacts, NetworkPlan } from './network-contract.ts';
export type { Share, StartRequest } from './request.ts';
export { endAsks } from './settings.ts';
export { planStart } from './start.ts';
export { layersOf } from './storage/overlay.ts';
export { nbdParts } from './storage/tools.ts';
export {
  type HookCommand,
  type HookContext,
  type HookType,
  hookTypes,
  type OpFailure,
  type PlanNote,
  type StartPlan,
} from './types.ts';
