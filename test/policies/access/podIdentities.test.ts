import * as assert from "node:assert/strict";
import { checkPodIdentities, podIdentityType } from "../../../policies/access/podIdentities";
import { PlainMap, UNKNOWN } from "../../../policies/facts/plain";
import { Resource } from "../../../policies/facts/resource";
import { resource } from "../subjects";

const release = (chart: string, namespace: unknown, values: PlainMap = {}, name = chart) =>
  resource("kubernetes:helm.sh/v3:Release", name, { chart, name, namespace, values });
const association = (namespace: unknown, serviceAccount = "loki") =>
  resource(podIdentityType, `${serviceAccount}-${String(namespace)}`, {
    namespace,
    serviceAccount,
  });
const named = { serviceAccount: { name: "loki-s3" } };
const found = (...resources: Resource[]) =>
  checkPodIdentities(resources).map((finding) => ("fix" in finding ? finding.fix : undefined));

describe("associations of Pod Identity", () => {
  it("must name the namespace of the release with their service account", () => {
    assert.deepEqual(found(release("loki", "logging"), association("monitoring")), [
      "set namespace: logging",
    ]);
    assert.equal(found(release("loki", "a", named), association("b", "loki-s3")).length, 1);
    assert.equal(found(release("alloy", "a"), association("b", "alloy")).length, 1);
    const override = { namespaceOverride: "logging" };
    assert.equal(found(release("loki", "a", override), association("a")).length, 1);
  });

  for (const [name, resources] of Object.entries({
    "the namespace of the release": [release("loki", "logging"), association("logging")],
    "an override": [release("loki", "a", { namespaceOverride: "b" }), association("b")],
    "an unknown namespace": [release("loki", "logging"), association(UNKNOWN)],
    "an unknown namespace of the release": [release("loki", UNKNOWN), association("monitoring")],
    "no namespace of the release": [release("loki", undefined), association("monitoring")],
    "another service account": [release("loki", "a", named), association("b")],
    "an unknown service account": [
      release("loki", "a", { serviceAccount: { name: UNKNOWN } }),
      association("b"),
    ],
    "two associations": [release("loki", "a"), association("a"), association("b")],
    "two releases": [
      release("loki", "a"),
      { ...release("loki", "b"), urn: "other" },
      association("b"),
    ],
    "other charts": [release("checkout", "a"), association("b", "checkout")],
    "a release of another stack": [association("monitoring")],
  })) {
    it(`accepts ${name}`, () => assert.deepEqual(found(...resources), []));
  }
});
