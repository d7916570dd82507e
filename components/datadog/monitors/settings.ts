import { closest } from "fastest-levenshtein";
import { z } from "zod";
import { Checked, Problem, check, example } from "../../shared/problems";
import { ComponentArgs, dnsLabel } from "../../shared/schemas";
import { MonitoredServicesSettings, servicesSettings } from "../../services/settings";

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

/** Settings of the monitors in addition to the services and their thresholds. */
export const datadogMonitorsSchema = z.strictObject({
  notify: example(notify, ["@slack-ticketing-alerts"]),
  team: example(dnsLabel, "ticketing").optional(),
  overrides: z
    .record(
      z.string(),
      z.strictObject({
        operation: operation.optional(),
        team: example(dnsLabel, "stock").optional(),
        notify: notify.optional(),
      }),
    )
    .default({}),
});

/** Settings of the Datadog monitors: services, thresholds and handles to notify. */
export type DatadogMonitorsSettings = MonitoredServicesSettings &
  z.output<typeof datadogMonitorsSchema>;

/** Checks the arguments of DatadogMonitors and fills in their defaults. */
export function datadogMonitorsSettings(args: ComponentArgs): Checked<DatadogMonitorsSettings> {
  const isOwn = ([key]: [string, unknown]) => Object.hasOwn(datadogMonitorsSchema.shape, key);
  const entries = Object.entries(args);
  const own = check(datadogMonitorsSchema, Object.fromEntries(entries.filter(isOwn)));
  const services = servicesSettings(Object.fromEntries(entries.filter((entry) => !isOwn(entry))));
  const problems = [...(own.problems ?? []), ...(services.problems ?? [])];
  if (own.settings === undefined || services.settings === undefined) return { problems };
  const unknown = unknownServices(own.settings.overrides, services.settings);
  if (unknown.length > 0) return { problems: unknown };
  return { settings: { ...services.settings, ...own.settings } };
}

function unknownServices(
  overrides: Record<string, unknown>,
  { services }: MonitoredServicesSettings,
): Problem[] {
  const names = services.map(({ name }) => name);
  return Object.keys(overrides)
    .filter((name) => !names.includes(name))
    .map((name) => ({
      path: ["overrides", name],
      value: overrides[name],
      rule: `is not a service (services: ${names.join(", ") || "none"})`,
      fix:
        names.length > 0
          ? { kind: "rename", to: closest(name, names) }
          : { kind: "do", text: "name the service in services" },
    }));
}
