/** Waiting for something that another process does. */

export async function eventually(
  holds: () => boolean | Promise<boolean>,
  what: string,
  timeoutMs = 5000,
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`It took more than ${timeoutMs} ms until ${what}`);
    await new Promise((wake) => setTimeout(wake, 10));
  }
}
