/** Numbers as LXC's tools print them for people. */

const kib = 1024;
const mib = kib * kib;
const gib = kib * mib;

/** `11.57 MiB`; LXC rounds MiB and KiB, cuts GiB, and shows what is not above 1024 in bytes. */
export function sizeText(bytes: number): string {
  if (bytes > gib) return scaled(Math.floor(bytes / gib), Math.floor((bytes % gib) / 10_737_419), 'GiB');
  if (bytes > mib) return rounded(bytes + 5243, mib, 'MiB');
  if (bytes > kib) return rounded(bytes + 5, kib, 'KiB');
  return `${bytes} bytes`;
}

function rounded(bytes: number, unit: number, name: string): string {
  return scaled(Math.floor(bytes / unit), Math.floor(((bytes % unit) * 100) / unit), name);
}

function scaled(whole: number, hundredths: number, name: string): string {
  return `${whole}.${String(hundredths).padStart(2, '0')} ${name}`;
}

/** `0.84 seconds`; in whole numbers, so that native/report.c rounds alike. */
export function secondsText(nanoseconds: number): string {
  const hundredths = Math.floor((nanoseconds + 5_000_000) / 10_000_000);
  return scaled(Math.floor(hundredths / 100), hundredths % 100, 'seconds');
}

/** `0.64MB`, in which MB is 1024 x 1024 bytes. */
export function megabytesText(bytes: number): string {
  return `${(bytes / mib).toFixed(2)}MB`;
}
