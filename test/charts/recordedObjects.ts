import * as fs from "node:fs";
import * as path from "node:path";
import { isMap } from "../../policies/shared/isMap";
import type { Manifest } from "./render";

/** What `recordObjects.ts` records of a stack. */
export interface RecordedObjects {
  charts: Record<string, string>;
  /** Security settings of each release, by their path in its values. */
  security: Record<string, Record<string, unknown>>;
  /** The objects of the charts, without what no check reads. */
  objects: Manifest[];
}

const file = path.join(__dirname, "objects", "prod.json");

export function recordedObjects(): RecordedObjects {
  return JSON.parse(fs.readFileSync(file, "utf8")) as RecordedObjects;
}

export function writeRecordedObjects(recorded: RecordedObjects): void {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, `${JSON.stringify(recorded, null, 2)}\n`);
}

const isSecuritySetting = (key: string): boolean =>
  /^(automountServiceAccountToken|host(IPC|Network|PID)|rbac)$|securityContext$/i.test(key);

/**
 * The values of a chart that decide which privileges its pods have. A change of them changes what Checkov
 * finds, so the objects must be recorded again. Of limits, only which ones exist counts.
 */
export function securityValues(value: unknown, at: string[] = []): Record<string, unknown> {
  if (Array.isArray(value)) return securityValues({ ...value }, at);
  if (!isMap(value)) return {};
  return Object.assign(
    {},
    ...Object.entries(value).map(([key, child]) => {
      const here = [...at, key];
      if (isSecuritySetting(key)) return { [here.join(".")]: child };
      if (key === "limits" && isMap(child)) return { [here.join(".")]: Object.keys(child).sort() };
      return securityValues(child, here);
    }),
  ) as Record<string, unknown>;
}

const unjudged = new Set(["annotations", "args", "binaryData", "command", "data", "stringData"]);

/** An object without what no check reads: scripts, arguments, annotations and data. */
export function judged(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(judged);
  if (!isMap(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !unjudged.has(key))
      .map(([key, child]) => [key, judged(child)]),
  );
}
