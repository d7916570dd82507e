import * as assert from "node:assert/strict";
import { Scope, podMatchers } from "../../../components/alerting/promql";

const all = ["api", "api-gateway"];

/** Whether the matchers select a pod; Prometheus anchors patterns at both ends. */
function selects(scope: Scope, pod: string): boolean {
  return [...podMatchers("ticketing", scope, all).matchAll(/pod(=~|!~)"([^"]+)"/g)].every(
    ([, sign, pattern = ""]) => new RegExp(`^(?:${pattern})$`).test(pod) === (sign === "=~"),
  );
}

describe("podMatchers", () => {
  const apiPods = ["api-7d4b9c8f6d-x2x7k", "api-x2x7k", "api-0"];
  const gatewayPods = ["api-gateway-7d4b9c8f6d-x2x7k", "api-gateway-x2x7k", "api-gateway-0"];

  it("does not select the pods of a service with a longer name", () => {
    for (const pod of apiPods) assert.ok(selects({ only: ["api"] }, pod), pod);
    for (const pod of gatewayPods) assert.ok(!selects({ only: ["api"] }, pod), pod);
  });

  it("excludes a service, but not a service with a longer name", () => {
    for (const pod of apiPods) assert.ok(!selects({ except: ["api"] }, pod), pod);
    for (const pod of gatewayPods) assert.ok(selects({ except: ["api"] }, pod), pod);
  });

  it("excludes a service, but not a service with a shorter name", () => {
    for (const pod of apiPods) assert.ok(selects({ except: ["api-gateway"] }, pod), pod);
    for (const pod of gatewayPods) assert.ok(!selects({ except: ["api-gateway"] }, pod), pod);
  });
});
