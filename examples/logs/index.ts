import { LokiStack } from "@ticketing/observability";
import * as pulumi from "@pulumi/pulumi";

const config = new pulumi.Config();

// Loki in a cluster that exists, with a bucket and an IAM role of its own.
const logs = new LokiStack("loki", {
  cluster: config.require("cluster"),
  environment: pulumi.getStack(),
  namespace: "logging",
  bucket: config.require("bucket"),
  retentionDays: 30,
  // The cluster has no Prometheus operator, which would define ServiceMonitors.
  serviceMonitors: false,
});

/** URL of the data source for an existing Grafana. */
export const lokiUrl = logs.url;
export const bucket = logs.bucketName;
