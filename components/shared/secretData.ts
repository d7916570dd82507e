import * as pulumi from "@pulumi/pulumi";
import { isUnresolved } from "./placeholders";
import { Problem } from "./problems";
import { settingsOrThrow } from "./settingsOrThrow";
import { type SecretPart, secretKeyOfEntry, secretsOf } from "./secrets";

type Value = pulumi.Input<string> | undefined;
type Data = Record<string, pulumi.Input<string>>;

/** The component to which secret arguments belong, for errors. */
interface Owner {
  component: string;
  name: string;
}

/**
 * Data for a component's Kubernetes Secret: each secret argument that is set, by `secretKey`. An Output
 * that resolves to nothing is an error, because the settings say that the secret is set.
 */
export function secretData(part: SecretPart, args: object, owner: Owner): pulumi.Input<Data> {
  const data: Data = {};
  for (const { argument, secretKey, mapBy } of secretsOf(part)) {
    const argumentValue = (args as Record<string, unknown>)[argument];
    // The keys of the Secret are unknown until the map is known.
    if (mapBy && isUnresolved(argumentValue)) {
      return pulumi
        .secret(argumentValue)
        .apply((map) => pulumi.output(secretData(part, { ...args, [argument]: map }, owner)));
    }
    const values = mapBy
      ? Object.entries((argumentValue ?? {}) as Record<string, Value>)
      : [["", argumentValue as Value] as const];
    for (const [name, value] of values) {
      const path = name === "" ? [argument] : [argument, name];
      if (value) data[secretKeyOfEntry(secretKey, name)] = required(value, path, owner);
    }
  }
  return data;
}

function required(
  value: pulumi.Input<string>,
  path: string[],
  { component, name }: Owner,
): pulumi.Output<string> {
  if (!isUnresolved(value)) return pulumi.secret(value);
  const fix = { kind: "do", text: "set the secret that the Output reads" } as const;
  const problem: Problem = { path, code: "required", rule: "must not be empty", fix };
  return pulumi.secret(value).apply((text: string | undefined) => {
    const isSet = typeof text === "string" && text !== "";
    return settingsOrThrow(component, name, isSet ? { settings: text } : { problems: [problem] });
  });
}
