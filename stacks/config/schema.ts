import { z } from "zod";
import { type PresetName, presets } from "../presets/presets";
import { existingPrometheusSchema } from "./existingPrometheus";
import { parseFractions } from "./fractions";
import { serviceSchema } from "../../components/services/settings/settings";
import { isMap } from "../../policies/shared/isMap";
import { placementSettings } from "../../components/shared/placement";
import { example, issue } from "../../components/shared/problems";
import {
  alertLinkSettings,
  clusterName,
  dnsLabel,
  labels,
  onMaps,
  storageClassName,
  teamName,
} from "../../components/shared/schemas";

/** How the program connects to the cluster that it deploys to. */
export const ClusterMode = {
  /** An existing EKS cluster, looked up by name. */
  Existing: "existing",
  /** A new EKS cluster in Auto Mode. */
  Create: "create",
  /** The cluster that a kubeconfig points to, such as kind, k3d or another cloud. */
  Kubeconfig: "kubeconfig",
} as const;
export type ClusterMode = (typeof ClusterMode)[keyof typeof ClusterMode];

const cidr = z.cidrv4({ error: "must be an IPv4 range like 203.0.113.0/24" });

/** Settings that apply to only one mode, and that mode. */
const modeOfSetting: Partial<Record<string, ClusterMode>> = {
  version: ClusterMode.Create,
  vpcId: ClusterMode.Create,
  subnetIds: ClusterMode.Create,
  publicAccessCidrs: ClusterMode.Create,
  kubeconfig: ClusterMode.Kubeconfig,
  context: ClusterMode.Kubeconfig,
};

const clusterSchema = z
  .strictObject({
    name: example(clusterName, "production").describe(
      "Cluster name, set as the `cluster` label on all data.",
    ),
    mode: z
      .enum(ClusterMode)
      .default(ClusterMode.Existing)
      .describe(
        "An existing EKS cluster that is looked up by name, a new EKS cluster in Auto Mode, or the cluster of a kubeconfig. A deployed stack cannot change to or from `create`, because the update would replace everything in its cluster.",
      ),
    version: example(z.string().regex(/^1\.\d\d$/, 'must be like "1.35"'), "1.35")
      .optional()
      .meta({
        description: "Kubernetes version of a new cluster.",
        defaultText: "the EKS default",
      }),
    vpcId: example(z.string().regex(/^vpc-[0-9a-f]+$/, "must be a VPC ID"), "vpc-0a1b2c3d")
      .optional()
      .meta({ description: "VPC of a new cluster.", defaultText: "the default VPC" }),
    subnetIds: z
      .array(
        example(z.string().regex(/^subnet-[0-9a-f]+$/, "must be a subnet ID"), "subnet-0a1b2c3d"),
      )
      .min(2)
      .optional()
      .meta({
        description: "At least two private subnets for a new cluster.",
        defaultText: "the subnets of the default VPC",
      }),
    publicAccessCidrs: z.array(example(cidr, "203.0.113.0/24")).optional().meta({
      description: "IPv4 ranges that can reach the API of a new cluster.",
      defaultText: "none, and only the cluster's VPC can reach it",
    }),
    kubeconfig: example(z.string().min(1), "~/.kube/config").optional().meta({
      description: "Path of the kubeconfig. Requires `mode: kubeconfig`.",
      defaultText: "the kubeconfig that `kubectl` uses",
    }),
    context: example(z.string().min(1), "kind-monitoring").optional().meta({
      description: "Context in the kubeconfig. Requires `mode: kubeconfig`.",
      defaultText: "the current context",
    }),
  })
  .meta({ examples: [{ name: "production" }] })
  .superRefine((cluster, ctx) => {
    const mode = cluster.mode ?? ClusterMode.Existing;
    if (!Object.values(ClusterMode).includes(mode)) return;
    for (const [key, onlyMode] of Object.entries(modeOfSetting)) {
      if (!(key in cluster) || mode === onlyMode) continue;
      issue(ctx, [key], `only applies to the mode ${onlyMode} (the mode is ${mode})`, {
        kind: "remove",
      });
    }
  }, onMaps);
export type ClusterSettings = z.output<typeof clusterSchema>;

/** A part whose contents its component checks. This schema only requires a map. */
const part = z.record(z.string(), z.unknown());

/** Keys of a service that the stack reads instead of the component. */
export const placedServiceSchema = z.object({
  namespace: example(dnsLabel, "payments").optional().meta({
    description: "Namespace of the service. It must exist.",
    defaultText: "the team's namespace, otherwise `namespaces.application`",
  }),
});

/** Converts a map of services by name, or a single name, to a list of services. */
function asList(services: unknown): object[] {
  if (typeof services === "string") return [{ name: services }];
  return Object.entries(isMap(services) ? services : {}).map(([name, service]) => ({
    name,
    ...(isMap(service) && service),
  }));
}

/** Settings that all services of a team share. */
export const teamSchema = z.strictObject({
  namespace: placedServiceSchema.shape.namespace.meta({
    description: "Namespace of the team's services. It must exist.",
    defaultText: "`namespaces.application`",
  }),
  slo: serviceSchema.shape.slo.describe(
    "Objective for the team's services, as in `services[].slo`.",
  ),
  alerts: serviceSchema.shape.alerts.meta({
    description:
      "Overrides of `monitoring:alerts` for the team's services, as in `services[].alerts`.",
    defaultText: "`monitoring:alerts`",
  }),
});

/** Structure of the configuration. */
export const configurationSchema = z.strictObject({
  environment: z
    .enum(Object.keys(presets) as PresetName[])
    .describe(
      "Preset. With `dev`, every workload has one replica, and `pulumi destroy` deletes everything except the log bucket and the namespaces with their volumes. With `prod`, the stack survives the loss of a node, and the data survives an accidental `pulumi destroy`.",
    ),
  environmentName: example(dnsLabel, "staging").optional().meta({
    description: "Environment name, such as `staging`, set as the `env` label on all data.",
    defaultText: "the preset's name",
  }),
  cluster: clusterSchema,
  namespaces: z
    .strictObject({
      monitoring: dnsLabel.default("monitoring").describe("Namespace of Prometheus and Loki."),
      application: dnsLabel.default("applications").describe("Namespace of the services."),
      datadog: example(dnsLabel, "datadog").optional().meta({
        description:
          "Namespace of the Datadog Agent. The agent cannot instrument services in its own namespace.",
        defaultText: "`namespaces.application`",
      }),
      existing: z
        .array(example(dnsLabel, "shop"))
        .default([])
        .describe("Existing namespaces, which the stack does not create."),
    })
    .prefault({}),
  storage: z
    .strictObject({
      className: example(storageClassName, "gp3").optional().meta({
        description: 'StorageClass of all volumes. `""` selects the default class in the cluster.',
        defaultText: '`gp3`, or `""` with `cluster.mode: kubeconfig`',
      }),
      create: example(z.boolean(), true).optional().meta({
        description: "Whether the stack creates this StorageClass, encrypted and expandable.",
        defaultText: "true with `cluster.mode: create`",
      }),
    })
    .prefault({}),
  labels: labels
    .default({})
    .describe("Labels to add to every Kubernetes object, and tags to add to every AWS resource."),
  placement: z.strictObject(placementSettings).prefault({}),
  runbookBaseUrl: alertLinkSettings.runbookBaseUrl.meta({
    description:
      "Base URL of the runbooks for all stacks, set in `Pulumi.yaml`. Alerts link to `<runbookBaseUrl>/<alert>.md`.",
    defaultText: "none, and alerts have no runbook link",
  }),
  imageRegistry: z.string().optional().meta({
    description: "Registry that mirrors all images.",
    defaultText: "the registry of each image",
  }),
  networkPolicies: example(z.boolean(), true).optional().meta({
    description:
      "Whether network policies restrict the stack's pods to the connections that they need ([network policies](security.md#network-policies)).",
    defaultText: "false; `prod`: true",
  }),
  existingPrometheus: existingPrometheusSchema.optional(),
  prometheus: part.default({}),
  alertmanager: part.default({}),
  grafana: part.default({}),
  loki: example(part, { retentionDays: 15 }).optional(),
  datadog: example(part, { site: "datadoghq.com" }).optional(),
  datadogMonitors: example(part, { notify: ["@slack-alerts"] }).optional(),
  slack: example(part, { channel: "#alerts" }).optional(),
  receivers: part.optional(),
  alerts: part.default({}),
  cost: part.default({}),
  services: z
    .array(z.unknown())
    .meta({ fixFor: (services) => ({ kind: "set", example: asList(services) }) })
    .default([]),
  teams: z.preprocess(parseFractions, z.record(teamName, teamSchema).default({})),
});
export type Configuration = z.output<typeof configurationSchema>;
