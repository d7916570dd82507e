import { SlackSettings } from "./settings";
import { inhibitRules } from "./inhibition";
import { quietHours } from "./quietHours";
import { receivers } from "./receivers";
import { quietHoursName, routingTree } from "./routes";
import { availableKeys, mountedFile, secretKeys } from "./secret";

/** Secret with `alertmanager.yaml` and its templates. */
export const configSecretName = "alertmanager-config";

/**
 * Alertmanager's configuration: routes, receivers and inhibit rules. It contains no secrets:
 * Alertmanager reads credentials from mounted files, so they can rotate without a restart.
 */
export function alertmanagerConfig(settings: SlackSettings): Record<string, unknown> {
  return {
    global: {
      resolve_timeout: "5m",
      ...(availableKeys(settings).includes(secretKeys.botToken)
        ? { slack_app_token_file: mountedFile(settings, secretKeys.botToken) }
        : { slack_api_url_file: mountedFile(settings, secretKeys.webhookUrl) }),
    },
    templates: ["/etc/alertmanager/config/*.tmpl"],
    route: routingTree(settings),
    ...(settings.quietHours && {
      time_intervals: [{ name: quietHoursName, time_intervals: quietHours(settings.quietHours) }],
    }),
    inhibit_rules: inhibitRules(),
    receivers: receivers(settings),
  };
}
