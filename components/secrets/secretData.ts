import * as pulumi from "@pulumi/pulumi";
import { isUnresolved } from "../shared/placeholders";
import {
  type FormOfEntry,
  type SecretEntry,
  type SecretPart,
  secretEntries,
  secretProblem,
  secretsOf,
} from "./secrets";
import { type Checked, withProblems } from "../shared/problems";
import { settingsOrThrow } from "../shared/settingsOrThrow";

type Data = Record<string, pulumi.Input<string>>;

/** The component that secret arguments belong to, for errors. */
interface Owner {
  component: string;
  name: string;
  formOf?: FormOfEntry;
}

/**
 * Checks a component's arguments, including the secrets whose values are already known. Returns the
 * problems of both.
 */
export function checkWithSecrets<T>(
  part: SecretPart,
  args: object,
  checkArgs: (args: object) => Checked<T>,
  formOf?: FormOfEntry,
): Checked<T> {
  const problems = secretEntries(part, args, formOf)
    .filter(({ value }) => value && !isUnresolved(value))
    .flatMap((entry) => secretProblem(entry) ?? []);
  return withProblems(checkArgs(args), problems);
}

/**
 * Returns the data for a component's Kubernetes Secret: each secret argument that is set, keyed by
 * `secretKey`. An Output without a value is an error, because the settings already state that the secret
 * is set.
 */
export function secretData(part: SecretPart, args: object, owner: Owner): pulumi.Input<Data> {
  // The keys of the Secret are unknown until all maps are known.
  const map = secretsOf(part)
    .filter(({ mapBy }) => mapBy)
    .map(({ argument }) => [argument, (args as Record<string, unknown>)[argument]] as const)
    .find(([, value]) => isUnresolved(value));
  if (map !== undefined) {
    const [argument, value] = map;
    return pulumi
      .secret(value as object)
      .apply((known) => pulumi.output(secretData(part, { ...args, [argument]: known }, owner)));
  }
  const entries = secretEntries(part, args, owner.formOf).filter(({ value }) => value);
  return Object.fromEntries(entries.map((entry) => [entry.secretKey, checked(entry, owner)]));
}

function checked(entry: SecretEntry, { component, name }: Owner): pulumi.Output<string> {
  return pulumi.secret(entry.value as string).apply((value) => {
    const problem = secretProblem({ ...entry, value });
    return settingsOrThrow(
      component,
      name,
      withProblems({ settings: value }, problem ? [problem] : []),
    );
  });
}
