import { setTimeout as pause } from "node:timers/promises";
import { heartbeat, receivers } from "../../components/slack/receivers";
import type { Settings } from "../../stacks/config/parseConfiguration";
import { accessCommands } from "../../stacks/accessCommands";
import { type Check, type Finding, listed, pass } from "./check";
import type { Api } from "../cluster/api";
import { podLogs } from "./podLogs";
import { increaseInLastHour, query } from "./prometheusQuery";

function logsOf({ namespaces }: Settings): string {
  return podLogs(namespaces.monitoring, "alertmanager", "alertmanager");
}

/** Checks that Alertmanager has loaded the stack's configuration, including each receiver. */
export function alertmanagerCheck(settings: Settings): Check {
  const { slack } = settings;
  const expected = slack === undefined ? [] : receivers(slack).map(({ name }) => name);
  return {
    name: "Alertmanager configuration",
    next: logsOf(settings),
    run: async ({ alertmanager: open }) => {
      const alertmanager = await open();
      const metrics = await alertmanager.text("/metrics");
      const [, reloaded] =
        /^alertmanager_config_last_reload_successful (\S+)$/m.exec(metrics) ?? [];
      if (reloaded !== "1") {
        return { status: "fail", evidence: "Alertmanager rejected its last configuration" };
      }
      const loaded = (await alertmanager.json<{ name: string }[]>("/api/v2/receivers")).map(
        ({ name }) => name,
      );
      const missing = expected.filter((name) => !loaded.includes(name));
      if (missing.length > 0) {
        return { status: "fail", evidence: `has no receiver ${listed(missing)}` };
      }
      if (slack === undefined) {
        return {
          status: "warn",
          evidence: "the stack has no Slack settings, so alerts notify no channel",
        };
      }
      return pass(`is loaded with the receivers ${loaded.join(", ")}`);
    },
  };
}

/**
 * Checks that no notification failed in the last hour, according to the counters that Prometheus
 * scrapes.
 */
export function deliveryCheck(settings: Settings): Check {
  const ours = `namespace="${settings.namespaces.monitoring}"`;
  const sentTotal = `alertmanager_notifications_total{${ours}}`;
  // Alertmanager also counts notifications that a reload cancels, although it sends them again.
  const failedTotal = `alertmanager_notifications_failed_total{${ours}, reason!="contextCanceled"}`;
  return {
    name: "notifications",
    next: logsOf(settings),
    run: async ({ prometheus: open }) => {
      const prometheus = await open();
      const scraped = await query(prometheus, `count(${sentTotal})`);
      if (scraped.length === 0) {
        return { status: "fail", evidence: "Prometheus has no Alertmanager metrics" };
      }
      const counted = (metric: string) =>
        query(prometheus, `sum by (integration) (${increaseInLastHour(metric)})`);
      const failed = (await counted(failedTotal)).filter(({ value }) => value > 0);
      if (failed.length > 0) {
        const integrations = failed.map(({ labels }) => labels["integration"] ?? "unknown");
        return { status: "fail", evidence: `failed in the last hour: ${integrations.join(", ")}` };
      }
      const sent = await counted(sentTotal);
      const total = sent.reduce((sum, { value }) => sum + value, 0);
      return total > 0
        ? pass(`${Math.round(total)} in the last hour, none failed`)
        : {
            status: "warn",
            evidence: "none in the last hour: --test-alert sends one",
          };
    },
  };
}

/** Checks that Watchdog, which always fires, reaches the heartbeat. */
export function heartbeatCheck(settings: Settings): Check {
  const { slack } = settings;
  const hasHeartbeat =
    slack !== undefined && receivers(slack).some(({ name }) => name === heartbeat);
  return {
    name: "heartbeat",
    next: accessCommands(settings)["alertmanager"] ?? "",
    run: async ({ alertmanager: open }) => {
      const alertmanager = await open();
      const alerts = await alertsNamed(alertmanager, "Watchdog");
      if (alerts.length === 0) {
        return { status: "fail", evidence: "Watchdog does not fire in Alertmanager" };
      }
      if (!hasHeartbeat) {
        return {
          status: "warn",
          evidence:
            "Watchdog fires, but the stack has no heartbeat, which would detect that alerting stopped",
          next: "pulumi config set --secret monitoring:heartbeatUrl",
        };
      }
      const names = alerts.flatMap((alert) => alert.receivers.map(({ name }) => name));
      return names.includes(heartbeat)
        ? pass(`Watchdog fires and is routed to ${heartbeat}`)
        : { status: "fail", evidence: `Watchdog is routed to ${listed(names)}` };
    },
  };
}

const testAlert = "VerifyTestAlert";

/** Sends an alert to Alertmanager, and waits for the notification to a receiver. */
export function testAlertCheck(settings: Settings, waitSeconds = 90): Check {
  return {
    name: "test alert",
    next: logsOf(settings),
    run: async ({ alertmanager: open }) => {
      const alertmanager = await open();
      const before = await slackRequests(alertmanager);
      const endsAt = new Date(Date.now() + 5 * 60_000).toISOString();
      await alertmanager.post("/api/v2/alerts", [
        {
          labels: { alertname: testAlert, severity: "warning", service: "verify" },
          annotations: {
            summary: "Test alert of npm run verify",
            description: "Alertmanager delivers alerts. No action is required.",
          },
          endsAt,
        },
      ]);
      for (let waited = 0; waited < waitSeconds; waited++) {
        await pause(1000);
        const finding = compareRequests(before, await slackRequests(alertmanager));
        if (finding !== undefined) return finding;
      }
      return {
        status: "fail",
        evidence: `Alertmanager notified no receiver of ${testAlert} within ${waitSeconds} s`,
      };
    },
  };
}

/**
 * Returns the number of requests to Slack. Notifications to PagerDuty and the heartbeat do not affect
 * it. Notification counters are not suitable, because Alertmanager increments them before the request,
 * regardless of Slack's response.
 */
async function slackRequests(alertmanager: Api): Promise<{ sent: number; failed: number }> {
  const metrics = await alertmanager.text("/metrics");
  const sum = (metric: string) =>
    [...metrics.matchAll(new RegExp(`^${metric}\\{[^}]*integration="slack"[^}]*\\} (\\S+)$`, "gm"))]
      .map(([, value]) => Number(value))
      .reduce((total, value) => total + value, 0);
  return {
    sent: sum("alertmanager_notification_requests_total"),
    failed: sum("alertmanager_notification_requests_failed_total"),
  };
}

function compareRequests(
  before: { sent: number; failed: number },
  after: { sent: number; failed: number },
): Finding | undefined {
  if (after.failed > before.failed) {
    return { status: "fail", evidence: "the Slack notification failed" };
  }
  if (after.sent > before.sent) return pass("Slack accepted a notification after the alert");
  return undefined;
}

async function alertsNamed(alertmanager: Api, name: string) {
  const filter = encodeURIComponent(`alertname="${name}"`);
  return alertmanager.json<{ receivers: { name: string }[] }[]>(`/api/v2/alerts?filter=${filter}`);
}
