import * as assert from "node:assert/strict";
import { type TreeResource, resourceTree, shortType } from "../../../preview/output/tree";

function resource(
  type: string,
  name: string,
  parent?: TreeResource,
  rest: Partial<TreeResource> = {},
): TreeResource {
  return {
    type,
    name,
    urn: `${parent?.urn ?? ""}/${type}/${name}`,
    parent: parent?.urn,
    external: false,
    options: { protect: false, retainOnDelete: false },
    ...rest,
  };
}

function drawn(resources: TreeResource[]): string[] {
  const stack = resource("pulumi:pulumi:Stack", "monitoring-prod");
  return resourceTree(resources, stack).map(({ type, name, marks }) =>
    [type, name, marks].join(" | ").replace(/ \| $/, ""),
  );
}

describe("the tree of resources", () => {
  it("nests children under their component, as pulumi preview does", () => {
    const loki = resource("monitoring:index:LokiStack", "loki");
    const prometheus = resource("monitoring:index:PrometheusStack", "prometheus");
    const drawing = drawn([
      loki,
      prometheus,
      resource("aws:s3/bucket:Bucket", "logs", loki, {
        options: { protect: true, retainOnDelete: true },
      }),
      resource("kubernetes:core/v1:Secret", "admin", prometheus),
      resource("kubernetes:helm.sh/v3:Release", "loki", loki, { external: true }),
    ]);
    assert.deepEqual(drawing, [
      "pulumi:pulumi:Stack | monitoring-prod",
      "├─ monitoring:index:LokiStack | loki",
      "│  ├─ aws:s3:Bucket | logs | [protected] [retained]",
      "│  └─ kubernetes:helm.sh/v3:Release | loki | [existing]",
      "└─ monitoring:index:PrometheusStack | prometheus",
      "   └─ kubernetes:core/v1:Secret | admin",
    ]);
  });

  it("shows the first twenty children of a type and the number of the others", () => {
    const services = resource("monitoring:index:MonitoredServices", "services");
    const monitors = Array.from({ length: 1000 }, (_, index) =>
      resource("kubernetes:monitoring.coreos.com/v1:ServiceMonitor", `s${index}`, services),
    );
    const rule = resource("kubernetes:monitoring.coreos.com/v1:PrometheusRule", "r", services);
    const drawing = drawn([services, ...monitors, rule]);
    assert.equal(drawing.length, 2 + 20 + 2);
    assert.match(drawing.at(-3) ?? "", /\| s19$/);
    assert.deepEqual(drawing.slice(-2), [
      "   ├─ +980 more | kubernetes:monitoring.coreos.com/v1:ServiceMonitor",
      "   └─ kubernetes:monitoring.coreos.com/v1:PrometheusRule | r",
    ]);
  });

  const types: [string, string][] = [
    ["aws:s3/bucket:Bucket", "aws:s3:Bucket"],
    ["aws:eks/podIdentityAssociation:PodIdentityAssociation", "aws:eks:PodIdentityAssociation"],
    ["kubernetes:core/v1:Secret", "kubernetes:core/v1:Secret"],
    ["monitoring:index:LokiStack", "monitoring:index:LokiStack"],
  ];
  for (const [type, short] of types) {
    it(`shows ${type} as ${short}`, () => assert.equal(shortType(type), short));
  }
});
