import { z } from "zod";
import { Chart } from "../charts/charts";
import { isMap } from "../../policies/shared/isMap";
import { type Path, formatPath } from "../../policies/shared/path";
import type { NeededSettings } from "./neededSettings";
import { placeholderFor, isUnresolved } from "./placeholders";
import { Fix, example, issue, layersOf } from "./problems";
import { SizePreset } from "./sizePreset";

declare module "zod" {
  interface GlobalMeta {
    /** Text for a default that is not a constant, for the documentation. */
    defaultText?: string;
    /** Keys that a map accepts in addition to its schema, for messages. */
    furtherKeys?: string[];
    /**
     * Returns the fix for an invalid value whose meaning is known, such as a port number in place of a
     * port name.
     */
    fixFor?: (value: unknown) => Fix | undefined;
  }
}

/**
 * Returns a schema for a field that accepts an Output or a promise, which settings represent by a
 * placeholder. Wrap the complete schema of the field, because a schema derived from the result does not
 * accept Outputs.
 */
export function input<S extends z.ZodType>(schema: S): S {
  const copy = schema.clone();
  const type = layersOf(schema).at(-1);
  copy._zod.run = (payload, ctx) => {
    if (!isUnresolved(payload.value)) return schema._zod.run(payload, ctx);
    const text = placeholderFor(payload.value);
    if (type instanceof z.ZodRecord) payload.value = { [text]: text };
    else payload.value = type instanceof z.ZodArray ? [text] : text;
    return payload;
  };
  return copy;
}

/** A name that Kubernetes accepts for objects, namespaces and labels (RFC 1123 label). */
export const dnsLabel = z
  .string()
  .regex(
    /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/,
    "must be a DNS label: at most 63 characters from a-z, 0-9 and -, starting and ending with a letter or digit",
  );

/** A fully qualified host name. */
export const hostName = z
  .string()
  .regex(
    /^(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/,
    "must be a host name in lower case, without https:// and without a path",
  );

/** Returns the schema for an address with a port, with an example. */
export function hostAndPort(exampleAddress: string) {
  const rule = `must be a host and a port, like ${exampleAddress}`;
  return example(z.string().regex(/^[A-Za-z0-9.-]+:\d{1,5}$/, rule), exampleAddress);
}

/** A name that EKS accepts for a cluster. */
export const clusterName = z
  .string()
  .regex(
    /^[A-Za-z0-9][\w-]{0,99}$/,
    "must be a cluster name: at most 100 letters, digits, - and _, starting with a letter or digit",
  );

/** Owner of a service: a label value without characters that could be interpreted as markup. */
export const teamName = example(
  z.string().regex(/^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,62}$/u, "must be a label value"),
  "checkout",
);

/** A whole number. With `z.int()`, a fraction would prevent the cross-field checks from running. */
export const wholeNumber = z
  .number()
  .refine(Number.isSafeInteger, "must be a whole number")
  .meta({ type: "integer" });

/** A Kubernetes quantity of storage, in whole gibibytes. */
export const storageGb = wholeNumber.min(1).max(65536);

/** Name of a StorageClass. An empty string selects the cluster's default class. */
export const storageClassName = z.union([dnsLabel, z.literal("")]);

/** Number of replicas of a workload. */
export const replicas = wholeNumber.min(1).max(10).default(1);

export const httpUrl = z.url({
  protocol: /^https?$/,
  error: "must be a URL that starts with https:// or http://",
});

/** Whether a URL contains a username or password. */
export function hasCredentials(url: string): boolean {
  return /^\w+:\/\/[^/]*@/.test(url);
}

export const httpsUrl = z.url({
  protocol: /^https$/,
  error: "must be a URL that starts with https://",
});

/**
 * Labels that charts and Kubernetes set. A chart that sets one of them also adds the caller's labels,
 * so the key would occur twice in an object, and selectors might no longer match.
 */
const reservedLabel =
  /^(app|chart|release|heritage|component|name|jobLabel|rollout-group|(.+\.)?(kubernetes|k8s)\.io\/.*|helm\.sh\/.*|(agent|admission)\.datadoghq\.com\/.*|prometheus\.io\/.*|grafana_.*)$/;

const labelName =
  /^([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?$/;

const labelValue = z
  .string()
  .regex(
    /^([A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?)?$/,
    "must be a label value: at most 63 letters, digits, -, _ and ., starting and ending with a letter or digit",
  );

/** Option of `superRefine` that runs the check on every map, even if some of its fields are invalid. */
export const onMaps = {
  when: ({ value }: { value: unknown }) => isMap(value),
};

/** Labels for Kubernetes objects, which are also tags for AWS resources. */
export const labels = z.record(z.string(), input(labelValue)).superRefine((map, ctx) => {
  const keys = Object.keys(map);
  for (const [index, key] of keys.entries()) {
    const rule = brokenLabelRule(key, keys.slice(0, index));
    if (rule !== undefined) issue(ctx, [key], rule, { kind: "remove" });
  }
  if (keys.length > 45) issue(ctx, [], "must have at most 45 labels, because AWS accepts 50 tags");
}, onMaps);

function brokenLabelRule(key: string, earlierKeys: string[]): string | undefined {
  if (reservedLabel.test(key)) return "is a label that Kubernetes or a chart sets";
  if (!labelName.test(key)) {
    return "must have a key of at most 63 letters, digits, -, _ and ., with an optional prefix such as example.com/";
  }
  if (key.length > 128)
    return "must have a key of at most 128 characters, the limit for a tag in AWS";
  const duplicate = earlierKeys.find((earlier) => earlier.toLowerCase() === key.toLowerCase());
  return (
    duplicate && `must not differ from ${duplicate} only in case, because IAM tags ignore case`
  );
}

/**
 * Labels that other software, such as an existing Prometheus, selects objects by. Unlike `labels`, they
 * may include chart labels, such as `release`.
 */
export const selectorLabels = example(
  z.record(z.string().regex(labelName, "must be a label key"), input(labelValue)),
  { release: "kube-prometheus-stack" },
);

/**
 * Returns the schema for a key of an existing Kubernetes Secret that holds a credential. Error messages
 * suggest the example.
 */
export function secretKey(exampleName: string, exampleKey: string) {
  const key = z.string().regex(/^[-._a-zA-Z0-9]+$/, "must be a key of a Secret");
  return z.strictObject({
    name: example(dnsLabel, exampleName).describe("Name of the Secret."),
    key: example(key, exampleKey).describe("Key in the Secret."),
  });
}

/** Returns the schema for an enum that also recognizes common synonyms, in lowercase. */
export function enumWithAliases<T extends Record<string, string>>(
  names: T,
  aliases: Record<string, T[keyof T]>,
) {
  return z.enum(names).meta({
    fixFor: (value) => {
      const word = typeof value === "string" ? value.toLowerCase() : "";
      return Object.hasOwn(aliases, word) ? { kind: "set", example: aliases[word] } : undefined;
    },
  });
}

/** Returns the schema for a boolean with a default. */
export function flag(value: boolean, description: string) {
  return z.boolean().default(value).describe(description);
}

/** Size preset for the CPU and memory of workloads. Each component has its own table of sizes. */
export const size = z
  .enum(SizePreset)
  .default(SizePreset.Small)
  .describe("CPU and memory of every workload.");

/** Settings of components that store data. By default, no update or destroy deletes the data. */
export const protectData = z.boolean().default(true);
export const deleteDataOnDestroy = z.boolean().default(false);

/** Settings for the links in alerts. */
export const alertLinkSettings = {
  runbookBaseUrl: input(
    example(httpsUrl, "https://github.com/acme/observability/blob/main/docs/runbooks")
      .optional()
      .meta({
        description: "Base URL of the runbooks. Alerts link to `<runbookBaseUrl>/<alert>.md`.",
        defaultText: "`monitoring:runbookBaseUrl`",
      }),
  ),
  dashboardBaseUrl: input(
    example(httpUrl, "https://grafana.example.com").optional().meta({
      description: "URL of the Grafana that alerts link to.",
      defaultText: "`grafana.externalUrl`",
    }),
  ),
};

/** Settings that all components share: the cluster and the environment that label their data. */
export const identitySettings = {
  cluster: input(example(clusterName, "production")),
  environment: input(example(dnsLabel, "prod")),
  labels: input(labels.default({})),
};

const chartVersion = z
  .string()
  .regex(/^\d+\.\d+\.\d+(-[\w.]+)?$/, "must be an exact version, like 1.2.3, not a range");
const repository = z
  .string()
  .regex(/^(https|oci):\/\/\S+$/, "must be an https:// Helm repository or an oci:// registry");

/** Returns schemas for a chart's version and repository, with the tested values as examples. */
export function chartSource(chart: Chart) {
  return {
    chartVersion: example(chartVersion, chart.version),
    repository: example(repository, chart.repository),
  };
}

/** Returns settings that all components with a Helm chart share. */
export function chartSettings(chart: Chart, namespace: string) {
  return {
    ...identitySettings,
    namespace: input(dnsLabel.default(namespace)),
    chartVersion: chartVersion
      .default(chart.version)
      .describe("Exact chart version. The default is the tested version."),
    repository: repository
      .default(chart.repository)
      .describe("Helm repository or `oci://` registry of the chart."),
    imageRegistry: input(
      example(
        z
          .string()
          .regex(/^[\w.-]+(:\d+)?(\/[\w./-]+)?$/, "must be a registry host, without https://"),
        "123456789012.dkr.ecr.us-east-1.amazonaws.com/mirror",
      ).optional(),
    ),
    networkPolicies: z.boolean().default(false),
  };
}

/** The output type of {@link chartSettings}. */
export type ChartSettings = z.output<z.ZodObject<ReturnType<typeof chartSettings>>>;

/** Arguments of a component before they are checked. */
export type ComponentArgs = object;

/** Reports `deleteDataOnDestroy` if `protectData` does not allow it. */
export function checkProtection(
  { protectData, deleteDataOnDestroy }: Record<string, unknown>,
  ctx: z.RefinementCtx,
): void {
  if (deleteDataOnDestroy !== true || protectData !== true) return;
  issue(ctx, ["deleteDataOnDestroy"], "must be false while protectData is true", {
    kind: "do",
    text: "set protectData: false, or remove deleteDataOnDestroy",
  });
}

/**
 * Reports settings that do not apply to the kind, and missing settings that it requires. `field` is the
 * setting that selects the kind. Settings may have failed other checks.
 */
export function checkKind(
  settings: Record<string, unknown>,
  field: string,
  kinds: Record<string, { settings: NeededSettings<string> }>,
  ctx: z.RefinementCtx,
): void {
  const kind = settings[field];
  if (typeof kind !== "string" || !Object.hasOwn(kinds, kind)) return;
  const names = new Set(Object.values(kinds).flatMap((each) => Object.keys(each.settings)));
  for (const name of names) {
    const need = kinds[kind]?.settings[name];
    if (need === undefined && settings[name] !== undefined) {
      issue(ctx, [name], `does not apply to the ${field} ${kind}`, { kind: "remove" });
    }
    if (need === "required" && settings[name] === undefined) {
      issue(ctx, [name], `is required for the ${field} ${kind}`);
    }
  }
}

/** Reports every name that an earlier item already has. The items may have other problems. */
export function checkUniqueNames(
  ctx: z.RefinementCtx,
  path: Path,
  items: unknown,
  scope = formatPath(path),
): void {
  if (!Array.isArray(items)) return;
  const names = items.map((item: { name?: unknown } | null | undefined) => item?.name);
  names.forEach((name, index) => {
    const first = names.indexOf(name);
    if (typeof name !== "string" || first === index) return;
    issue(ctx, [...path, index, "name"], `must be unique in ${scope}`, {
      kind: "set",
      example: `${name.slice(0, 58)}-${index + 1}`,
    });
  });
}
