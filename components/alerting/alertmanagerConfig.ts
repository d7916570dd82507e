import { SlackSettings } from "../settings/slack";
import { Severity } from "./rules";

/** Secret with `alertmanager.yaml` and its templates. */
export const configSecretName = "alertmanager-config";
/** Secret with the webhook, unless an existing one is named. */
export const webhookSecretName = "alertmanager-slack";
/** Key of the webhook in its Secret. */
export const webhookSecretKey = "webhook-url";

/** Where the Prometheus operator mounts the keys of a Secret it is told to mount. */
function mountedFile(secretName: string, key: string): string {
  return `/etc/alertmanager/secrets/${secretName}/${key}`;
}

// Named in quotes in YAML, because a bare null is no name.
const nowhere = "null";
const slack = "slack";

/**
 * Alertmanager's configuration: who hears of which alert, when, and what is left unsaid because a
 * louder alert says it already. It holds no secret: the webhook is read from a mounted file, which
 * also lets it rotate without a restart.
 */
export function alertmanagerConfig(settings: SlackSettings): Record<string, unknown> {
  return {
    global: {
      resolve_timeout: "5m",
      slack_api_url_file: mountedFile(
        settings.existingSecret ?? webhookSecretName,
        webhookSecretKey,
      ),
    },
    templates: ["/etc/alertmanager/config/*.tmpl"],
    route: {
      receiver: slack,
      group_by: settings.groupBy,
      // The pace of a warning; an alert without a severity gets it too, rather than getting lost.
      group_wait: "30s",
      group_interval: "5m",
      repeat_interval: "12h",
      routes: [
        { matchers: ['alertname="Watchdog"'], receiver: nowhere },
        { matchers: ['alertname="InfoInhibitor"'], receiver: nowhere },
        {
          matchers: [`severity="${Severity.Critical}"`],
          receiver: slack,
          group_wait: "10s",
          group_interval: "1m",
          repeat_interval: "1h",
        },
        { matchers: [`severity=~"${Severity.Info}|${Severity.None}"`], receiver: nowhere },
      ],
    },
    inhibit_rules: [
      {
        source_matchers: [`severity="${Severity.Critical}"`],
        target_matchers: [`severity="${Severity.Warning}"`],
        // As much as tells one thing from another: a full disk must not silence another disk.
        equal: [
          "cluster",
          "namespace",
          "alertname",
          "service",
          "pod",
          "instance",
          "mountpoint",
          "persistentvolumeclaim",
        ],
      },
      {
        source_matchers: ['alertname="InfoInhibitor"'],
        target_matchers: [`severity="${Severity.Info}"`],
        equal: ["cluster", "namespace"],
      },
      // The chart watches crash loops in every namespace; where ours does, one message is enough.
      {
        source_matchers: ['alertname="PodCrashLooping"'],
        target_matchers: ['alertname="KubePodCrashLooping"'],
        equal: ["cluster", "namespace", "pod"],
      },
    ],
    receivers: [
      { name: nowhere },
      {
        name: slack,
        slack_configs: [
          {
            channel: settings.channel,
            send_resolved: true,
            title: '{{ template "observability.slack.title" . }}',
            title_link: "{{ .ExternalURL }}",
            text: '{{ template "observability.slack.text" . }}',
            color: '{{ template "observability.slack.color" . }}',
            fallback: '{{ template "observability.slack.title" . }}',
          },
        ],
      },
    ],
  };
}
