import { ConfigProperty, withProfile } from "./description";
import { exceptionAnnotation, exceptionForm, exceptionProperties } from "./exceptions";
import { limits } from "../limits/limits";
import { AnyPolicy } from "./policy";

/** Generates the page about all policies, as Markdown. */
export function documentation(policies: AnyPolicy[]): string {
  const judging = policies.filter(({ scope }) => scope !== "report");
  return [
    "# Policies",
    "<!-- Generated from the policies; see tools/docs.ts. -->",
    `The \`observability\` pack has ${judging.length} policies. They evaluate the resources that a program registers: the values of Helm releases of known charts, PrometheusRules, Alertmanager's configuration, rules and routes in an Amazon Managed Service for Prometheus workspace, and other AWS resources. This includes releases that Flux, Argo CD, k3s or Terraform install, known charts that are dependencies of another chart (by name, alias or fork), and objects in a chart's \`extraManifests\` or \`extraObjects\`. The policies cannot see a dependency without values, or values that are only in a file. An unknown value in a preview is never a violation. The reports \`not-evaluated\` and \`exceptions\` list what the policies skipped. Their entries are advisory at every level.`,
    "## Use",
    `Run \`pulumi preview --policy-pack policies --policy-pack-config policies/config.prod.json\`. If you installed the npm package, the pack is in \`node_modules/@ticketing/observability/policies\`. You can also write your own pack:`,
    '```typescript\nimport { ObservabilityGuard } from "@ticketing/observability/policies";\n\nnew ObservabilityGuard({ prometheusRetention: { maxDays: 60 } });\n```',
    'By default, your own pack uses the profile `baseline`, which is for any stack: it reports mistakes, and leaves conventions to each team. The pack in `policies` uses the profile `strict`, which has the levels and bounds of this project\'s own stacks. To use it in your own pack, write `new ObservabilityGuard({ profile: "strict" })`. The levels and defaults below are those of `strict`, followed by the value in `baseline` where it differs.',
    "Each policy accepts an `enforcementLevel` (`advisory`, `mandatory`, `remediate`, `disabled`) and its own properties. Unknown policies and properties are errors. `policies/config.schema.json` describes all of them.",
    "## Files without Pulumi",
    "`npm run policies -- <file>...` applies the policies to files, for teams that do not use Pulumi and for use in any CI system. The npm package also contains this command, which needs no other package: `npx @ticketing/observability <file>...`, or `node_modules/.bin/observability-policies`. It reads Kubernetes manifests, Prometheus rule files and Alertmanager configurations. If you pass a folder, it reads all YAML files in it; `-` is standard input: `helm template shop ./charts/shop | npm run -s policies -- -`. Each violation names the file and the object. `--profile strict` applies the bounds of this project's own stacks instead of `baseline`, `--policy-config <file>` applies a configuration, and `--stack dev` sets the environment that the policies assume. The text, the `--json` document and the exit codes are the same as for a preview. At level `remediate`, the command only reports violations, because it does not change files. The report lists what the policies did not evaluate, such as chart values, kustomizations and Loki rules. To evaluate the first two, render them with `helm template` or `kustomize build`.",
    "## Evaluate a deployed stack",
    "`pulumi policy analyze --stack prod --policy-pack policies --policy-pack-config policies/config.prod.json` evaluates the state of a stack. It does not run the program, call a provider or change anything. To analyze a stack on a machine without access to it, run `pulumi stack export --stack prod > prod.json` on a machine with access, copy the file, and replace `--stack prod` with `--file prod.json`. The policies cannot evaluate secrets in that file, such as Alertmanager's configuration. At level `remediate`, the command only reports what it would change.",
    "## Exceptions",
    "Each policy accepts these properties for exceptions:",
    list(
      Object.entries(exceptionProperties).map(([name, property]) => propertyLine(name, property)),
    ),
    `To exempt a Kubernetes object, add the annotation \`${exceptionAnnotation}\`, with one line per policy in the format \`${exceptionForm}\`:`,
    `\`\`\`yaml\nmetadata:\n  annotations:\n    ${exceptionAnnotation}: |\n      alert-severity: severities of the previous pager, OPS-7; until 2026-12-31\n      alert-for/BatchLate: the batch may miss one run, OPS-12; until 2026-12-31\n\`\`\``,
    `\`owner\` is optional. The second line exempts one rule in the object, by the name of its alert or recorded series. An exception is valid until the end of the given day (UTC), which may be at most ${limits.exceptionDays.max} days ahead. An exception has no effect and is itself a violation if it has expired, has no reason or date, or names a policy or rule that does not exist. A Helm release is not a Kubernetes object, so use \`excludeFor\` for it, with \`<release>/<alert>\` for a rule in its values.`,
    `Only the configuration can declare an exception that could disable delivery or hide a credential: \`annotations\` is \`forbidden\` by default for ${listed(policies.filter(({ annotations }) => annotations === "forbidden"))}. The report \`exceptions\` lists each exception that suppresses a violation, with its reason, owner and last day.`,
    "## The policies",
    list(policies.map(({ name, description }) => `[${name}](#${name}): ${plainText(description)}`)),
    ...policies.flatMap(section),
  ]
    .join("\n\n")
    .concat("\n");
}

function listed(policies: AnyPolicy[]): string {
  return policies.map(({ name }) => `\`${name}\``).join(", ");
}

function section(policy: AnyPolicy): string[] {
  const { name, description, why, remediation, severity, enforcementLevel } = policy;
  const remediable = policy.remediate !== undefined;
  const { config, enforcementLevel: baselineLevel } = withProfile(policy, "baseline");
  const level =
    enforcementLevel === baselineLevel
      ? enforcementLevel
      : `${enforcementLevel} (\`baseline\`: ${baselineLevel})`;
  const properties = Object.entries(policy.config).map(([key, property]) =>
    propertyLine(key, property, config[key]?.default),
  );
  return [
    `### ${name}`,
    plainText(description),
    list([
      `**Why**: ${plainText(why)}`,
      `**Default**: ${level}, severity ${severity}; ${scopeOf(
        policy,
      )}${remediable ? "; level `remediate` corrects violations" : ""}`,
      `**Fix**: ${plainText(remediation)}`,
      `**Except**: \`{ "${name}": { "excludeFor": ["<name or URN>"] } }\`${
        policy.scope === "report" || policy.annotations === "forbidden"
          ? ""
          : `, or on a Kubernetes object \`${exceptionAnnotation}: "${name}: <reason>; until <YYYY-MM-DD>"\``
      }`,
    ]),
    ...(properties.length === 0 ? [] : ["Properties:", list(properties)]),
  ];
}

function scopeOf(policy: AnyPolicy): string {
  if (policy.scope !== "resource") return "evaluates the stack as a whole";
  return policy.siblings === undefined
    ? "evaluates each resource separately"
    : "evaluates each resource separately, then with the other resources of the stack";
}

function propertyLine(
  name: string,
  property: ConfigProperty,
  baseline: unknown = property.default,
): string {
  const differs = baseline !== property.default ? ` (\`baseline\`: ${code(baseline)})` : "";
  const known =
    property.default === undefined ? "" : ` Default: ${code(property.default)}${differs}.`;
  return `\`${name}\` (${typeOf(property)}): ${plainText(property.description)}${known}`;
}

function typeOf({ type, items }: ConfigProperty): string {
  if (type === "object") return "map";
  if (type !== "array") return String(type);
  const { type: itemType } = (items ?? {}) as { type?: string };
  return itemType === undefined ? "list" : `list of ${itemType}s`;
}

function code(value: unknown): string {
  return `\`${JSON.stringify(value)}\``;
}

function list(items: string[]): string {
  return items.map((item) => `- ${item}`).join("\n");
}

/** Escapes Markdown characters, except inside backticks. */
function plainText(text: string): string {
  return text
    .split(/(`[^`]*`)/)
    .map((part) => (part.startsWith("`") ? part : part.replace(/[<>*_[\]]/g, "\\$&")))
    .join("");
}
