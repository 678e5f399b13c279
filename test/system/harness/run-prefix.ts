/** Every container and cgroup of this run has it in its name. */
export const runPrefix = `system-${process.env.LXC_TS_SYSTEM_RUN ?? 'none'}`;
