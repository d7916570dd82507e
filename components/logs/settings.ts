import { z } from "zod";
import { charts } from "../shared/charts";
import { example } from "../shared/problems";
import { ChartSettings, chartSettings } from "../shared/schemas";
import { SizePreset } from "../shared/sizePreset";
import { redactionSettings } from "./redactionSettings";
import { LogCollector } from "./options";

const { chartVersion, repository } = chartSettings(charts.alloy, "monitoring");

/** Fields about the log collector; the stack that deploys it includes them in its own schema. */
export const collectorFields = {
  ...redactionSettings,
  serviceMonitors: z.boolean().default(true),
  collector: z.enum(LogCollector).default(LogCollector.Alloy),
  collectorChartVersion: example(chartVersion.unwrap(), charts.alloy.version).optional(),
  collectorRepository: example(repository.unwrap(), charts.alloy.repository).optional(),
};

/** Settings of the log collector. Its chart has its own version and repository. */
export type CollectorSettings = z.output<z.ZodObject<typeof collectorFields>> &
  Omit<ChartSettings, "chartVersion" | "repository"> & { size: SizePreset };
