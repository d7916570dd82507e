import * as assert from "node:assert/strict";
import { parse } from "yaml";
import { ampChanges, workspaceArn } from "../support/amp";
import type { Recording } from "../support/mocks";
import { runProgram } from "../support/runProgram";

const ofWorkspace = { region: "us-east-1", workspaceId: "ws-1234abcd-12ab-34cd-56ef-1234567890ab" };
const topicArn = (name: string) => `arn:aws:sns:us-east-1:123456789012:${name}`;

const tags = { cluster: "ticketing-prod", env: "production" };

describe("the program with a workspace of AWS", () => {
  let recording: Recording;
  before(async () => {
    recording = await runProgram("prod", {
      ...ampChanges,
      environmentName: "production",
      slack: {
        channel: "#ticketing-alerts",
        channels: { critical: "#pager" },
        routes: [{ team: "checkout", channel: "#checkout" }],
      },
    });
  });

  const ofType = (type: string): any[] =>
    recording.resources.filter((resource) => resource.type === type);
  const only = (type: string, name: string): any => {
    const [match, ...others] = ofType(type).filter((resource) => resource.name === name);
    assert.ok(match && others.length === 0, `${type} ${name} is registered once`);
    return match.inputs;
  };

  it("creates no PrometheusRule, and no Secret of Alertmanager", () => {
    const kinds = recording.resources.map(({ inputs }) => String(inputs["kind"]));
    assert.ok(kinds.includes("ServiceMonitor"));
    for (const kind of ["PrometheusRule", "Secret"]) {
      const names = recording.resources
        .filter(({ inputs }) => inputs["kind"] === kind)
        .map(({ name }) => name)
        .filter((name) => !name.startsWith("datadog"));
      assert.deepEqual(names, [], kind);
    }
    assert.deepEqual(ofType("monitoring:index:SlackAlerting"), []);
  });

  it("adds the rules of services and of the platform to the workspace", () => {
    const type = "aws:amp/ruleGroupNamespace:RuleGroupNamespace";
    const namespaces = ofType(type).map(({ inputs }) => inputs);
    assert.deepEqual(namespaces.map(({ name }) => name).sort(), [
      "observability-platform",
      "ticketing-services",
    ]);
    for (const { region, workspaceId, data } of namespaces) {
      assert.deepEqual({ region, workspaceId }, ofWorkspace);
      for (const group of parse(data).groups) assert.match(group.interval, /^\d+s$/);
    }
    assert.deepEqual(only(type, "platform-rules").tags, tags);
    assert.deepEqual(
      [...only(type, "services-rules").data.matchAll(/^# (.*)$/gm)].map(([, text]) => text),
      ["observability.policy/namespace: ticketing"],
    );
  });

  it("labels monitors as the agents select them", () => {
    const monitors = recording.resources.filter(
      ({ inputs }) => inputs["kind"] === "ServiceMonitor",
    );
    assert.equal(monitors.length, 3);
    for (const { inputs } of monitors as any[]) {
      assert.equal(inputs.metadata.labels.release, "agents");
    }
  });

  it("creates an encrypted topic for each channel, to which only the workspace publishes", () => {
    const names = ["ticketing-alerts", "pager", "checkout"];
    assert.deepEqual(
      ofType("aws:sns/topic:Topic").map(({ inputs }) => inputs.name),
      names.map((name) => `ticketing-prod-alerts-${name}`),
    );
    for (const name of names) {
      const topic = only("aws:sns/topic:Topic", `alerts-${name}`);
      assert.equal(topic.region, "us-east-1");
      assert.ok("kmsMasterKeyId" in topic);
      assert.deepEqual(topic.tags, tags);
      const policy = only("aws:sns/topicPolicy:TopicPolicy", `alerts-${name}`);
      const arn = topicArn(`ticketing-prod-alerts-${name}`);
      assert.deepEqual(JSON.parse(policy.policy).Statement, [
        {
          Sid: "WorkspacePublishesAlerts",
          Effect: "Allow",
          Principal: { Service: "aps.amazonaws.com" },
          Condition: {
            ArnEquals: { "aws:SourceArn": workspaceArn },
            StringEquals: { "aws:SourceAccount": "123456789012" },
          },
          Action: ["sns:Publish", "sns:GetTopicAttributes"],
          Resource: [arn],
        },
        {
          Sid: "DenyPlainHttp",
          Effect: "Deny",
          Principal: "*",
          Action: ["sns:Publish"],
          Resource: [arn],
          Condition: { Bool: { "aws:SecureTransport": "false" } },
        },
      ]);
    }
  });

  it("lets only the workspace use the key of the topics, next to the account itself", () => {
    const key = only("aws:kms/key:Key", "alerts");
    assert.equal(key.enableKeyRotation, true);
    assert.deepEqual(key.tags, tags);
    const [account, workspace, ...others] = JSON.parse(key.policy).Statement;
    assert.deepEqual(others, []);
    assert.deepEqual(account.Principal, { AWS: "arn:aws:iam::123456789012:root" });
    assert.deepEqual(workspace.Action, ["kms:GenerateDataKey*", "kms:Decrypt"]);
    assert.deepEqual(workspace.Principal, { Service: "aps.amazonaws.com" });
    assert.deepEqual(workspace.Condition, { ArnEquals: { "aws:SourceArn": workspaceArn } });
  });

  it("routes to the topics in the definition of the alert manager", () => {
    const definition = only(
      "aws:amp/alertManagerDefinition:AlertManagerDefinition",
      "alert-manager",
    );
    const { definition: text, ...others } = definition;
    assert.deepEqual(others, ofWorkspace);
    const { receivers } = parse(parse(text).alertmanager_config);
    assert.deepEqual(
      receivers.flatMap(({ sns_configs = [] }: any) =>
        sns_configs.map((sns: any) => sns.topic_arn),
      ),
      ["ticketing-alerts", "pager", "checkout"].map((name) =>
        topicArn(`ticketing-prod-alerts-${name}`),
      ),
    );
  });

  it("gives Loki no Alertmanager, whose requests it could not sign", () => {
    const loki = only("kubernetes:helm.sh/v3:Release", "loki");
    assert.doesNotMatch(JSON.stringify(loki.values), /alertmanager_url/);
  });

  it("says what the owner of the workspace and of the channels has to do", () => {
    const output = recording.stack.outputs["existingPrometheus"];
    assert.equal(output.workspace, workspaceArn);
    assert.match(
      output.Slack,
      /#checkout to arn:aws:sns:us-east-1:.*:ticketing-prod-alerts-checkout/,
    );
    assert.match(output["alert manager"], /If it has another definition, the update fails/);
    assert.match(output["depends on its owner"], /samples only from this cluster/);
  });

  it("leaves the alert manager to its owner without monitoring:slack", async () => {
    const { resources, stack } = await runProgram("prod", { ...ampChanges, slack: undefined });
    const types = resources.map(({ type }) => type);
    assert.ok(types.includes("aws:amp/ruleGroupNamespace:RuleGroupNamespace"));
    assert.deepEqual(
      types.filter((type) => /AlertManagerDefinition|^aws:(sns|kms)/.test(type)),
      [],
    );
    assert.match(stack.outputs["existingPrometheus"]["alert manager"], /keeps its definition/);
  });
});
