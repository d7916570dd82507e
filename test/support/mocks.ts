import * as assert from "node:assert/strict";
import type { Invoke } from "../../preview/engine/monitor";
import { type Recording, record } from "../../preview/engine/record";
import type { RecordedResource } from "../../preview/engine/recordedResource";
import { SECRET, UNKNOWN } from "../../preview/engine/values";

export type { Recording } from "../../preview/engine/record";
export type { RecordedResource } from "../../preview/engine/recordedResource";
export { SECRET, UNKNOWN };

export interface RecordProgramOptions {
  /** Whether computed outputs are unknown, as in a first preview. Default: true. */
  preview?: boolean;
  /** Configuration values as text; keys without a namespace belong to `monitoring`. */
  config?: Record<string, string>;
  /** Keys of `config` with secret values. */
  secretConfig?: string[];
  /** Default: `monitoring`. */
  project?: string;
  /** Default: `test`. */
  stack?: string;
  /** Results of provider functions by token; other tokens fail the program. */
  call?: Record<
    string,
    (inputs: Record<string, unknown>, provider: string) => Record<string, unknown>
  >;
  /** Computed outputs of a resource, such as an ARN; only without `preview`. */
  computed?: (resource: RecordedResource) => Record<string, unknown>;
}

/** Runs a program without an engine and returns what it registered; rejects if the program throws. */
export function recordProgram(
  program: () => unknown,
  options: RecordProgramOptions = {},
): Promise<Recording> {
  const key = (name: string): string => (name.includes(":") ? name : `monitoring:${name}`);
  return record(program, {
    project: options.project ?? "monitoring",
    stack: options.stack ?? "test",
    preview: options.preview ?? true,
    config: Object.fromEntries(
      Object.entries(options.config ?? {}).map(([name, value]) => [key(name), value]),
    ),
    secretConfig: (options.secretConfig ?? []).map(key),
    invoke: ({ token, inputs, provider }: Invoke) => {
      const call = options.call?.[token];
      if (call === undefined) throw new Error(`the test has no result for ${token}`);
      return call(inputs, provider);
    },
    computed: options.computed,
  });
}

/** Message of the error of a deployment, and the resources that it registered before. */
export async function failedDeployment(
  program: () => unknown,
): Promise<{ message: string; registered: string[] }> {
  const registered: string[] = [];
  let message = "";
  const computed = ({ type }: { type: string }) => {
    if (type !== "pulumi:pulumi:Stack") registered.push(type);
    return {};
  };
  await assert.rejects(recordProgram(program, { preview: false, computed }), (error: Error) => {
    message = error.message;
    return true;
  });
  return { message, registered };
}

/** Path of a value within the inputs of a resource: `["stringData", "api-key"]`. */
type ValuePath = (string | number)[];

/** Paths of the secret inputs. */
export function secretPaths({ redactedInputs }: RecordedResource): ValuePath[] {
  return pathsOf(redactedInputs, SECRET);
}

/** Paths of the inputs that are unknown in a first preview. */
export function unknownPaths({ inputs }: RecordedResource): ValuePath[] {
  return pathsOf(inputs, UNKNOWN);
}

/** Whether the input at this path is a secret, itself or as part of one. */
export function isSecret(resource: RecordedResource, ...path: ValuePath): boolean {
  return secretPaths(resource).some((secret) => secret.every((key, index) => key === path[index]));
}

/** Whether the input at this path, or something inside it, is unknown in a first preview. */
export function isUnknown(resource: RecordedResource, ...path: ValuePath): boolean {
  return unknownPaths(resource).some((unknown) =>
    path.every((key, index) => index >= unknown.length || key === unknown[index]),
  );
}

function pathsOf(value: unknown, placeholder: string, path: ValuePath = []): ValuePath[] {
  if (value === placeholder) return [path];
  if (typeof value !== "object" || value === null) return [];
  const entries: [string | number, unknown][] = Array.isArray(value)
    ? [...value.entries()]
    : Object.entries(value);
  return entries.flatMap(([key, item]) => pathsOf(item, placeholder, [...path, key]));
}
