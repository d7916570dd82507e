import * as fs from "node:fs";

/** The processes that a process has started. */
export function childrenOf(pid: number): number[] {
  const tasks = `/proc/${pid}/task`;
  return fs
    .readdirSync(tasks)
    .flatMap((task) => fs.readFileSync(`${tasks}/${task}/children`, "utf8").split(" "))
    .filter((child) => child !== "")
    .map(Number);
}
