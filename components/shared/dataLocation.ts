import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { HIDDEN } from "./hideSecrets";
import { Problem, withProblems } from "./problems";
import { settingsOrThrow } from "./settingsOrThrow";

/** Settings that determine where a component stores its data, keyed by setting name. */
export type Location = Record<string, pulumi.Input<string>>;

/**
 * Registers a resource whose `keepers` are the settings of an earlier deployment, which a program
 * cannot read in any other way. If `isKept` is true, the resource ignores changes to the settings.
 */
export function rememberSettings(
  name: string,
  settings: Location,
  isKept: boolean,
  opts: pulumi.CustomResourceOptions = {},
): random.RandomUuid {
  const ignoreChanges = isKept ? ["keepers"] : [];
  return new random.RandomUuid(name, { keepers: settings }, { ...opts, ignoreChanges });
}

/** Explains what changing a setting would do to the data, and how to change it without data loss. */
type Explain = (key: string) => { effect: string; fix: string };

/** Returns a resource for `dependsOn`, or fails if a setting differs from its deployed value. */
export function unchangedLocation<R extends pulumi.Resource>(
  [component, name]: [component: string, name: string],
  settings: Location,
  [resource, deployed]: [resource: R, deployed: pulumi.Input<Location | undefined>],
  explain: Explain,
): pulumi.Output<R> {
  const both = pulumi.output({ settings, deployed });
  return both.apply(async ({ settings: planned, deployed: before = {} }) => {
    const isSecret = await pulumi.isSecret(both);
    const problems = Object.keys(planned)
      .filter((key) => before[key] !== undefined && before[key] !== planned[key])
      .map((key): Problem => {
        const { effect, fix } = explain(key);
        return {
          path: [key],
          value: isSecret ? HIDDEN : planned[key],
          code: "invalid",
          rule: `must stay ${isSecret ? HIDDEN : JSON.stringify(before[key])}: ${effect}`,
          fix: { kind: "do", text: fix },
        };
      });
    return settingsOrThrow(component, name, withProblems({ settings: resource }, problems));
  });
}
