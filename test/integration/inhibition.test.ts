import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { inhibitRules } from "../../components/slack/inhibition";
import { startFakeSlack } from "../support/delivery/fakeSlack";
import {
  Alertmanager,
  postAlerts,
  previewInto,
  startAlertmanager,
} from "../support/delivery/pipeline";

type Labels = Record<string, string>;

/** The labels of an alert, in addition to its cluster and namespace. */
interface Case {
  /** Position of the inhibit rule. */
  rule: number;
  source: Labels;
  target: Labels;
  /** The same alert on another subject, which the rule must leave alone. */
  other: Labels;
}

const critical = { severity: "critical" };
const warning = { severity: "warning" };
const service = { service: "api" };
const otherService = { service: "cart" };
const pod = { pod: "api-0" };
const otherPod = { pod: "cart-0" };

/** One case for each alert that a rule inhibits, on the same service. */
function onService(rule: number, source: string, targets: [alertname: string, extra?: Labels][]) {
  return targets.map(([alertname, extra = {}]): Case => ({
    rule,
    source: { alertname: source, ...critical, ...service },
    target: { alertname, ...critical, ...service, ...extra },
    other: { alertname, ...critical, ...otherService, ...extra },
  }));
}

const tiers: [alertname: string, subject: Labels, other: Labels][] = [
  ["HighErrorRate", service, otherService],
  ["HighMemory", pod, otherPod],
  ["VolumeNearlyFull", { persistentvolumeclaim: "data-0" }, { persistentvolumeclaim: "data-1" }],
  [
    "NodeFilesystemAlmostOutOfSpace",
    { instance: "a", mountpoint: "/" },
    { instance: "a", mountpoint: "/data" },
  ],
  [
    "NodeFilesystemAlmostOutOfSpace",
    { instance: "a", mountpoint: "/" },
    { instance: "b", mountpoint: "/" },
  ],
];

const storm = [
  "ServiceDown",
  "MostRequestsFailing",
  "HighErrorRate",
  "HighLatencyP99",
  "NoTraffic",
  "MetricsMissing",
  "AvailabilityBudgetBurn",
  "LatencyBudgetBurn",
];

const cases: Case[] = [
  ...tiers.map(([alertname, subject, other]): Case => ({
    rule: 0,
    source: { alertname, ...critical, ...subject },
    target: { alertname, ...warning, ...subject },
    other: { alertname, ...warning, ...other },
  })),
  ...onService(1, "ServiceDown", [
    ["MostRequestsFailing"],
    ["HighErrorRate"],
    ["HighLatencyP99"],
    ["NoTraffic"],
    ["MetricsMissing", warning],
    ["AvailabilityBudgetBurn"],
    ["LatencyBudgetBurn"],
    ["PodCrashLooping", pod],
    ["ScrapesFailing", { ...warning, job: "api" }],
    // The alert of the chart is on a job, whose Service names the service.
    ["TargetDown", { ...warning, job: "api" }],
  ]),
  ...storm.map((alertname): Case => ({
    rule: 2,
    source: { alertname: "MostServicesFailing", ...critical },
    target: { alertname, ...critical, ...service },
    other: { alertname, ...critical, ...service, namespace: "elsewhere" },
  })),
  {
    rule: 2,
    source: { alertname: "MostServicesFailing", ...critical },
    target: { alertname: "PodCrashLooping", ...critical, ...pod },
    other: { alertname: "HighMemory", ...critical, ...pod },
  },
  ...["ServiceDown", "DynamoDBThrottling", "HighLogErrorRate", "TargetDown"].map(
    (alertname): Case => ({
      rule: 3,
      source: { alertname: "PlannedMaintenance", severity: "none", ...service },
      target: { alertname, ...critical, ...service },
      other: { alertname, ...critical, ...otherService },
    }),
  ),
  ...["HighMemory", "OOMKilled", "KubePodNotReady"].map((alertname): Case => ({
    rule: 4,
    source: { alertname: "PlannedMaintenance", severity: "none", ...service, ...pod },
    target: { alertname, ...critical, ...pod },
    other: { alertname, ...critical, ...otherPod },
  })),
  ...onService(5, "MostRequestsFailing", [["HighErrorRate"], ["AvailabilityBudgetBurn"]]),
  ...onService(6, "HighErrorRate", [["AvailabilityBudgetBurn"]]),
  ...onService(7, "HighLatencyP99", [["LatencyBudgetBurn"]]),
  {
    rule: 8,
    source: { alertname: "InfoInhibitor", severity: "none" },
    target: { alertname: "CPUThrottlingHigh", severity: "info", ...pod },
    other: { alertname: "CPUThrottlingHigh", severity: "info", ...pod, namespace: "elsewhere" },
  },
  ...["PodCrashLooping", "MonitoringPodFailing"].flatMap((source) =>
    ["KubePodCrashLooping", "KubePodNotReady", "KubeContainerWaiting"].map((alertname): Case => ({
      rule: 9,
      source: { alertname: source, ...critical, ...pod },
      target: { alertname, ...warning, ...pod, container: "main" },
      other: { alertname, ...warning, ...otherPod, container: "main" },
    })),
  ),
  ...[
    ["JobFailed", "KubeJobFailed"],
    ["JobSlow", "KubeJobNotCompleted"],
  ].map(([source = "", alertname = ""]): Case => ({
    rule: 10,
    source: { alertname: source, ...warning, ...service, job_name: "report-1" },
    target: { alertname, ...warning, job_name: "report-1" },
    other: { alertname, ...warning, job_name: "report-2" },
  })),
];

/** The labels of each alert of a case. Each case has a namespace of its own. */
function alertsOf({ source, target, other }: Case, index: number): Labels[] {
  return [source, target, other].map(({ namespace = "case", ...labels }) => ({
    cluster: "ticketing-prod",
    namespace: `${namespace}-${index}`,
    ...labels,
  }));
}

/** An alert in the API of Alertmanager. */
interface Received {
  labels: Labels;
  fingerprint: string;
  status: { inhibitedBy: string[] };
}

describe("the inhibit rules, in Alertmanager", function () {
  this.timeout(60_000);
  let folder: string;
  let out: string;

  before(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "inhibition-"));
    out = previewInto(folder, "prod", {
      "monitoring:slackBotToken": ["xoxb", "1"].join("-"),
      "monitoring:heartbeatUrl": "https://heartbeat.example.com/beat",
    });
  });
  after(() => fs.rmSync(folder, { recursive: true, force: true }));

  /** Checks which targets are inhibited by their source. No other alert may be inhibited. */
  async function expectInhibited(
    isInhibited: (each: Case) => boolean,
    withoutRule?: number,
  ): Promise<void> {
    const slack = await startFakeSlack();
    let alertmanager: Alertmanager | undefined;
    try {
      alertmanager = await startAlertmanager({
        out,
        folder: fs.mkdtempSync(path.join(folder, "run-")),
        secrets: { "bot-token": "x", "heartbeat-url": slack.url },
        fakeApi: slack.url,
        adapt: (config: { inhibit_rules: unknown[] }) => {
          assert.equal(config.inhibit_rules.length, inhibitRules().length);
          config.inhibit_rules = config.inhibit_rules.filter((_, index) => index !== withoutRule);
        },
      });
      const all = cases.map(alertsOf);
      await postAlerts(
        alertmanager.url,
        all.flat().map((labels) => ({ labels })),
      );
      const api = `${alertmanager.url}/api/v2/alerts`;
      const expected = cases.map((each) => [isInhibited(each), false]);
      const results = async () => {
        const received = (await (await fetch(api)).json()) as Received[];
        return all.map((alerts) => inhibitedOf(alerts.map((labels) => find(received, labels))));
      };
      // The inhibitor learns about new alerts a moment after the API.
      const end = Date.now() + 5_000;
      while (Date.now() < end && !isDeepStrictEqual(await results(), expected)) await sleep(100);
      const described = (list: boolean[][]) =>
        list.map((result, index) => `${result.join()} ${JSON.stringify(cases[index]?.target)}`);
      assert.deepEqual(described(await results()), described(expected));
    } finally {
      await Promise.all([alertmanager?.stop(), slack.stop()]);
    }
  }

  it("each have a case", () => {
    const rules = [...new Set(cases.map(({ rule }) => rule))].sort((a, b) => a - b);
    assert.deepEqual(rules, [...inhibitRules().keys()]);
  });

  it("inhibit each of these alerts, and not the same alert on another subject", () =>
    expectInhibited(() => true));

  for (const [index, rule] of inhibitRules().entries()) {
    const [source, target] = [rule.source_matchers.join(), rule.target_matchers.join()];
    it(`are all necessary: ${source} inhibits ${target}`, () =>
      expectInhibited((each) => each.rule !== index, index));
  }
});

/** Whether a source inhibits its target, and whether any alert inhibits the other one. */
function inhibitedOf([source, target, other]: Received[]): boolean[] {
  return [
    target?.status.inhibitedBy.includes(source?.fingerprint ?? "") === true,
    other?.status.inhibitedBy.length !== 0,
  ];
}

function find(received: Received[], labels: Labels): Received {
  const alert = received.find((candidate) => isDeepStrictEqual(candidate.labels, labels));
  assert.ok(alert !== undefined, JSON.stringify(labels));
  return alert;
}
