import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { stringify } from "yaml";
import {
  alertmanagerConfig,
  configSecretName,
  webhookSecretKey,
  webhookSecretName,
} from "./alerting/alertmanagerConfig";
import { slackTemplate } from "./alerting/slackTemplate";
import { settingsOrThrow } from "./internal/component";
import { objectLabels } from "./internal/labels";
import { slackSettings } from "./settings/slack";

export interface SlackAlertingArgs {
  /** Name of the cluster. */
  cluster: string;
  /** Environment, such as `prod`. */
  environment: string;
  /** Namespace of Alertmanager; it must exist. Default: `monitoring`. */
  namespace?: string;
  /**
   * Incoming webhook of Slack. It is treated as a secret, kept in the Secret `alertmanager-slack`.
   * Needed unless `existingSecret` names where it is.
   */
  webhookUrl?: pulumi.Input<string>;
  /** Existing Secret in the same namespace whose key `webhook-url` holds the webhook. */
  existingSecret?: string;
  /** Channel, with its `#`. Default: `#ticketing-alerts`. */
  channel?: string;
  /** Labels whose equal alerts share a message. Default: `alertname`, `cluster`, `service`. */
  groupBy?: string[];
  /** Labels added to every object. */
  labels?: Record<string, string>;
}

/**
 * Alertmanager's configuration for Slack, as the Secret `alertmanager-config`, and the webhook it
 * reads. Give both Secret names to PrometheusStack (`alertmanager.configSecretName`,
 * `alertmanager.mountedSecretNames`).
 *
 * Throws one error that lists every problem of its arguments; nothing is registered then.
 */
export class SlackAlerting extends pulumi.ComponentResource {
  static readonly __pulumiType = "monitoring:index:SlackAlerting";

  /** Secret with `alertmanager.yaml` and its templates. */
  readonly configSecretName: pulumi.Output<string>;
  /** Secret with the webhook, to be mounted into Alertmanager. */
  readonly webhookSecretName: pulumi.Output<string>;

  constructor(name: string, args: SlackAlertingArgs, opts?: pulumi.ComponentResourceOptions) {
    const settings = settingsOrThrow("SlackAlerting", name, slackSettings(args));
    super(SlackAlerting.__pulumiType, name, settings, opts);
    const { namespace } = settings;
    const labels = objectLabels("alertmanager", settings.labels);
    const child = { parent: this };

    if (settings.webhookUrl && args.webhookUrl !== undefined) {
      new kubernetes.core.v1.Secret(
        `${name}-webhook`,
        {
          metadata: { name: webhookSecretName, namespace, labels },
          stringData: { [webhookSecretKey]: pulumi.secret(args.webhookUrl) },
        },
        child,
      );
    }
    new kubernetes.core.v1.Secret(
      `${name}-config`,
      {
        metadata: { name: configSecretName, namespace, labels },
        stringData: {
          "alertmanager.yaml": stringify(alertmanagerConfig(settings), { lineWidth: 0 }),
          "slack.tmpl": slackTemplate,
        },
      },
      child,
    );

    this.configSecretName = pulumi.output(configSecretName);
    this.webhookSecretName = pulumi.output(settings.existingSecret ?? webhookSecretName);
    this.registerOutputs({
      configSecretName: this.configSecretName,
      webhookSecretName: this.webhookSecretName,
    });
  }
}
