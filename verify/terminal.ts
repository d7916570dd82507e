import { once } from "node:events";
import { createInterface } from "node:readline/promises";

/** Asks a question in the terminal. Returns undefined without a terminal, or at the end of the input. */
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

/** Asks for confirmation in the terminal. Without a terminal, the answer is no. */
export async function confirmed(question: string): Promise<boolean> {
  return /^y(es)?$/i.test((await ask(`\n${question} [y/N] `)) ?? "");
}
