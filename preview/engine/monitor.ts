import * as resourceProto from "@pulumi/pulumi/proto/resource_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { RecordedResource, noOptions, optionsOf } from "./recordedResource";
import { renderedObjects } from "./renderedObjects";
import { type WireObject, plainValues } from "./values";

/** A call to a provider function, such as `aws:index/getCallerIdentity:getCallerIdentity`. */
export interface Invoke {
  token: string;
  inputs: Record<string, unknown>;
  /** Provider reference, which consists of a URN and an ID. Empty for a default provider. */
  provider: string;
}

export interface MonitorOptions {
  project: string;
  stack: string;
  /** Whether all values that providers compute are unknown, as in the first preview of a stack. */
  preview: boolean;
  /** Handles calls to provider functions. Throws if there is no result for a token. */
  invoke: (call: Invoke) => Record<string, unknown>;
  /** Returns the outputs that a provider would add to the inputs. Not called in a preview. */
  computed?: ((resource: RecordedResource) => Record<string, unknown>) | undefined;
  /** Called for each resource as the program registers it, starting with the stack. */
  onResource?: ((resource: RecordedResource) => void) | undefined;
}

type Respond = (error: unknown, response?: unknown) => void;

const STACK_TYPE = "pulumi:pulumi:Stack";

/** Implements the engine's resource monitor, through which the SDK registers resources. */
export class RecordingMonitor {
  private readonly byUrn = new Map<string, RecordedResource>();

  constructor(private readonly options: MonitorOptions) {}

  /** Returns the stack and all other resources, in order of registration. */
  recorded(): { stack: RecordedResource; resources: RecordedResource[] } {
    const all = [...this.byUrn.values()];
    const stack = all.find((resource) => resource.type === STACK_TYPE);
    if (stack === undefined) throw new Error("the program did not register a stack");
    return { stack, resources: all.filter((resource) => resource !== stack) };
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
      if (request.getRemote()) this.addRendered(resource);
      const response = new resourceProto.RegisterResourceResponse();
      response.setUrn(resource.urn);
      if (!this.options.preview && resource.custom) {
        response.setId(request.getImportid() || `${resource.name}-id`);
      }
      response.setObject(this.state(resource, request.getObject()));
      return response;
    });
  }

  /** Adds the children that the provider of a remote component would register. */
  private addRendered(component: RecordedResource): void {
    for (const { type, name, properties } of renderedObjects(component)) {
      this.add(
        { getType: () => type, getName: () => name, getParent: () => component.urn },
        { custom: true, external: false, properties, options: noOptions() },
      );
    }
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
      response.setProperties(this.state(resource, request.getProperties()));
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
        provider: request.getProvider(),
      });
      const response = new resourceProto.ResourceInvokeResponse();
      response.setReturn(Struct.fromJavaScript(result as never));
      return response;
    });
  }

  /** Returns the properties after the operation. In a preview, a provider returns only the inputs. */
  private state(resource: RecordedResource, inputs: Struct | undefined): Struct | undefined {
    if (this.options.preview) return inputs;
    const computed = this.options.computed?.(resource);
    return Struct.fromJavaScript({ ...resource.properties, ...computed } as never);
  }

  private add(
    request: Pick<resourceProto.RegisterResourceRequest, "getType" | "getName" | "getParent">,
    fields: Pick<RecordedResource, "custom" | "external" | "properties" | "options">,
  ): RecordedResource {
    const type = request.getType();
    const name = request.getName();
    const registered = this.byUrn.get(request.getParent());
    const parent = registered?.type === STACK_TYPE ? undefined : registered?.urn;
    const parentTypes = parent === undefined ? "" : `${parent.split("::")[2] ?? ""}$`;
    const { stack, project, onResource } = this.options;
    const urn = `urn:pulumi:${stack}::${project}::${parentTypes}${type}::${name}`;
    if (this.byUrn.has(urn)) {
      throw new Error(`Duplicate resource URN '${urn}'; try giving it a unique name`);
    }
    const { custom, external, properties, options } = fields;
    const resource = new RecordedResource(
      type,
      name,
      urn,
      parent,
      custom,
      external,
      properties,
      options,
    );
    this.byUrn.set(urn, resource);
    onResource?.(resource);
    return resource;
  }
}

function answer(respond: Respond, respondWith: () => unknown): void {
  let response: unknown;
  try {
    response = respondWith();
  } catch (error) {
    // The SDK builds its own error from `details`, which is gRPC's name for the message.
    respond(Object.assign(error as Error, { details: (error as Error).message }));
    return;
  }
  respond(null, response);
}

function wireObject(struct: Struct | undefined): WireObject {
  return struct?.toJavaScript() ?? {};
}
