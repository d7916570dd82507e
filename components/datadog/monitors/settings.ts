import { z } from "zod";
import {
  MonitoredServicesSettings,
  servicesSettings,
  unknownService,
} from "../../services/settings";
import { Checked, Problem, check, example } from "../../shared/problems";
import { ComponentArgs, dnsLabel } from "../../shared/schemas";

const notify = z
  .array(
    example(
      z
        .string()
        .regex(
          /^@[\w.+-]+(@[\w.-]+)?$/,
          "must be a handle of Datadog, like @slack-ticketing-alerts",
        ),
      "@slack-ticketing-alerts",
    ),
  )
  .min(1, "must name at least one handle: a monitor without one notifies no one");

const operation = example(
  z.string().regex(/^[a-z][\w.]*$/, "must be the name of an operation, like grpc.server"),
  "grpc.server",
);

const overrideSchema = z.strictObject({
  operation: operation.optional().meta({
    description: "Operation of the service's request spans, as in `trace.<operation>.hits`.",
    defaultText:
      "by language: `http.request`, `fastapi.request`, `servlet.request`, `express.request`",
  }),
  team: example(dnsLabel, "stock").optional().meta({
    description: "Tag `team` of the service's monitors.",
    defaultText: "the `team` of the service, otherwise `datadogMonitors.team`",
  }),
  notify: notify.optional().meta({
    description: "Handles that the service's monitors notify.",
    defaultText: "`datadogMonitors.notify`",
  }),
});

/** Arguments of DatadogMonitors in addition to the services and their thresholds. */
export const datadogMonitorsSchema = z.strictObject({
  notify: example(notify, ["@slack-ticketing-alerts"]).describe(
    "Handles that monitors notify: `@slack-<channel>`, `@pagerduty-<service>`, `@<e-mail address>`.",
  ),
  team: example(dnsLabel, "ticketing").optional().describe("Tag `team` of every monitor."),
  overrides: z
    .record(z.string(), overrideSchema)
    .default({})
    .describe("Overrides for single services, by the name of the service."),
});

/** Settings of Datadog's monitors: the services, their thresholds and the handles to notify. */
export type DatadogMonitorsSettings = MonitoredServicesSettings &
  z.output<typeof datadogMonitorsSchema>;

/** Checks the arguments of DatadogMonitors and fills in their defaults. */
export function datadogMonitorsSettings(args: ComponentArgs): Checked<DatadogMonitorsSettings> {
  const isOwn = ([key]: [string, unknown]) => Object.hasOwn(datadogMonitorsSchema.shape, key);
  const entries = Object.entries(args);
  const monitors = check(datadogMonitorsSchema, Object.fromEntries(entries.filter(isOwn)));
  const services = servicesSettings(Object.fromEntries(entries.filter((entry) => !isOwn(entry))));
  const problems = [...(monitors.problems ?? []), ...(services.problems ?? [])];
  if (monitors.settings === undefined || services.settings === undefined) return { problems };
  const unknown = unknownServices(monitors.settings.overrides, services.settings);
  if (unknown.length > 0) return { problems: unknown };
  return { settings: { ...services.settings, ...monitors.settings } };
}

function unknownServices(
  overrides: Record<string, unknown>,
  { services }: MonitoredServicesSettings,
): Problem[] {
  return Object.entries(overrides).flatMap(([name, value]) =>
    unknownService(services, name, {
      path: ["overrides", name],
      value,
      fixWith: (to) => ({ kind: "rename", to }),
    }),
  );
}
