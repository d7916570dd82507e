import { defined } from "../shared/defined";
import { SlackSettings } from "./settings";
import { inhibitRules } from "./inhibition";
import { quietHours } from "./quietHours";
import { receivers } from "./receivers";
import { quietHoursName, routingTree } from "./routes";
import { credentialFile } from "./credentialFiles";
import { secretKeys } from "./secretKeys";

/**
 * Returns Alertmanager's configuration: routes, receivers and inhibit rules. It contains no secrets,
 * because Alertmanager reads credentials from mounted files. Rotating a credential therefore requires
 * no restart.
 */
export function alertmanagerConfig(settings: SlackSettings): Record<string, unknown> {
  const slackFile = (key: string) =>
    settings.channel === undefined ? undefined : credentialFile(settings, key);
  const botTokenFile = slackFile(secretKeys.botToken);
  const webhookFile = slackFile(secretKeys.webhookUrl);
  return defined({
    global: defined({
      resolve_timeout: "5m",
      slack_app_token_file: botTokenFile,
      slack_api_url_file: botTokenFile === undefined ? webhookFile : undefined,
    }),
    templates: ["/etc/alertmanager/config/*.tmpl"],
    route: routingTree(settings),
    time_intervals: settings.quietHours && [
      { name: quietHoursName, time_intervals: quietHours(settings.quietHours) },
    ],
    inhibit_rules: inhibitRules(),
    receivers: receivers(settings),
  });
}
