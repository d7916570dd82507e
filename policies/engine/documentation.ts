import { ConfigProperty } from "./description";
import { exceptionAnnotation, exceptionForm, exceptionProperties } from "./exceptions";
import { limits } from "../shared/limits";
import { AnyPolicy } from "./policy";

/** The page about all policies, as Markdown. */
export function documentation(policies: AnyPolicy[]): string {
  return [
    "# Policies",
    "<!-- Generated from the policies; test/policies/documentation.test.ts says how. -->",
    `The pack \`observability\` has ${policies.length} policies. They judge what is really registered: the values of any Helm release of the charts they know, PrometheusRules, Alertmanager's configuration and AWS resources, whichever program they come from: also releases that Flux, Argo CD, k3s or Terraform make, these charts as dependencies of another one, by name, alias or fork, and objects among the \`extraManifests\` or \`extraObjects\` of a chart. A dependency that is left to all its defaults, and values that only lie in a file, cannot be seen. What is not known yet in a preview is never taken for a violation.`,
    "## Use",
    `\`pulumi preview --policy-pack policies --policy-pack-config policies/config.prod.json\`. Where the npm package is installed, the pack is \`node_modules/@ticketing/observability/policies\`. Or in a pack of your own:`,
    '```typescript\nimport { ObservabilityGuard } from "@ticketing/observability/policies";\n\nnew ObservabilityGuard({ all: "mandatory", prometheusRetention: { maxDays: 60 } });\n```',
    "Every policy takes an `enforcementLevel` (`advisory`, `mandatory`, `remediate`, `disabled`) and its properties. A policy or property that does not exist is an error; `policies/config.schema.json` knows them all.",
    "## Judge what is deployed",
    "`pulumi policy analyze --stack prod --policy-pack policies --policy-pack-config policies/config.prod.json` judges the state of a stack: it runs no program, asks no provider and changes nothing. Without the stack at hand, `pulumi stack export --stack prod > prod.json` and `--file prod.json` in place of `--stack prod` do the same, except that what is secret in the file, such as Alertmanager's configuration, cannot be judged. A level `remediate` only says what it would change.",
    "## Exceptions",
    "Every policy takes the names or URNs of resources, where `*` stands for any text:",
    list(
      Object.entries(exceptionProperties).map(([name, property]) => propertyLine(name, property)),
    ),
    `A Kubernetes object is excepted by the annotation \`${exceptionAnnotation}\`, one line for each policy, in the form \`${exceptionForm}\`:`,
    `\`\`\`yaml\nmetadata:\n  annotations:\n    ${exceptionAnnotation}: |\n      alert-severity: severities of the old pager, OPS-7; until 2026-12-31\n      alert-for/BatchLate: the batch waits for two runs, OPS-12; until 2026-12-31\n\`\`\``,
    `The second line is about one rule in the object, by the name of its alert or of what it records. A line holds to the end of that day (UTC), at most ${limits.exceptionDays.max} days ahead. An exception that has expired, has no reason or no date, or names a policy or a rule that does not exist, is a violation itself and excepts nothing. A Helm release is no Kubernetes object: use \`excludeFor\`, for a rule among its values as \`<release>/<alert>\`.`,
    "## The policies",
    list(policies.map(({ name, description }) => `[${name}](#${name}): ${plainText(description)}`)),
    ...policies.flatMap(section),
  ]
    .join("\n\n")
    .concat("\n");
}

function section(policy: AnyPolicy): string[] {
  const { name, description, why, remediation, severity, enforcementLevel, config } = policy;
  const remediable = policy.remediate !== undefined;
  const properties = Object.entries(config).map(([key, property]) => propertyLine(key, property));
  return [
    `### ${name}`,
    plainText(description),
    list([
      `**Why**: ${plainText(why)}`,
      `**Default**: ${enforcementLevel}, severity ${severity}; ${
        policy.scope === "stack" ? "judges the stack as a whole" : "judges each resource by itself"
      }${remediable ? "; level `remediate` corrects it" : ""}`,
      `**Fix**: ${plainText(remediation)}`,
      `**Except**: \`{ "${name}": { "excludeFor": ["<name or URN>"] } }\`, or on a Kubernetes object \`${exceptionAnnotation}: "${name}: <reason>; until <YYYY-MM-DD>"\``,
    ]),
    ...(properties.length === 0 ? [] : ["Properties:", list(properties)]),
  ];
}

function propertyLine(name: string, property: ConfigProperty): string {
  const known = property.default === undefined ? "" : ` Default: ${code(property.default)}.`;
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

/** Text that Markdown does not read anything into; what stands in backticks stays as it is. */
function plainText(text: string): string {
  return text
    .split(/(`[^`]*`)/)
    .map((part) => (part.startsWith("`") ? part : part.replace(/[<>*_[\]]/g, "\\$&")))
    .join("");
}
