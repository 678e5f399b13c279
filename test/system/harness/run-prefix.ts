/** A process as part of a name: of the same length each time, since tables are as wide as what stands in them. */
export const digits = (pid: number): string => pid.toString(36).padStart(4, '0');

/** Every container and cgroup of this run has it in its name. */
export const runPrefix = `system-${process.env.LXC_TS_SYSTEM_RUN ?? 'none'}`;
