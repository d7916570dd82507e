import { z } from "zod";
import { LogCollector } from "../logs/enums";
import { servicesSchema } from "../services/settings/settings";
import { Checked, example, check } from "../shared/problems";
import { sidecar } from "./sidecar";
import { ComponentArgs, dnsLabel, input, labels, selectorLabels } from "../shared/schemas";

export const dataSourceUid = z.string().regex(/^[\w-]{1,40}$/, "must be the UID of a data source");

/** Annotation key, as configured in the Grafana sidecar's `folderAnnotation`. */
export const folderAnnotation = example(
  z.string().regex(/^[A-Za-z0-9][\w./-]*$/, "must be the key of an annotation"),
  sidecar.folderAnnotation,
);

export const dashboardsSchema = z.strictObject({
  namespace: input(dnsLabel.default("monitoring")),
  sidecarLabels: input(selectorLabels.default(sidecar.dashboardLabels)),
  folderAnnotation: folderAnnotation.default(sidecar.folderAnnotation),
  services: z.array(servicesSchema).default([]),
  logCollector: example(z.enum(LogCollector), LogCollector.Alloy).optional(),
  prometheusUid: input(dataSourceUid.default("prometheus")),
  lokiUid: input(dataSourceUid.default("loki")),
  labels: input(labels.default({})),
});
export type DashboardsSettings = z.output<typeof dashboardsSchema>;

/** Checks the GrafanaDashboards arguments and fills in defaults. */
export function dashboardsSettings(args: ComponentArgs): Checked<DashboardsSettings> {
  return check(dashboardsSchema, args);
}
