/**
 * /proc/cpuinfo by our rules: the stanzas of the visible CPUs, unchanged. The numbers stay the kernel's, since those
 * are what /proc/stat, /sys/devices/system/cpu and sched_getaffinity(2) speak of as well.
 */

const processor = /^processor\s*:\s*(\d+)/m;

export function renderCpuinfo(host: string, visible: readonly number[]): string {
  return host.startsWith('vendor_id       : IBM/S390') ? s390(host, visible) : stanzas(host, visible);
}

/** A block without a processor line (`Hardware` on arm, the head of a file) belongs to all. */
function stanzas(host: string, visible: readonly number[]): string {
  const shown = new Set(visible);
  const kept = host.split(/(?<=\n\n)/).filter((stanza) => {
    const number = processor.exec(stanza)?.[1];
    return number === undefined || shown.has(Number(number));
  });
  return kept.join('');
}

/** `processor 3: ...` lines, `cpu number : 3` stanzas, and the count of processors. */
function s390(host: string, visible: readonly number[]): string {
  const shown = new Set(visible);
  const counted = host.replace(/^(# processors\s*: )\d+/m, `$1${visible.length}`);
  const lines = counted.replace(/^processor (\d+):.*\n/gm, (line, number: string) =>
    shown.has(Number(number)) ? line : '',
  );
  const kept = lines.split(/(?<=\n\n)/).filter((stanza) => {
    const number = /^cpu number\s*: (\d+)/m.exec(stanza)?.[1];
    return number === undefined || shown.has(Number(number));
  });
  return kept.join('');
}
