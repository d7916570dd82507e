import * as pulumi from "@pulumi/pulumi";
import { isUnresolved } from "./placeholders";
import { type SecretPart, secretKeyOfEntry, secretsOf } from "./secrets";

type Value = pulumi.Input<string> | undefined;
type Data = Record<string, pulumi.Input<string>>;

/** Data for a component's Kubernetes Secret: each secret argument that is set, by `secretKey`. */
export function secretData(part: SecretPart, args: object): pulumi.Input<Data> {
  const data: Data = {};
  for (const { argument, secretKey, mapBy } of secretsOf(part)) {
    const argumentValue = (args as Record<string, unknown>)[argument];
    // The keys of the Secret are unknown until the map is known.
    if (mapBy && isUnresolved(argumentValue)) {
      return pulumi
        .secret(argumentValue)
        .apply((map) => pulumi.output(secretData(part, { ...args, [argument]: map })));
    }
    const values = mapBy
      ? Object.entries((argumentValue ?? {}) as Record<string, Value>)
      : [["", argumentValue as Value] as const];
    for (const [name, value] of values) {
      if (value) data[secretKeyOfEntry(secretKey, name)] = pulumi.secret(value);
    }
  }
  return data;
}
