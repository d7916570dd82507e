/**
 * A fake Pulumi provider without a cloud: `provider.ts <package>`. It responds like the real one:
 * computed values are unknown in a preview, a diff compares inputs, and some changes require a
 * replacement. IDs are the same in every run. Resources exist only in the state of the engine, or, for
 * AWS, in an emulated account (`awsCalls.ts`).
 * `doubles.ts` defines the behavior of each package.
 */
import { isDeepStrictEqual } from "node:util";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as messages from "@pulumi/pulumi/proto/provider_pb";
import { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import { isMap } from "../../../policies/shared/isMap";
import { awsProgramVariable, createInAccount, deleteInAccount } from "./awsCalls";
import { type Call, recordCall } from "./callLog";
import { type Double, type Resource, doubles } from "./doubles";
import { failOnVariable } from "./failures";
import {
  type Properties,
  fromStruct,
  isSecret,
  plain,
  secret,
  servePlugin,
  toStruct,
  unary,
  unknownValue,
} from "./grpcPlugin";
import { packageVersion } from "./versions";

const packageName = process.argv[2] ?? "";
const double: Double =
  doubles[packageName] ?? fail(`there is no fake provider for "${packageName}"`);
const account = packageName === "aws" ? process.env[awsProgramVariable] : undefined;
const failures = new Set((process.env[failOnVariable] ?? "").split(/\s+/).filter(Boolean));

note({ operation: "start", type: packageName, name: packageName, pid: process.pid });

servePlugin(ResourceProviderService, {
  getPluginInfo: unary(() => new PluginInfo().setVersion(packageVersion(packageName))),
  getSchema: unary(() => new messages.GetSchemaResponse().setSchema(JSON.stringify(schema()))),
  checkConfig: unary((request: messages.CheckRequest) =>
    new messages.CheckResponse().setInputs(request.getNews()),
  ),
  diffConfig: unary((request: messages.DiffRequest) => answerDiff(changedKeys(request), [])),
  configure: unary((_request: messages.ConfigureRequest) =>
    new messages.ConfigureResponse()
      .setAcceptsecrets(true)
      .setAcceptresources(true)
      .setAcceptoutputs(true)
      .setSupportspreview(true),
  ),
  check: unary((request: messages.CheckRequest) => {
    attempt("check", request);
    return new messages.CheckResponse().setInputs(request.getNews());
  }),
  diff: unary((request: messages.DiffRequest) => {
    const changed = changedKeys(request);
    const replaces = replacedBy(changed, request);
    attempt("diff", request, { changed, replaces });
    return answerDiff(changed, replaces);
  }),
  create: unary(async (request: messages.CreateRequest) => {
    const preview = request.getPreview();
    attempt("create", request, { preview });
    const resource = resourceOf(request, fromStruct(request.getProperties()));
    const inputs = plain(resource.inputs) as Properties;
    const outputs =
      preview || account === undefined
        ? {}
        : await createInAccount(account, request.getType(), inputs);
    return new messages.CreateResponse()
      .setId(preview ? "" : double.id(resource))
      .setProperties(toStruct({ ...stateOf(resource, preview), ...outputs }));
  }),
  update: unary((request: messages.UpdateRequest) => {
    const preview = request.getPreview();
    attempt("update", request, { preview });
    if (account !== undefined) fail("the fake provider does not update resources in an account");
    const resource = resourceOf(request, fromStruct(request.getNews()));
    // Computed values do not change in an update, so they are known even in a preview.
    return new messages.UpdateResponse().setProperties(toStruct(stateOf(resource, false)));
  }),
  delete: unary(async (request: messages.DeleteRequest) => {
    attempt("delete", request);
    const state = plain(fromStruct(request.getProperties())) as Properties;
    if (account !== undefined) await deleteInAccount(account, request.getType(), state);
    return new Empty();
  }),
  read: unary((request: messages.ReadRequest) => {
    attempt("read", request);
    const known = request.getProperties()?.getFieldsMap().getLength() ?? 0;
    const inputs =
      known > 0
        ? fromStruct(request.getInputs())
        : (double.imported?.(request.getType(), request.getId()) ?? {});
    const resource = resourceOf(request, inputs);
    return new messages.ReadResponse()
      .setId(request.getId())
      .setInputs(toStruct(inputs))
      .setProperties(known > 0 ? request.getProperties() : toStruct(stateOf(resource, false)));
  }),
  invoke: unary((request: messages.InvokeRequest) => {
    const token = request.getTok();
    note({ operation: "invoke", type: token, name: "" });
    const answer = double.functions[token] ?? fail(`the fake provider does not support ${token}`);
    const result = answer(plain(fromStruct(request.getArgs())) as Properties);
    return new messages.InvokeResponse().setReturn(toStruct(result));
  }),
  cancel: unary(() => new Empty()),
});

function schema(): Properties {
  if (double.schema === undefined) return {};
  return { name: packageName, version: packageVersion(packageName), ...double.schema };
}

interface NamedRequest {
  getType(): string;
  getName(): string;
}

function resourceOf(request: NamedRequest, inputs: Properties): Resource {
  return { type: request.getType(), name: request.getName(), inputs };
}

/** The inputs, with secrets still marked, and the computed outputs. */
function stateOf(resource: Resource, preview: boolean): Properties {
  const unmarked = { ...resource, inputs: plain(resource.inputs) as Properties };
  const computed = double.computed(unmarked);
  return merged(resource.inputs, preview ? (unknownLeaves(computed) as Properties) : computed);
}

/** Merges at every depth; inputs override computed values. */
function merged(inputs: Properties, computed: Properties): Properties {
  const result = { ...computed };
  for (const [key, value] of Object.entries(inputs)) {
    const areMaps = isMap(value) && isMap(computed[key]);
    result[key] = areMaps ? merged(value, computed[key] as Properties) : value;
  }
  return result;
}

function unknownLeaves(value: unknown): unknown {
  if (!isMap(value)) return unknownValue;
  if (isSecret(value)) return secret(unknownValue);
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, unknownLeaves(inner)]),
  );
}

function changedKeys(request: messages.DiffRequest): string[] {
  const before = plain(fromStruct(request.getOldInputs())) as Properties;
  const after = plain(fromStruct(request.getNews())) as Properties;
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...keys].filter((key) => !isDeepStrictEqual(before[key], after[key])).sort();
}

/** The changed properties that require a replacement, such as the name or the namespace. */
function replacedBy(changed: string[], request: messages.DiffRequest): string[] {
  const before = plain(fromStruct(request.getOldInputs())) as Properties;
  const after = plain(fromStruct(request.getNews())) as Properties;
  const paths = double.replacementPaths(request.getType());
  if (paths === "every property") return changed;
  return paths.filter((path) => !isDeepStrictEqual(at(before, path), at(after, path)));
}

function at(properties: Properties, path: string): unknown {
  return path
    .split(".")
    .reduce<unknown>((inner, key) => (isMap(inner) ? inner[key] : undefined), properties);
}

function answerDiff(changed: string[], replaces: string[]): messages.DiffResponse {
  const { DIFF_NONE, DIFF_SOME } = messages.DiffResponse.DiffChanges;
  return new messages.DiffResponse()
    .setChanges(changed.length > 0 ? DIFF_SOME : DIFF_NONE)
    .setDiffsList(changed)
    .setReplacesList(replaces)
    .setDeletebeforereplace(replaces.length > 0 && double.deleteBeforeReplace);
}

/** Records the call and fails if the test requests it. Calls of a preview never fail. */
function attempt(operation: string, request: NamedRequest, details: Partial<Call> = {}): void {
  const [type, name] = [request.getType(), request.getName()];
  note({ operation, type, name, ...details });
  if (details.preview !== true && failures.has(`${type}::${name}:${operation}`)) {
    throw new Error(`the test made ${operation} of ${name} fail`);
  }
}

function note(call: Partial<Call> & Pick<Call, "operation" | "type" | "name">): void {
  recordCall({ package: packageName, preview: false, ...call });
}

function fail(message: string): never {
  throw new Error(message);
}
