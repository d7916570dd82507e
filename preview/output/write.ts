/**
 * Writes text and waits until it is flushed. If the process exited earlier, a pipe could lose the rest.
 */
export function write(text: string): Promise<void> {
  return new Promise((resolve) => process.stdout.write(text, () => resolve()));
}
