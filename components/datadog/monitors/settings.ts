import { z } from "zod";
import { checkServices } from "../../services/settings/serviceChecks";
import { serviceFields, unknownService } from "../../services/settings/settings";
import { Checked, example, issue, check } from "../../shared/problems";
import { ComponentArgs, dnsLabel, identitySettings, input } from "../../shared/schemas";

const notify = z
  .array(
    input(
      example(
        z.string().regex(/^@[\w.+-]+(@[\w.-]+)?$/, "must be a Datadog handle, like @slack-alerts"),
        "@slack-alerts",
      ),
    ),
  )
  .min(
    1,
    "must name at least one handle, because a monitor without a handle sends no notifications",
  );

const operation = example(
  z.string().regex(/^[a-z][\w.]*$/, "must be an operation name, like grpc.server"),
  "grpc.server",
);

const overrideSchema = z.strictObject({
  operation: operation.optional().meta({
    description: "Operation of the service's request spans, as in `trace.<operation>.hits`.",
    defaultText:
      "by language: `http.request`, `fastapi.request`, `servlet.request`, `express.request`",
  }),
  team: input(
    example(dnsLabel, "stock").optional().meta({
      description: "The `team` tag of the service's monitors.",
      defaultText: "the service's `team`, otherwise `datadogMonitors.team`",
    }),
  ),
  notify: notify.optional().meta({
    description: "Handles that the service's monitors notify.",
    defaultText: "`datadogMonitors.notify`",
  }),
});

export const datadogMonitorsSchema = z
  .strictObject({
    cluster: identitySettings.cluster,
    environment: identitySettings.environment,
    ...serviceFields,
    notify: example(notify, ["@slack-alerts"]).describe(
      "Handles that monitors notify: `@slack-<channel>`, `@pagerduty-<service>`, `@<email address>`.",
    ),
    team: input(example(dnsLabel, "shop").optional().describe("The `team` tag of every monitor.")),
    overrides: z
      .record(z.string(), overrideSchema)
      .default({})
      .describe("Overrides for individual services, keyed by service name."),
  })
  .superRefine(checkServices, { when: () => true })
  .superRefine(checkOverrides, { when: ({ issues }) => issues.length === 0 });

/** Settings for Datadog monitors: the services, their thresholds and the handles to notify. */
export type DatadogMonitorsSettings = z.output<typeof datadogMonitorsSchema>;

/** Checks the DatadogMonitors arguments and fills in defaults. */
export function datadogMonitorsSettings(args: ComponentArgs): Checked<DatadogMonitorsSettings> {
  return check(datadogMonitorsSchema, args);
}

/** Reports overrides for services that do not exist. */
function checkOverrides(
  { overrides, services }: { overrides: object; services: { name: string }[] },
  ctx: z.RefinementCtx,
): void {
  for (const [name, value] of Object.entries(overrides)) {
    const [problem] = unknownService(services, name, {
      path: ["overrides", name],
      value,
      fixWith: (to) => ({ kind: "rename", to }),
    });
    if (problem !== undefined) issue(ctx, problem.path, problem.rule, problem.fix, problem.code);
  }
}
