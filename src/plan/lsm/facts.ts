/** What a plan must know of the host's security modules. */

export interface LsmFacts {
  /** Absent where the kernel lacks it, or it is not on. */
  readonly appArmor?: AppArmorFacts | undefined;
  readonly seLinux: boolean;
}

export interface AppArmorFacts {
  /** File below /proc/PID/attr for what is to hold from the next exec on: `apparmor/exec`, before Linux 5.8 `exec`. */
  readonly attribute: string;
  /** Label of the caller. */
  readonly caller: string;
  /** Older kernels let confined processes mount as they like. */
  readonly mediatesMounts: boolean;
  /** It can confine by two profiles at once, the second one from a namespace of profiles. */
  readonly stacks: boolean;
  /** Whether a profile of that name is loaded; `undefined` where only root may know. */
  readonly hasDefault: boolean | undefined;
  /** Path of apparmor_parser. */
  readonly parser: string | undefined;
  /** The profile as it was generated last. */
  readonly generated: string | undefined;
}

export const noLsm: LsmFacts = { seLinux: false };
