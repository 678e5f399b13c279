/** What readers of /proc/PID/mountinfo share. */

/** Blanks and backslashes stand as octal numbers. */
export function withoutEscapes(field: string): string {
  return field.replace(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}
