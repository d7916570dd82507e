import * as assert from "node:assert/strict";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { AnalyzeRequest, AnalyzerResourceOptions } from "@pulumi/pulumi/proto/analyzer_pb";
import { UNKNOWN } from "../../../policies/facts/plain";
import { readProperties, readProperty } from "../../../policies/engine/reading";
import { UNKNOWN_ON_THE_WIRE } from "../../../preview/engine/values";
import { shareProperties } from "../../../preview/pack/shareProperties";

type Rpc = (
  call: { request: AnalyzeRequest },
  respond: (error: Error | null | undefined, response: unknown) => void,
) => void;
type Validation = (args: { props: Record<string, unknown> }) => void | Promise<void>;

const sdk = require("@pulumi/policy/deserialize") as {
  deserializeProperties: (message: object, keepsSecrets: boolean) => Record<string, unknown>;
};
const unpatched = sdk.deserializeProperties;
const { makeAnalyzeRpcFun } = require("@pulumi/policy/server") as {
  makeAnalyzeRpcFun: (pack: string, version: string, level: string, policies: object[]) => Rpc;
};

function request(properties: object): AnalyzeRequest {
  const message = new AnalyzeRequest();
  message.setType("kubernetes:core/v1:ConfigMap");
  message.setUrn("urn:pulumi:dev::p::kubernetes:core/v1:ConfigMap::settings");
  message.setOptions(
    new AnalyzerResourceOptions().setCustomtimeouts(new AnalyzerResourceOptions.CustomTimeouts()),
  );
  message.setProperties(Struct.fromJavaScript(properties as never));
  return message;
}

/** Runs validations, each as a policy of its own, as the engine's call does. */
function analyze(message: AnalyzeRequest, ...validations: Validation[]): Promise<unknown> {
  const policies = validations.map((validateResource, index) => ({
    name: `policy-${index}`,
    description: "",
    validateResource,
  }));
  const rpc = makeAnalyzeRpcFun("pack", "1.0.0", "mandatory", policies);
  return new Promise((resolve, reject) =>
    rpc({ request: message }, (error, response) =>
      error === null || error === undefined ? resolve(response) : reject(error),
    ),
  );
}

describe("the properties that the preview shares between policies", () => {
  const original = unpatched;
  let deserialized = 0;

  beforeEach(() => {
    deserialized = 0;
    sdk.deserializeProperties = (message, keepsSecrets) => {
      deserialized++;
      return original(message, keepsSecrets);
    };
  });
  afterEach(() => (sdk.deserializeProperties = original));

  it("are read once for each policy by the SDK alone", async () => {
    await analyze(
      request({ data: { a: "1" } }),
      () => undefined,
      () => undefined,
    );
    assert.equal(deserialized, 2);
  });

  it("are read once for all policies", async () => {
    shareProperties(sdk);
    const readings: unknown[] = [];
    const policy: Validation = ({ props }) => void readings.push(readProperties(props));
    await analyze(request({ data: { a: "1" } }), policy, policy, policy);
    assert.equal(deserialized, 1);
    assert.deepEqual(readings[0], { data: { a: "1" } });
    assert.equal(readings[1], readings[0]);
    assert.equal(readings[2], readings[0]);
  });

  it("belong to one resource", async () => {
    shareProperties(sdk);
    const readings: unknown[] = [];
    const policy: Validation = ({ props }) => void readings.push(readProperties(props));
    await analyze(request({ data: { a: "1" } }), policy);
    await analyze(request({ data: { a: "2" } }), policy);
    assert.deepEqual(readings, [{ data: { a: "1" } }, { data: { a: "2" } }]);
  });

  it("mark unknown values, which still throw for a policy that reads them directly", async () => {
    shareProperties(sdk);
    let read: unknown;
    const response = await analyze(
      request({ data: { a: UNKNOWN_ON_THE_WIRE }, metadata: { name: "settings" } }),
      ({ props }) => void (read = readProperties(props)),
      ({ props }) => void (props["data"] as { a: string }).a,
    );
    assert.deepEqual(read, { data: { a: UNKNOWN }, metadata: { name: "settings" } });
    assert.match(JSON.stringify(response), /value at \.data\.a can't be known during preview/);
  });

  it("can be read one by one", async () => {
    shareProperties(sdk);
    let metadata: unknown;
    await analyze(
      request({ metadata: { name: "settings" } }),
      ({ props }) => void (metadata = readProperty(props, "metadata")),
    );
    assert.deepEqual(metadata, { name: "settings" });
  });

  it("are not the properties that a remediation changes", () => {
    shareProperties(sdk);
    const message = Struct.fromJavaScript({ retention: "400d" });
    const changed = sdk.deserializeProperties(message, true);
    changed["retention"] = "30d";
    assert.equal(sdk.deserializeProperties(message, false)["retention"], "400d");
    assert.notEqual(sdk.deserializeProperties(message, true), changed);
  });

  it("stay with an SDK that reads in another way", () => {
    assert.doesNotThrow(() => shareProperties({}));
  });
});
