import * as fs from "node:fs";

/** A call of the engine to a fake provider. It never contains a property value, which may be secret. */
export interface Call {
  /** `check`, `diff`, `create`, `read`, `update`, `delete`, `invoke`, `configure` or `start`. */
  operation: string;
  /** Package of the fake provider: `kubernetes`, `aws`, … */
  package: string;
  /** Type token of the resource or token of the function. */
  type: string;
  name: string;
  /** Whether the call belongs to a preview. */
  preview: boolean;
  /** `diff` only: the properties that changed. */
  changed?: string[];
  /** `diff` only: the changed properties that require a replacement. */
  replaces?: string[];
  /** `start` only: the ID of the process. */
  pid?: number;
}

/** Environment variable with the path of the log, to which all plugins of a run append. */
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
