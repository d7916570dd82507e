import { SlackAlerting } from "@ticketing/observability";
import * as pulumi from "@pulumi/pulumi";

const config = new pulumi.Config();

// Alertmanager's configuration, in the namespace of an existing kube-prometheus-stack.
const slack = new SlackAlerting("slack", {
  namespace: "monitoring",
  channel: "#checkout-alerts",
  webhookUrl: config.requireSecret("slackWebhookUrl"),
});

/** Values to merge into the existing release's values. */
export const values = {
  alertmanager: {
    alertmanagerSpec: {
      useExistingSecret: true,
      configSecret: slack.configSecretName,
      secrets: [slack.webhookSecretName],
    },
  },
};
