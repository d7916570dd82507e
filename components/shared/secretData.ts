import * as pulumi from "@pulumi/pulumi";
import { type SecretPart, secretKeyOfChannel, secretsOf } from "./secrets";

type Value = pulumi.Input<string> | undefined;

/** Data for a component's Kubernetes Secret: each secret argument that is set, by `secretKey`. */
export function secretData(part: SecretPart, args: object): Record<string, pulumi.Output<string>> {
  const data: Record<string, pulumi.Output<string>> = {};
  for (const { argument, secretKey, perChannel = false } of secretsOf(part)) {
    const argumentValue = (args as Record<string, unknown>)[argument];
    const values = perChannel
      ? Object.entries((argumentValue ?? {}) as Record<string, Value>)
      : [["", argumentValue as Value] as const];
    for (const [channel, value] of values) {
      if (value) data[secretKeyOfChannel(secretKey, channel)] = pulumi.secret(value);
    }
  }
  return data;
}
