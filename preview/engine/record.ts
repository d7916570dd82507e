import * as pulumi from "@pulumi/pulumi";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import * as resourceProto from "@pulumi/pulumi/proto/resource_pb";
import {
  ValuePath,
  WireObject,
  plainValues,
  redactedValues,
  secretPaths,
  unknownPaths,
} from "./values";

/** A call of a provider function, such as `aws:index/getCallerIdentity:getCallerIdentity`. */
export interface Invoke {
  token: string;
  inputs: Record<string, unknown>;
}

export interface RecordOptions {
  project: string;
  stack: string;
  /** Semantics of the first preview: nothing that a provider computes is known. */
  preview: boolean;
  /** Configuration as the engine passes it: full keys (`monitoring:slack`), values as text. */
  config: Record<string, string>;
  /** Keys of the configuration whose values are secret. */
  secretConfig: string[];
  /** Answers provider functions; throws for a token that it does not know. */
  invoke: (call: Invoke) => Record<string, unknown>;
  /** What a provider would compute for a resource, on top of its inputs; ignored in a preview. */
  computed?: ((resource: RecordedResource) => Record<string, unknown>) | undefined;
  /** Sees each resource as it is registered, that of the stack first. */
  onResource?: ((resource: RecordedResource) => void) | undefined;
}

export interface RecordedOptions {
  protect: boolean;
  retainOnDelete: boolean;
  /** URNs of everything that this resource waits for, by `dependsOn` or through an input. */
  dependencies: string[];
  /** URNs behind each input, by the name of the input. */
  propertyDependencies: Record<string, string[]>;
  /** URN of the explicit provider, if one was given. */
  provider: string | undefined;
  /** URNs of the providers that a component hands to its children, by package. */
  providers: Record<string, string>;
  aliases: RecordedAlias[];
  ignoreChanges: string[];
  deleteBeforeReplace: boolean;
  additionalSecretOutputs: string[];
  customTimeouts: { create: string; update: string; delete: string };
}

export interface RecordedAlias {
  urn?: string;
  name?: string;
  type?: string;
  parentUrn?: string;
  noParent?: boolean;
}

/** A resource as the program asked the engine for it. */
export class RecordedResource {
  /** What a component passed to `registerOutputs`, in the protocol's form. */
  registeredOutputs: WireObject | undefined;

  constructor(
    readonly type: string,
    readonly name: string,
    readonly urn: string,
    /** URN of the parent; undefined for what stands at the root of the stack. */
    readonly parent: string | undefined,
    /** False for a component. */
    readonly custom: boolean,
    /** True when the resource exists already and the program only reads it. */
    readonly external: boolean,
    /** The inputs in the protocol's form, secrets and unknowns marked. */
    readonly properties: WireObject,
    readonly options: RecordedOptions,
  ) {}

  /** The inputs with secrets in plain text and unknowns as `[unknown]`: for tests. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- shapes are as many as resource types
  get inputs(): Record<string, any> {
    return plainValues(this.properties);
  }

  /** The inputs with secrets as `[secret]`: for people and files. */
  get redactedInputs(): Record<string, unknown> {
    return redactedValues(this.properties);
  }

  /** What a component registered as its outputs, read like `inputs`. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as above
  get outputs(): Record<string, any> {
    return plainValues(this.registeredOutputs ?? {});
  }

  /** The registered outputs, read like `redactedInputs`. */
  get redactedOutputs(): Record<string, unknown> {
    return redactedValues(this.registeredOutputs ?? {});
  }

  /** The same resource with other inputs, as a policy's remediation leaves it. */
  withProperties(properties: WireObject): RecordedResource {
    const { type, name, urn, parent, custom, external, options } = this;
    const changed = new RecordedResource(
      type,
      name,
      urn,
      parent,
      custom,
      external,
      properties,
      options,
    );
    changed.registeredOutputs = this.registeredOutputs;
    return changed;
  }

  get secretPaths(): ValuePath[] {
    return secretPaths(this.properties);
  }

  get unknownPaths(): ValuePath[] {
    return unknownPaths(this.properties);
  }

  /** Whether the input at this path is a secret, itself or as part of one. */
  isSecret(...path: ValuePath): boolean {
    return this.secretPaths.some((secret) => secret.every((key, index) => key === path[index]));
  }

  /** Whether the input at this path, or something inside it, is unknown in a first preview. */
  isUnknown(...path: ValuePath): boolean {
    return this.unknownPaths.some((unknown) =>
      path.every((key, index) => index >= unknown.length || key === unknown[index]),
    );
  }
}

export interface Recording {
  /** The root of the stack; its outputs are the outputs of the program. */
  stack: RecordedResource;
  /** Everything else, in the order of registration. */
  resources: RecordedResource[];
  /** Outputs of the program, secrets in plain text and unknowns as `[unknown]`. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as above
  outputs: Record<string, any>;
  /** What the program warned of, with `pulumi.log.warn`. */
  warnings: string[];
}

/** Runs a program against a stand-in for the engine and returns everything it registered. */
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
  const release = divertUnhandledRejections((error) => errors.add(error));
  const warnings: string[] = [];
  const restore = divertWarnings((warning) => warnings.push(warning));
  try {
    await pulumi.runtime
      .runInPulumiStack(async () => (await program()) as Record<string, unknown>)
      .catch((error: unknown) => errors.add(error));
    await pulumi.runtime.disconnect();
    // Rejections are reported as unhandled one turn after the last of them.
    await new Promise((resolve) => setImmediate(resolve));
  } finally {
    release();
    restore();
  }
  const [error] = errors;
  if (error instanceof Error) throw error;
  if (error !== undefined) throw new Error(`the program threw ${JSON.stringify(error)}`);
  return { ...monitor.recording(), warnings };
}

/** Without an engine the SDK prints what is logged, under this prefix. */
function divertWarnings(listener: (warning: string) => void): () => void {
  const prefix = "warning: [runtime] ";
  const { warn } = console;
  console.warn = (...said: unknown[]) => {
    const [text] = said;
    if (typeof text === "string" && text.startsWith(prefix)) listener(text.slice(prefix.length));
    else warn(...said);
  };
  return () => {
    console.warn = warn;
  };
}

/** The SDK reports failed registrations as unhandled rejections; other listeners must not see them. */
function divertUnhandledRejections(listener: (error: unknown) => void): () => void {
  const others = process.listeners("unhandledRejection");
  process.removeAllListeners("unhandledRejection");
  process.on("unhandledRejection", listener);
  return () => {
    process.removeListener("unhandledRejection", listener);
    for (const other of others) process.on("unhandledRejection", other);
  };
}

type Respond = (error: unknown, response?: unknown) => void;

const STACK_TYPE = "pulumi:pulumi:Stack";

/** Takes the engine's place on the other side of the SDK. */
class RecordingMonitor {
  private readonly byUrn = new Map<string, RecordedResource>();

  constructor(private readonly options: RecordOptions) {}

  recording(): Omit<Recording, "warnings"> {
    const all = [...this.byUrn.values()];
    const stack = all.find((resource) => resource.type === STACK_TYPE);
    if (stack === undefined) throw new Error("the program never became a stack");
    return {
      stack,
      resources: all.filter((resource) => resource !== stack),
      outputs: stack.outputs,
    };
  }

  getDeploymentInfo(_request: unknown, respond: Respond): void {
    const { ResourceMonitorFeature: feature } = resourceProto;
    const info = new resourceProto.DeploymentInfo();
    info.setSupportedfeaturesList([
      feature.RESOURCE_MONITOR_FEATURE_SECRETS,
      feature.RESOURCE_MONITOR_FEATURE_RESOURCE_REFERENCES,
      feature.RESOURCE_MONITOR_FEATURE_ALIAS_SPECS,
      feature.RESOURCE_MONITOR_FEATURE_DELETED_WITH,
      feature.RESOURCE_MONITOR_FEATURE_REPLACE_WITH,
    ]);
    respond(null, info);
  }

  registerResource(request: resourceProto.RegisterResourceRequest, respond: Respond): void {
    answer(respond, () => {
      const resource = this.add(request, {
        custom: request.getCustom(),
        external: false,
        properties: wireObject(request.getObject()),
        options: optionsOf(request),
      });
      const response = new resourceProto.RegisterResourceResponse();
      response.setUrn(resource.urn);
      if (this.options.preview) {
        // A provider that has created nothing yet knows what it was given, and no more.
        response.setObject(request.getObject());
      } else {
        if (resource.custom) response.setId(request.getImportid() || `${resource.name}-id`);
        response.setObject(
          Struct.fromJavaScript({
            ...resource.properties,
            ...this.options.computed?.(resource),
          } as never),
        );
      }
      return response;
    });
  }

  readResource(request: resourceProto.ReadResourceRequest, respond: Respond): void {
    answer(respond, () => {
      const resource = this.add(request, {
        custom: true,
        external: true,
        properties: wireObject(request.getProperties()),
        options: noOptions(request.getDependenciesList()),
      });
      const response = new resourceProto.ReadResourceResponse();
      response.setUrn(resource.urn);
      response.setProperties(
        this.options.preview
          ? request.getProperties()
          : Struct.fromJavaScript({
              ...resource.properties,
              ...this.options.computed?.(resource),
            } as never),
      );
      return response;
    });
  }

  registerResourceOutputs(
    request: resourceProto.RegisterResourceOutputsRequest,
    respond: Respond,
  ): void {
    answer(respond, () => {
      const resource = this.byUrn.get(request.getUrn());
      if (resource === undefined) throw new Error(`unknown resource ${request.getUrn()}`);
      resource.registeredOutputs = wireObject(request.getOutputs());
      return {};
    });
  }

  invoke(request: resourceProto.ResourceInvokeRequest, respond: Respond): void {
    answer(respond, () => {
      const result = this.options.invoke({
        token: request.getTok(),
        inputs: plainValues(wireObject(request.getArgs())),
      });
      const response = new resourceProto.ResourceInvokeResponse();
      response.setReturn(Struct.fromJavaScript(result as never));
      return response;
    });
  }

  private add(
    request: Pick<resourceProto.RegisterResourceRequest, "getType" | "getName" | "getParent">,
    rest: Pick<RecordedResource, "custom" | "external" | "properties" | "options">,
  ): RecordedResource {
    const type = request.getType();
    const name = request.getName();
    const parent = this.byUrn.get(request.getParent());
    const urn = this.urnOf(parent, type, name);
    if (this.byUrn.has(urn)) {
      throw new Error(`Duplicate resource URN '${urn}'; try giving it a unique name`);
    }
    const resource = new RecordedResource(
      type,
      name,
      urn,
      parent === undefined || parent.type === STACK_TYPE ? undefined : parent.urn,
      rest.custom,
      rest.external,
      rest.properties,
      rest.options,
    );
    this.byUrn.set(urn, resource);
    this.options.onResource?.(resource);
    return resource;
  }

  private urnOf(parent: RecordedResource | undefined, type: string, name: string): string {
    const inherited =
      parent === undefined || parent.type === STACK_TYPE ? "" : `${qualifiedType(parent.urn)}$`;
    const { stack, project } = this.options;
    return `urn:pulumi:${stack}::${project}::${inherited}${type}::${name}`;
  }
}

function answer(respond: Respond, work: () => unknown): void {
  let response: unknown;
  try {
    response = work();
  } catch (error) {
    // The SDK builds its own error from `details`, as gRPC names the message.
    respond(Object.assign(error as Error, { details: (error as Error).message }));
    return;
  }
  respond(null, response);
}

function qualifiedType(urn: string): string {
  return urn.split("::")[2] ?? "";
}

function wireObject(struct: { toJavaScript(): unknown } | undefined): WireObject {
  return (struct?.toJavaScript() ?? {}) as WireObject;
}

function optionsOf(request: resourceProto.RegisterResourceRequest): RecordedOptions {
  const timeouts = request.getCustomtimeouts();
  return {
    protect: request.getProtect() ?? false,
    retainOnDelete: request.getRetainondelete() ?? false,
    dependencies: request.getDependenciesList(),
    propertyDependencies: Object.fromEntries(
      [...request.getPropertydependenciesMap().entries()].map(([property, dependencies]) => [
        property,
        dependencies.getUrnsList(),
      ]),
    ),
    provider: providerUrn(request.getProvider()),
    providers: Object.fromEntries(
      [...request.getProvidersMap().entries()].map(([name, reference]) => [
        name,
        providerUrn(reference) ?? "",
      ]),
    ),
    aliases: request.getAliasesList().map(aliasOf),
    ignoreChanges: request.getIgnorechangesList(),
    deleteBeforeReplace: request.getDeletebeforereplace(),
    additionalSecretOutputs: request.getAdditionalsecretoutputsList(),
    customTimeouts: {
      create: timeouts?.getCreate() ?? "",
      update: timeouts?.getUpdate() ?? "",
      delete: timeouts?.getDelete() ?? "",
    },
  };
}

/** The options of a resource that was given none. */
export function noOptions(dependencies: string[] = []): RecordedOptions {
  return {
    protect: false,
    retainOnDelete: false,
    dependencies,
    propertyDependencies: {},
    provider: undefined,
    providers: {},
    aliases: [],
    ignoreChanges: [],
    deleteBeforeReplace: false,
    additionalSecretOutputs: [],
    customTimeouts: { create: "", update: "", delete: "" },
  };
}

/** A reference to a provider is its URN and its id, which a preview does not know. */
function providerUrn(reference: string): string | undefined {
  if (reference === "") return undefined;
  return reference.slice(0, reference.lastIndexOf("::"));
}

function aliasOf(
  alias: ReturnType<resourceProto.RegisterResourceRequest["getAliasesList"]>[number],
): RecordedAlias {
  if (alias.hasUrn()) return { urn: alias.getUrn() };
  const spec = alias.getSpec();
  return {
    ...(spec?.getName() ? { name: spec.getName() } : {}),
    ...(spec?.getType() ? { type: spec.getType() } : {}),
    ...(spec?.getParenturn() ? { parentUrn: spec.getParenturn() } : {}),
    ...(spec?.getNoparent() ? { noParent: true } : {}),
  };
}
