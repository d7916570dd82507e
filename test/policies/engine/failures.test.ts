import type { ResourceValidationPolicy, StackValidationPolicy } from "@pulumi/policy";
import * as assert from "node:assert/strict";
import { resourcePolicy, stackPolicy } from "../../../policies/engine/policy";
import { Resource } from "../../../policies/facts/resource";
import { at } from "../../../policies/facts/plain";
import { resource } from "../subjects";
import { onlyPolicy } from "./onlyPolicy";

const meta = { description: "D.", why: "W.", remediation: "r", severity: "high" as const };
const violation = (name: string) => ({ problem: "wrong", where: name, fix: "f" });

function judgeOrThrow(subject: Resource) {
  if (at(subject.props, "broken") === true) throw new TypeError("x is not a function");
  return [{ ...violation(subject.name), urn: subject.urn }];
}

const subjects = [
  resource("a:b:C", "first", {}),
  resource("a:b:C", "broken", { broken: true }),
  resource("a:b:C", "last", {}),
];

describe("a resource that makes a policy fail", () => {
  it("is a violation of a policy on resources", async () => {
    const policy = onlyPolicy(
      resourcePolicy({ ...meta, name: "p", appliesTo: () => true, check: judgeOrThrow }),
    ) as ResourceValidationPolicy;
    const validate = policy.validateResource as (args: unknown, report: unknown) => Promise<void>;
    const messages: string[] = [];
    for (const subject of subjects) {
      const args = { ...subject, getConfig: () => ({}) };
      await validate(args, (message: string) => messages.push(message));
    }
    assert.equal(messages.length, 3);
    assert.match(messages[1] ?? "", /^could not be evaluated: C "broken": x is not a function\n/);
  });

  it("leaves the judgment of the other resources of a stack", async () => {
    const policy = onlyPolicy(
      stackPolicy({
        ...meta,
        name: "p",
        reads: () => true,
        check: (resources) => resources.flatMap(judgeOrThrow),
      }),
    ) as StackValidationPolicy;
    const found: [string, string | undefined][] = [];
    const args = { resources: subjects, getConfig: () => ({}) };
    await policy.validateStack(args as never, (message: string, urn?: string) =>
      found.push([message, urn]),
    );
    assert.equal(found.length, 3);
    assert.match(found[1]?.[0] ?? "", /^could not be evaluated: C "broken": x is not a function\n/);
    assert.equal(found[1]?.[1], subjects[1]?.urn);
  });
});
