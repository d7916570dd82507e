import * as fs from "node:fs";

/** The processes that a process has started. */
export function childrenOf(pid: number): number[] {
  const tasks = `/proc/${pid}/task`;
  return fs
    .readdirSync(tasks)
    .flatMap((task) => readIfExists(`${tasks}/${task}/children`).split(" "))
    .filter((child) => child !== "")
    .map(Number);
}

/** Returns the content of a file; empty if the thread that it describes has just ended. */
function readIfExists(file: string): string {
  try {
    return fs.readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
