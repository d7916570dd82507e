import * as resourceProto from "@pulumi/pulumi/proto/resource_pb";
import { type WireObject, plainValues, redactedValues } from "./values";

export interface RecordedOptions {
  protect: boolean;
  retainOnDelete: boolean;
  /** URNs of the resources that this resource waits for, through `dependsOn` or an input. */
  dependencies: string[];
  /** URNs of the resources that each input depends on, by the name of the input. */
  propertyDependencies: Record<string, string[]>;
  /** URN of the explicit provider, if the program set one. */
  provider: string | undefined;
  /** URNs of the providers that a component passes to its children, by package. */
  providers: Record<string, string>;
  aliases: RecordedAlias[];
  ignoreChanges: string[];
  deleteBeforeReplace: boolean;
  additionalSecretOutputs: string[];
  customTimeouts: { create: string; update: string; delete: string };
}

/** An alias, either as a URN or as another name for the resource. */
export interface RecordedAlias {
  urn?: string;
  name?: string;
}

/** A resource as the program registered it. */
export class RecordedResource {
  /** The arguments of a component's `registerOutputs`, in the wire format. */
  registeredOutputs: WireObject | undefined;

  constructor(
    readonly type: string,
    readonly name: string,
    readonly urn: string,
    /** URN of the parent, or undefined for a resource directly under the stack. */
    readonly parent: string | undefined,
    /** False for a component. */
    readonly custom: boolean,
    /** Whether the resource already exists and the program only reads it. */
    readonly external: boolean,
    /** The inputs in the wire format of the protocol, which marks secrets and unknown values. */
    readonly properties: WireObject,
    readonly options: RecordedOptions,
  ) {}

  /** The inputs with secrets in plain text and unknown values as `[unknown]`, for tests. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- each resource type has its own shape
  get inputs(): Record<string, any> {
    return plainValues(this.properties);
  }

  /** The inputs with secrets as `[secret]` and unknown values as `[unknown]`, for output. */
  get redactedInputs(): Record<string, unknown> {
    return redactedValues(this.properties);
  }

  /** The registered outputs in the form of `inputs`. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as above
  get outputs(): Record<string, any> {
    return plainValues(this.registeredOutputs ?? {});
  }

  /** The registered outputs in the form of `redactedInputs`. */
  get redactedOutputs(): Record<string, unknown> {
    return redactedValues(this.registeredOutputs ?? {});
  }

  /** The same resource with other inputs, such as those that a remediation returned. */
  withProperties(properties: WireObject): RecordedResource {
    const copy = Object.create(RecordedResource.prototype) as RecordedResource;
    return Object.assign(copy, this, { properties });
  }
}

/** The options of a registration. */
export function optionsOf(request: resourceProto.RegisterResourceRequest): RecordedOptions {
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

/** The options of a resource that is registered without options, apart from its dependencies. */
export function noOptions(dependencies: string[] = []): RecordedOptions {
  return { ...optionsOf(new resourceProto.RegisterResourceRequest()), dependencies };
}

/** The URN in a reference to a provider, which consists of the URN and an ID. */
function providerUrn(reference: string): string | undefined {
  if (reference === "") return undefined;
  return reference.slice(0, reference.lastIndexOf("::"));
}

function aliasOf(
  alias: ReturnType<resourceProto.RegisterResourceRequest["getAliasesList"]>[number],
): RecordedAlias {
  if (alias.hasUrn()) return { urn: alias.getUrn() };
  return { name: alias.getSpec()?.getName() ?? "" };
}
