import { z } from "zod";
import { Chart } from "./charts";
import { example } from "./problems";
import { type SecretArgument, type SecretPart, secretsOf } from "./secrets";
import { SizePreset } from "./sizePreset";

/** A name that Kubernetes accepts for objects, namespaces and labels (RFC 1123 label). */
export const dnsLabel = z
  .string()
  .regex(
    /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/,
    "must be a DNS label: at most 63 of a-z, 0-9 and -, starting and ending with a letter or digit",
  );

/** A name that EKS accepts for a cluster. */
export const clusterName = z
  .string()
  .regex(
    /^[A-Za-z0-9][\w-]{0,99}$/,
    "must be a cluster name: at most 100 of letters, digits, - and _, starting with a letter or digit",
  );

/** Who owns a service: the value of a label, which nothing that reads it takes for markup. */
export const teamName = example(
  z.string().regex(/^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,62}$/u, "must be the value of a label"),
  "checkout",
);

/** Unlike `z.int()`, a fraction leaves the rules between this field and others in force. */
export const wholeNumber = z.number().refine(Number.isSafeInteger, "must be a whole number");

/** A Kubernetes quantity of storage, in whole gibibytes. */
export const storageGb = wholeNumber.min(1).max(65536);

export const labels = z.record(z.string(), z.string());

/** How generously workloads are sized; each component has its own table. */
export const size = z.enum(SizePreset);

/** Settings that every component shares: which cluster and environment its data is labelled with. */
export const identitySettings = {
  cluster: example(clusterName, "ticketing-prod"),
  environment: example(dnsLabel, "prod"),
  labels: labels.default({}),
};

/** Settings that only say which secrets are set: the secrets themselves are never settings. */
export function secretSettings<P extends SecretPart>(part: P) {
  return Object.fromEntries(
    secretsOf(part).map(({ argument }) => [argument, z.literal(true).optional()]),
  ) as Record<SecretArgument<P>, z.ZodOptional<z.ZodLiteral<true>>>;
}

/** Settings that every component with a Helm chart shares. */
export function chartSettings(chart: Chart, namespace: string) {
  return {
    ...identitySettings,
    namespace: dnsLabel.default(namespace),
    chartVersion: z
      .string()
      .regex(/^\d+\.\d+\.\d+(-[\w.]+)?$/, "must be an exact version, like 1.2.3, not a range")
      .default(chart.version),
    repository: z
      .string()
      .regex(/^(https|oci):\/\/\S+$/, "must be an https:// Helm repository or an oci:// registry")
      .default(chart.repository),
    imageRegistry: example(
      z
        .string()
        .regex(/^[\w.-]+(:\d+)?(\/[\w./-]+)?$/, "must be a registry host, without https://"),
      "123456789012.dkr.ecr.us-east-1.amazonaws.com/mirror",
    ).optional(),
  };
}

/** The output type of {@link chartSettings}. */
export interface ChartSettings {
  cluster: string;
  environment: string;
  labels: Record<string, string>;
  namespace: string;
  chartVersion: string;
  repository: string;
  imageRegistry?: string | undefined;
}

/** Arguments of a component before they are checked. */
export type ComponentArgs = object;

/** Fills in `protectData`, whose default follows the environment: on in `prod`, off elsewhere. */
export function withProtectData(args: ComponentArgs): object {
  const { protectData, environment } = args as { protectData?: unknown; environment?: unknown };
  return { ...args, protectData: protectData ?? environment === "prod" };
}
