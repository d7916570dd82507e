import { z } from "zod";
import { charts } from "../charts/charts";
import { issue } from "../shared/problems";
import {
  ChartSettings,
  chartSource,
  dnsLabel,
  flag,
  input,
  selectorLabels,
} from "../shared/schemas";
import { Placement } from "../shared/placement";
import { SizePreset } from "../shared/sizePreset";
import { redactionSettings } from "./redactionSettings";
import { LogCollector } from "./enums";

const { chartVersion, repository } = chartSource(charts.alloy);

/** Schema fields for the log collector, which the schema of LokiStack includes. */
export const collectorFields = {
  ...redactionSettings,
  serviceMonitors: flag(true, "Whether Prometheus scrapes Loki and the collector."),
  selectorLabels: input(selectorLabels.optional()),
  prometheusNamespace: input(dnsLabel.optional()),
  collector: z
    .enum(LogCollector)
    .default(LogCollector.Alloy)
    .describe(
      "Log collector for all pods. `promtail` reached end of life on 2026-03-02. With `none`, you deploy your own.",
    ),
  kubernetesEvents: flag(
    false,
    "Whether an additional Alloy pod stores Kubernetes events as log lines, for longer than the hour that Kubernetes keeps them.",
  ),
  collectorChartVersion: chartVersion.optional().meta({
    description: "Exact version of the collector's chart.",
    defaultText: "the tested version",
  }),
  collectorRepository: repository.optional().meta({
    description: "Helm repository or `oci://` registry of the collector's chart.",
    defaultText: "the official repository",
  }),
};

/** Reports settings that enable Kubernetes events without the Alloy collector. */
export function checkEvents(settings: Record<string, unknown>, ctx: z.RefinementCtx): void {
  const { collector, kubernetesEvents } = settings;
  if (kubernetesEvents !== true || collector === LogCollector.Alloy) return;
  const rule = `requires the collector ${LogCollector.Alloy}`;
  issue(ctx, ["kubernetesEvents"], rule, { kind: "remove" });
}

/** Settings of the log collector, without the Loki chart's version and repository. */
export type CollectorSettings = z.output<z.ZodObject<typeof collectorFields>> &
  Omit<ChartSettings, "chartVersion" | "repository"> &
  Placement & { size: SizePreset };

/**
 * Returns the folder on a node where the collector stores its position in each log file. Each namespace
 * can have a collector, and collectors on the same node must not share their positions.
 */
export function nodeFolder(folder: string, { namespace }: CollectorSettings): string {
  return namespace === "monitoring" ? folder : `${folder}-${namespace}`;
}
