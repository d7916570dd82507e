import * as pulumi from "@pulumi/pulumi";
import { type MonitorOptions, RecordingMonitor } from "./monitor";
import type { RecordedResource } from "./recordedResource";

export interface RecordOptions extends MonitorOptions {
  /**
   * Configuration in the form that the engine passes: values as text, by full key (`monitoring:slack`).
   */
  config: Record<string, string>;
  /** Configuration keys whose values are secret. */
  secretConfig: string[];
}

export interface Recording {
  /** The stack. Its outputs are the program's outputs. */
  stack: RecordedResource;
  /** All other resources, in order of registration. */
  resources: RecordedResource[];
  /** Outputs of the program, with secrets in plain text and unknown values as `[unknown]`. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- each program has its own shape
  outputs: Record<string, any>;
  /** Messages that the program passed to `pulumi.log.warn`. */
  warnings: string[];
}

/** Runs a program without an engine and returns the resources that it registers. */
export async function record(program: () => unknown, options: RecordOptions): Promise<Recording> {
  const monitor = new RecordingMonitor(options);
  pulumi.runtime.setAllConfig(options.config, options.secretConfig);
  pulumi.runtime.setMockOptions(
    monitor,
    options.project,
    options.stack,
    options.preview,
    "organization",
  );
  const errors = new Set<unknown>();
  const restoreRejections = divertUnhandledRejections((error) => errors.add(error));
  const warnings: string[] = [];
  const restoreWarnings = divertWarnings((warning) => warnings.push(warning));
  try {
    await pulumi.runtime
      .runInPulumiStack(async () => (await program()) as Record<string, unknown>)
      .catch((error: unknown) => errors.add(error));
    await pulumi.runtime.disconnect();
    // Node reports an unhandled rejection one turn of the event loop later.
    await new Promise((resolve) => setImmediate(resolve));
  } finally {
    restoreRejections();
    restoreWarnings();
  }
  const [error] = errors;
  if (error instanceof Error) throw error;
  if (error !== undefined) throw new Error(`the program threw ${JSON.stringify(error)}`);
  const { stack, resources } = monitor.recorded();
  return { stack, resources, outputs: stack.outputs, warnings };
}

/** Diverts the program's warnings. Without an engine, the SDK prints them with this prefix. */
function divertWarnings(listener: (warning: string) => void): () => void {
  const prefix = "warning: [runtime] ";
  const { warn } = console;
  console.warn = (...values: unknown[]) => {
    const [text] = values;
    if (typeof text === "string" && text.startsWith(prefix)) listener(text.slice(prefix.length));
    else warn(...values);
  };
  return () => {
    console.warn = warn;
  };
}

/** Replaces all unhandledRejection listeners, because the SDK reports failed registrations to them. */
function divertUnhandledRejections(listener: (error: unknown) => void): () => void {
  const others = process.listeners("unhandledRejection");
  process.removeAllListeners("unhandledRejection");
  process.on("unhandledRejection", listener);
  return () => {
    process.removeListener("unhandledRejection", listener);
    for (const other of others) process.on("unhandledRejection", other);
  };
}
