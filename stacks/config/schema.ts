import { z } from "zod";
import { clusterName, labels as labelMap, dnsLabel } from "../../components/shared/schemas";
import { example } from "../../components/shared/problems";

/** How the program reaches the cluster it deploys to. */
export const ClusterMode = {
  /** An EKS cluster that exists, found by its name. */
  Existing: "existing",
  /** A new EKS cluster in Auto Mode. */
  Create: "create",
  /** Whatever a kubeconfig points at: kind, k3d, another cloud. */
  Kubeconfig: "kubeconfig",
} as const;
export type ClusterMode = (typeof ClusterMode)[keyof typeof ClusterMode];

/** Names of the presets; each is a file of this folder. */
export const presetNames = ["dev", "prod"] as const;
export type PresetName = (typeof presetNames)[number];

const cidr = z.cidrv4({ error: "must be an IPv4 range like 203.0.113.0/24" });

/** What belongs to one mode only, by the mode it belongs to. */
const modeOnly: Partial<Record<string, ClusterMode>> = {
  version: ClusterMode.Create,
  vpcId: ClusterMode.Create,
  subnetIds: ClusterMode.Create,
  publicAccessCidrs: ClusterMode.Create,
  kubeconfig: ClusterMode.Kubeconfig,
  context: ClusterMode.Kubeconfig,
};

const clusterSchema = z
  .strictObject({
    name: example(clusterName, "ticketing-prod"),
    mode: z.enum(ClusterMode).default(ClusterMode.Existing),
    /** Kubernetes version of a new cluster; AWS's default when left out. */
    version: example(z.string().regex(/^1\.\d\d$/, 'must be like "1.35"'), "1.35").optional(),
    vpcId: example(
      z.string().regex(/^vpc-[0-9a-f]+$/, "must be a VPC id"),
      "vpc-0a1b2c3d",
    ).optional(),
    subnetIds: z
      .array(
        example(z.string().regex(/^subnet-[0-9a-f]+$/, "must be a subnet id"), "subnet-0a1b2c3d"),
      )
      .min(2)
      .optional(),
    /** Ranges that may reach the API of a new cluster from outside; none makes it private. */
    publicAccessCidrs: z.array(example(cidr, "203.0.113.0/24")).optional(),
    /** Path of a kubeconfig; the ambient one when left out. */
    kubeconfig: example(z.string().min(1), "~/.kube/config").optional(),
    context: example(z.string().min(1), "kind-monitoring").optional(),
  })
  .meta({ examples: [{ name: "ticketing-prod" }] })
  .superRefine(
    (cluster, ctx) => {
      const mode = cluster.mode ?? ClusterMode.Existing;
      if (!Object.values(ClusterMode).includes(mode)) return;
      for (const [key, owner] of Object.entries(modeOnly)) {
        if (!(key in cluster) || mode === owner) continue;
        ctx.addIssue({
          code: "custom",
          path: [key],
          message: `only applies to the mode ${owner} (the mode is ${mode})`,
          params: { fix: { kind: "remove" } },
        });
      }
    },
    { when: ({ value }) => typeof value === "object" && value !== null },
  );
export type ClusterSettings = z.output<typeof clusterSchema>;

/** What a component checks by itself is only known to be a map here. */
const part = z.record(z.string(), z.unknown());

/** The shape of the configuration; the parts in it are checked by the components they are for. */
export const configurationSchema = z.strictObject({
  environment: z.enum(presetNames),
  /** The label `env` on everything, where it is not the name of the preset. */
  environmentName: example(dnsLabel, "staging").optional(),
  cluster: clusterSchema,
  namespaces: z
    .strictObject({
      monitoring: dnsLabel.default("monitoring"),
      application: dnsLabel.default("ticketing"),
      /** Namespace of the Datadog Agent; that of the services when left out. */
      datadog: example(dnsLabel, "datadog").optional(),
      /** Those that exist already and are left as they are. */
      existing: z.array(example(dnsLabel, "ticketing")).default([]),
    })
    .prefault({}),
  storage: z
    .strictObject({
      className: example(z.union([dnsLabel, z.literal("")]), "gp3").optional(),
      /** Creates the class, encrypted and expandable; on where the cluster is new. */
      create: example(z.boolean(), true).optional(),
    })
    .prefault({}),
  labels: labelMap.default({}),
  imageRegistry: z.string().optional(),
  prometheus: part.default({}),
  alertmanager: part.default({}),
  grafana: part.default({}),
  loki: example(part, { retentionDays: 15 }).optional(),
  datadog: example(part, { site: "datadoghq.com" }).optional(),
  datadogMonitors: example(part, { notify: ["@slack-ticketing-alerts"] }).optional(),
  slack: example(part, { channel: "#ticketing-alerts" }).optional(),
  alerts: part.default({}),
  cost: part.default({}),
  services: z.array(z.unknown()).default([]),
});
export type Configuration = z.output<typeof configurationSchema>;
