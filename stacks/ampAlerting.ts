import { workspaceArnParts } from "../components/alerting/workspaceArn";
import { awsSdk } from "../components/shared/awsSdk";
import { policyDocument } from "../components/shared/iam";
import { ampDefinition, topicArn, topicNames } from "../components/slack/ampDefinition";
import type { SlackSettings } from "../components/slack/settings";
import type { Settings } from "./config/parseConfiguration";

/** Returns the topic for each channel, for the users who subscribe channels to topics. */
export function topicsByChannel(
  { cluster }: Pick<Settings, "cluster">,
  slack: SlackSettings,
  workspaceArn: string,
): [channel: string, topicArn: string][] {
  const names = [...topicNames(slack, { cluster: cluster.name })];
  return names.map(([channel, name]) => [channel, topicArn(workspaceArn, name)]);
}

/**
 * Registers Slack routing for an Amazon Managed Service for Prometheus workspace: its alert manager
 * definition, and an SNS topic for each channel. Amazon Q Developer delivers a topic's messages to its
 * channel.
 */
export function ampAlerting(
  settings: Settings,
  slack: SlackSettings,
  { workspaceArn, tags }: { workspaceArn: string; tags: Record<string, string> },
): void {
  const { amp, kms, sns } = awsSdk();
  const { cluster } = settings;
  const { partition, region, account, id } = workspaceArnParts(workspaceArn);
  // https://docs.aws.amazon.com/prometheus/latest/userguide/AMP-alertmanager-receiver-AMPpermission.html
  // Without the conditions, any workspace could use the topics and the key through the service.
  const Principal = { Service: "aps.amazonaws.com" };
  const ArnEquals = { "aws:SourceArn": workspaceArn };
  // The AWS managed key for SNS does not let other services publish, and its key policy is immutable.
  const key = new kms.Key("alerts", {
    region,
    description: `Alerts of the cluster ${cluster.name} in SNS`,
    enableKeyRotation: true,
    policy: policyDocument([
      {
        Sid: "AccountAdministersKey",
        Effect: "Allow",
        Principal: { AWS: `arn:${partition}:iam::${account}:root` },
        Action: ["kms:*"],
        Resource: ["*"],
      },
      {
        Sid: "WorkspaceEncryptsAlerts",
        Effect: "Allow",
        Principal,
        Action: ["kms:GenerateDataKey*", "kms:Decrypt"],
        Resource: ["*"],
        Condition: { ArnEquals },
      },
    ]),
    tags,
  });
  const policies = topicsByChannel(settings, slack, workspaceArn).map(([channel, arn]) => {
    const name = `alerts-${channel.slice(1)}`;
    const topic = new sns.Topic(name, {
      region,
      name: arn.split(":").at(-1) ?? "",
      kmsMasterKeyId: key.arn,
      tags,
    });
    return new sns.TopicPolicy(name, {
      region,
      arn: topic.arn,
      policy: policyDocument([
        {
          Sid: "WorkspacePublishesAlerts",
          Effect: "Allow",
          Principal,
          Action: ["sns:Publish", "sns:GetTopicAttributes"],
          Resource: [arn],
          Condition: { ArnEquals, StringEquals: { "aws:SourceAccount": account } },
        },
        {
          Sid: "DenyPlainHttp",
          Effect: "Deny",
          Principal: "*",
          Action: ["sns:Publish"],
          Resource: [arn],
          Condition: { Bool: { "aws:SecureTransport": "false" } },
        },
      ]),
    });
  });
  new amp.AlertManagerDefinition(
    "alert-manager",
    {
      region,
      workspaceId: id,
      definition: ampDefinition(slack, { cluster: cluster.name, workspaceArn }),
    },
    // Without this, the first notification would fail.
    { dependsOn: policies },
  );
}
