import { LokiStack } from "@ticketing/observability";
import * as pulumi from "@pulumi/pulumi";

const config = new pulumi.Config();

// Loki in an existing cluster, with its own bucket and IAM role.
const logs = new LokiStack("loki", {
  cluster: config.require("cluster"),
  environment: pulumi.getStack(),
  namespace: "logging",
  bucket: config.require("bucket"),
  retentionDays: 30,
  // The cluster has no Prometheus operator, which provides the ServiceMonitor CRD.
  serviceMonitors: false,
});

/** Data source URL for an existing Grafana. */
export const lokiUrl = logs.url;
export const bucket = logs.bucketName;
