import { SlackAlerting } from "@ticketing/observability";
import * as pulumi from "@pulumi/pulumi";

const config = new pulumi.Config();

// Alertmanager's configuration, in the namespace of a kube-prometheus-stack that exists.
const slack = new SlackAlerting("slack", {
  namespace: "monitoring",
  channel: "#checkout-alerts",
  webhookUrl: config.requireSecret("slackWebhookUrl"),
});

/** Values to merge into those of the existing release. */
export const values = {
  alertmanager: {
    alertmanagerSpec: {
      useExistingSecret: true,
      configSecret: slack.configSecretName,
      secrets: [slack.webhookSecretName],
    },
  },
};
