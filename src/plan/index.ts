/** The plan's way in: what `run` imports. */

export type { CgroupFacts, Hierarchy, LayoutKind } from '../cgroup/layout.ts';
export type { HostFacts, PathFact } from './facts.ts';
export { type NamespaceName, namespaceFlags } from './namespaces.ts';
export type { LinkFact, NetworkFacts, NetworkPlan } from './network-contract.ts';
export type { Share, StartRequest } from './request.ts';
export {
  type HookCommand,
  type HookContext,
  type HookType,
  hookTypes,
  type OpFailure,
  type PlanNote,
  type StartPlan,
} from './types.ts';
