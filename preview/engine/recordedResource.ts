import * as resourceProto from "@pulumi/pulumi/proto/resource_pb";
import { type WireObject, plainValues, redactedValues } from "./values";

export interface RecordedOptions {
  protect: boolean;
  retainOnDelete: boolean;
  /** URNs of the resources that this resource depends on, through `dependsOn` or an input. */
  dependencies: string[];
  /** URNs of the resources that each input depends on, by input name. */
  propertyDependencies: Record<string, string[]>;
  /** URN of the explicit provider, if the program sets one. */
  provider: string | undefined;
  aliases: RecordedAlias[];
  ignoreChanges: string[];
  deleteBeforeReplace: boolean;
  additionalSecretOutputs: string[];
  customTimeouts: { create: string; update: string; delete: string };
}

/** An alias, as a URN or as another name for the resource. */
export interface RecordedAlias {
  urn?: string;
  name?: string;
}

/** A resource as registered by the program. */
export class RecordedResource {
  /** Arguments of a component's `registerOutputs`, in wire format. */
  registeredOutputs: WireObject | undefined;

  constructor(
    readonly type: string,
    readonly name: string,
    readonly urn: string,
    /** URN of the parent; undefined for a resource directly under the stack. */
    readonly parent: string | undefined,
    /** False for a component. */
    readonly custom: boolean,
    /** Whether the resource already exists and the program only reads it. */
    readonly external: boolean,
    /** Inputs in wire format, which marks secrets and unknown values. */
    readonly properties: WireObject,
    readonly options: RecordedOptions,
  ) {}

  /** Inputs with secrets in plain text and unknown values as `[unknown]`. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- each resource type has its own shape
  get inputs(): Record<string, any> {
    return plainValues(this.properties);
  }

  /** Inputs with secrets as `[secret]` and unknown values as `[unknown]`, for output. */
  get redactedInputs(): Record<string, unknown> {
    return redactedValues(this.properties);
  }

  /** Registered outputs, in the same form as `inputs`. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as above
  get outputs(): Record<string, any> {
    return plainValues(this.registeredOutputs ?? {});
  }

  /** Registered outputs, in the same form as `redactedInputs`. */
  get redactedOutputs(): Record<string, unknown> {
    return redactedValues(this.registeredOutputs ?? {});
  }

  /** Returns a copy of the resource with different inputs, such as those from a remediation. */
  withProperties(properties: WireObject): RecordedResource {
    const copy = Object.create(RecordedResource.prototype) as RecordedResource;
    return Object.assign(copy, this, { properties });
  }
}

/** Returns the options of a registration request. */
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

/** Returns the options of a resource that is registered with nothing but dependencies. */
export function noOptions(dependencies: string[] = []): RecordedOptions {
  return { ...optionsOf(new resourceProto.RegisterResourceRequest()), dependencies };
}

/** Extracts the URN from a provider reference, which consists of a URN and an ID. */
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
