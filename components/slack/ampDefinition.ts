import { stringify } from "yaml";
import { workspaceArnParts } from "../alerting/workspaceArn";
import { inhibitRules } from "./inhibition";
import { nullReceiver, slackReceiver } from "./receivers";
import { routingTree } from "./routes";
import { channelsOf } from "./credentialFiles";
import { SlackSettings } from "./settings";
import { chatTemplate } from "./messageTemplate";
import { template } from "./templateReference";

/** Receivers of a workspace's alert manager: one SNS topic for each Slack channel. */
export interface AmpReceivers {
  /** ARN of the workspace, whose region and account the topics share. */
  workspaceArn: string;
  cluster: string;
}

/**
 * Returns the topic names, keyed by channel. Amazon Q Developer forwards a topic's messages to its
 * channel.
 */
export function topicNames(
  settings: SlackSettings,
  { cluster }: Pick<AmpReceivers, "cluster">,
): Map<string, string> {
  return new Map(
    channelsOf(settings).map((channel) => [channel, `${cluster}-alerts-${channel.slice(1)}`]),
  );
}

/** Returns the ARN of a topic in the region and account of a workspace. */
export function topicArn(workspaceArn: string, topicName: string): string {
  const { partition, region, account } = workspaceArnParts(workspaceArn);
  return `arn:${partition}:sns:${region}:${account}:${topicName}`;
}

/**
 * Returns the alert manager definition of an Amazon Managed Service for Prometheus workspace:
 * Alertmanager's routes and inhibit rules, with an SNS receiver for each channel.
 * https://docs.aws.amazon.com/prometheus/latest/userguide/AMP-alertmanager-config.html
 */
export function ampDefinition(settings: SlackSettings, receivers: AmpReceivers): string {
  const { region } = workspaceArnParts(receivers.workspaceArn);
  const config = {
    templates: ["slack"],
    route: routingTree(settings),
    inhibit_rules: inhibitRules(),
    receivers: [
      { name: nullReceiver },
      ...[...topicNames(settings, receivers)].map(([channel, topic]) => ({
        name: slackReceiver(settings, channel),
        sns_configs: [
          {
            topic_arn: topicArn(receivers.workspaceArn, topic),
            sigv4: { region },
            send_resolved: true,
            subject: template("chat.subject"),
            message: template("chat.message"),
          },
        ],
      })),
    ],
  };
  const yaml = (value: unknown) => stringify(value, { lineWidth: 0 });
  return yaml({
    template_files: { slack: chatTemplate(receivers) },
    alertmanager_config: yaml(config),
  });
}
