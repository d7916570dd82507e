import * as fs from "node:fs";

/** One thing that the engine asked of a provider double. Never a property value: it may be secret. */
export interface Call {
  /** `check`, `diff`, `create`, `read`, `update`, `delete`, `invoke`, `configure` or `start`. */
  operation: string;
  /** Package of the double: `kubernetes`, `aws`, … */
  package: string;
  /** Type token of the resource, or token of the function. */
  type: string;
  name: string;
  /** Only asked what would happen. */
  preview: boolean;
  /** `diff` only: the properties that changed. */
  changed?: string[];
  /** `diff` only: the properties whose change means a new resource. */
  replaces?: string[];
  /** `start` only. */
  pid?: number;
}

/** Tests name the log in this variable; every plugin of a run appends to it. */
export const callLogVariable = "ENGINE_CALL_LOG";

export function recordCall(call: Call): void {
  const file = process.env[callLogVariable];
  if (file) fs.appendFileSync(file, `${JSON.stringify(call)}\n`);
}

export function readCalls(file: string): Call[] {
  if (!fs.existsSync(file)) return [];
  const lines = fs.readFileSync(file, "utf8").split("\n").filter(Boolean);
  return lines.map((line) => JSON.parse(line) as Call);
}
