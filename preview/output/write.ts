/**
 * Writes text and waits until it is flushed. If the process exited earlier, a pipe could lose the rest.
 */
export function write(text: string): Promise<void> {
  return new Promise((resolve) => process.stdout.write(text, () => resolve()));
}

/** Whether to write color codes to a stream: only to a terminal, and only without NO_COLOR. */
export function usesColor({ isTTY }: { isTTY?: boolean }): boolean {
  return isTTY === true && !process.env["NO_COLOR"];
}
