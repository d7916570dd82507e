import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

const retentionDays = new pulumi.Config().getNumber("retentionDays") ?? 30;

// A chart that the team installs itself, without a component of this package.
new kubernetes.helm.v3.Release("prometheus", {
  chart: "kube-prometheus-stack",
  version: "88.5.3",
  repositoryOpts: { repo: "https://prometheus-community.github.io/helm-charts" },
  namespace: "monitoring",
  values: {
    prometheus: {
      prometheusSpec: {
        retention: `${retentionDays}d`,
        storageSpec: {
          volumeClaimTemplate: { spec: { resources: { requests: { storage: "50Gi" } } } },
        },
      },
    },
    // Another release already provides these.
    alertmanager: { enabled: false },
    grafana: { enabled: false },
  },
});
