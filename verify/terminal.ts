import { once } from "node:events";
import { createInterface } from "node:readline/promises";

/** Asks in the terminal. Returns undefined without one, and after the end of the input. */
export async function ask(prompt: string): Promise<string | undefined> {
  if (!process.stdin.isTTY) return undefined;
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    const end = once(terminal, "close").then(() => undefined);
    return await Promise.race([terminal.question(prompt), end]);
  } finally {
    terminal.close();
  }
}

/** Whether the user answers yes. Without a terminal, the answer is no. */
export async function confirmed(question: string): Promise<boolean> {
  return /^y(es)?$/i.test((await ask(`\n${question} [y/N] `)) ?? "");
}
