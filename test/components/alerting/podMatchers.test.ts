import * as assert from "node:assert/strict";
import { Scope, podMatchers } from "../../../components/alerting/promql";

const all = ["api", "api-gateway"];

/** Whether the matchers select a pod; Prometheus anchors its patterns at both ends. */
function selects(scope: Scope, pod: string): boolean {
  return [...podMatchers("ticketing", scope, all).matchAll(/pod(=~|!~)"([^"]+)"/g)].every(
    ([, sign, pattern = ""]) => new RegExp(`^(?:${pattern})$`).test(pod) === (sign === "=~"),
  );
}

describe("the pods of some services", () => {
  const ofApi = ["api-7d4b9c8f6d-x2x7k", "api-x2x7k", "api-0"];
  const ofGateway = ["api-gateway-7d4b9c8f6d-x2x7k", "api-gateway-x2x7k", "api-gateway-0"];

  it("are not those of a service whose name starts alike", () => {
    for (const pod of ofApi) assert.ok(selects({ only: ["api"] }, pod), pod);
    for (const pod of ofGateway) assert.ok(!selects({ only: ["api"] }, pod), pod);
  });

  it("can be left out without those of a service whose name starts alike", () => {
    for (const pod of ofApi) assert.ok(!selects({ except: ["api"] }, pod), pod);
    for (const pod of ofGateway) assert.ok(selects({ except: ["api"] }, pod), pod);
  });

  it("can be left out where another name is only longer", () => {
    for (const pod of ofApi) assert.ok(selects({ except: ["api-gateway"] }, pod), pod);
    for (const pod of ofGateway) assert.ok(!selects({ except: ["api-gateway"] }, pod), pod);
  });
});
