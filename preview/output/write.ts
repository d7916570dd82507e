/** Waits until the text is written: if the process exited earlier, a pipe could lose the rest. */
export function write(text: string): Promise<void> {
  return new Promise((resolve) => process.stdout.write(text, () => resolve()));
}
