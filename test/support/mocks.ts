import {
  type Invoke,
  type RecordedResource,
  type Recording,
  record,
} from "../../preview/engine/record";

export type { RecordedResource, Recording } from "../../preview/engine/record";
export { SECRET, UNKNOWN } from "../../preview/engine/values";

export interface RecordProgramOptions {
  /** First-preview semantics: computed outputs are unknown. Default true. */
  preview?: boolean;
  /** Configuration; keys without a namespace belong to `monitoring`, values are text. */
  config?: Record<string, string>;
  /** Keys of `config` whose values are secret. */
  secretConfig?: string[];
  /** Default `monitoring`. */
  project?: string;
  /** Default `test`. */
  stack?: string;
  /** Answers of provider functions by token; any other token fails the program. */
  call?: Record<string, (inputs: Record<string, unknown>) => Record<string, unknown>>;
  /** What a provider would compute for a resource, such as an ARN; only without `preview`. */
  computed?: (resource: RecordedResource) => Record<string, unknown>;
}

/** Runs a program without an engine and returns what it registered; rejects with what it threw. */
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
    invoke: ({ token, inputs }: Invoke) => {
      const call = options.call?.[token];
      if (call === undefined) throw new Error(`the test does not answer ${token}`);
      return call(inputs);
    },
    computed: options.computed,
  });
}
