import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { Inputs } from "../shared/inputs";
import { objectLabels } from "../shared/labels";
import { placement } from "../shared/placement";
import { proberName, proberPort } from "../shared/prober";
import { resources } from "../shared/resources";
import { nobody, unprivileged } from "../shared/unprivileged";
import { PrometheusSettings } from "./settings";

/** The default configuration in this image includes the module that the probes use. */
const image = "prometheus/blackbox-exporter:v0.28.0";
const defaultRegistry = "quay.io";

/** Returns the labels of the exporter's pods, which its Service and network policy select. */
export function blackboxExporterLabels({ releaseName }: Pick<PrometheusSettings, "releaseName">) {
  return {
    "app.kubernetes.io/name": "blackbox-exporter",
    "app.kubernetes.io/instance": releaseName,
  };
}

/** Registers the blackbox exporter, which cannot access the API server and writes no files. */
export function blackboxExporter(
  name: string,
  { fill }: Inputs<PrometheusSettings>,
  opts: pulumi.CustomResourceOptions,
): void {
  const metadata = fill((all) => ({
    name: proberName(all.releaseName),
    namespace: all.namespace,
    labels: { ...objectLabels("blackbox-exporter", all.labels), ...blackboxExporterLabels(all) },
  }));
  new kubernetes.apps.v1.Deployment(
    `${name}-blackbox-exporter`,
    {
      metadata,
      spec: fill((all) => ({
        selector: { matchLabels: blackboxExporterLabels(all) },
        template: {
          metadata: { labels: { ...all.labels, ...blackboxExporterLabels(all) } },
          spec: {
            ...placement(all),
            automountServiceAccountToken: false,
            securityContext: {
              runAsNonRoot: true,
              runAsUser: nobody,
              runAsGroup: nobody,
              seccompProfile: { type: "RuntimeDefault" },
            },
            containers: [
              {
                name: "blackbox-exporter",
                image: `${all.imageRegistry ?? defaultRegistry}/${image}`,
                ports: [{ name: "http", containerPort: proberPort }],
                readinessProbe: { httpGet: { path: "/-/healthy", port: "http" } },
                livenessProbe: { httpGet: { path: "/-/healthy", port: "http" } },
                resources: resources("10m", "64Mi"),
                securityContext: unprivileged,
              },
            ],
          },
        },
      })),
    },
    opts,
  );
  new kubernetes.core.v1.Service(
    `${name}-blackbox-exporter`,
    {
      metadata,
      spec: fill((all) => ({
        selector: blackboxExporterLabels(all),
        ports: [{ name: "http", port: proberPort, targetPort: "http" }],
      })),
    },
    opts,
  );
}
