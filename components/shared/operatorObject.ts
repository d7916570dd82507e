import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

/** Registers an object of the Prometheus operator. */
export function operatorObject(
  name: string,
  kind: "PodMonitor" | "Probe" | "PrometheusRule" | "ServiceMonitor",
  metadata: pulumi.Input<kubernetes.types.input.meta.v1.ObjectMeta>,
  spec: object,
  opts: pulumi.CustomResourceOptions,
): pulumi.Resource {
  const apiVersion = "monitoring.coreos.com/v1";
  return new kubernetes.apiextensions.CustomResource(
    name,
    { apiVersion, kind, metadata, spec },
    opts,
  );
}
