import { PlainMap } from "../../../policies/facts/plain";
import { resource } from "../subjects";
import { itJudges } from "../stacks/subjects";

const monitor = (query: string, props: PlainMap = {}) => [
  resource(
    "datadog:index/monitor:Monitor",
    "web",
    { type: "query alert", query, message: "@slack-platform", ...props },
    "prod",
  ),
];
const threshold = (query: string, critical: number) =>
  monitor(query, { monitorThresholds: { critical } });
const cpu = "avg(last_15m):avg:system.cpu.user{env:prod} by {host} > 90";
const overall = "avg(last_15m):avg:system.cpu.user{env:prod} > 90";
const policy = "severities-delivered";

describe("monitors of Datadog", () => {
  itJudges(
    {
      "a percentage of CPU compared with a ratio": [
        policy,
        threshold("avg(last_10m):avg:system.cpu.user{service:web} by {host} > 0.9", 0.9),
      ],
      "a ratio of a disk compared with a percentage": [
        policy,
        threshold("avg(last_10m):max:system.disk.in_use{env:prod} by {host,device} > 90", 90),
      ],
      "more CPU than all of it": [
        policy,
        threshold("avg(last_10m):avg:system.cpu.iowait{env:prod} by {host} > 900", 900),
      ],
      "missing data that is reported within the window": [
        policy,
        monitor(cpu, { notifyNoData: true, noDataTimeframe: 10 }),
      ],
      "missing data of hours that is reported after minutes": [
        policy,
        monitor(cpu.replace("15m", "4h"), { notifyNoData: true, noDataTimeframe: 20 }),
      ],
      "an hour in seconds until the next notification": [
        policy,
        monitor(cpu, { renotifyInterval: 3600 }),
      ],
      "half an hour in seconds until the next notification": [
        policy,
        monitor(cpu, { renotifyInterval: 1800 }),
      ],
      "metrics of AWS without a delay": [
        policy,
        monitor("avg(last_5m):avg:aws.rds.cpuutilization{env:prod} by {dbinstanceidentifier} > 90"),
      ],
      "metrics of Azure without a delay": [
        policy,
        monitor("max(last_1m):max:azure.vm.percentage_cpu{env:prod} by {name} > 90"),
      ],
      "the host in a message about all hosts": [
        policy,
        monitor(overall, { message: "{{host.name}} is slow @slack-platform" }),
      ],
      "a service in a message about hosts": [
        policy,
        monitor(cpu, { message: "{{ service.name }} on {{host.name}} @slack-platform" }),
      ],
      "a block that is not closed": [
        policy,
        monitor(cpu, { message: "{{#is_alert}} slow @slack-platform" }),
      ],
      "a block that another one closes": [
        policy,
        monitor(cpu, { message: "{{#is_alert}} slow {{/is_warning}} @slack-platform" }),
      ],
      "a handle for missing data alone": [
        policy,
        monitor(cpu, { message: "{{#is_no_data}} silent @slack-platform {{/is_no_data}}" }),
      ],
      "a handle for warnings alone": [
        policy,
        monitor(cpu, { message: "slow {{#is_warning}}@slack-platform{{/is_warning}}" }),
      ],
      "a query without a window": [policy, monitor("avg:system.cpu.user{env:prod} by {host} > 90")],
    },
    {
      "a percentage of CPU": threshold(
        "avg(last_10m):avg:system.cpu.user{service:web} by {host} > 90",
        90,
      ),
      "a ratio of a disk": threshold(
        "avg(last_10m):max:system.disk.in_use{env:prod} by {host,device} > 0.9",
        0.9,
      ),
      "CPU in percent as a ratio": threshold(
        "avg(last_10m):avg:system.cpu.user{service:web} by {host} / 100 > 0.9",
        0.9,
      ),
      "stolen time of a few thousandths": threshold(
        "avg(last_10m):avg:system.cpu.stolen{service:web} by {host} > 0.05",
        0.05,
      ),
      "missing data that is reported after two windows": monitor(cpu, {
        notifyNoData: true,
        noDataTimeframe: 30,
        renotifyInterval: 60,
      }),
      "missing data that is not reported": monitor(cpu, {
        notifyNoData: false,
        noDataTimeframe: 10,
        renotifyInterval: 1440,
      }),
      "metrics of AWS with a delay": monitor(
        "avg(last_5m):avg:aws.rds.cpuutilization{env:prod} by {dbinstanceidentifier} > 90",
        { evaluationDelay: 900 },
      ),
      "metrics of AWS over an hour": monitor(
        "avg(last_1h):avg:aws.rds.cpuutilization{env:prod} by {dbinstanceidentifier} > 90",
      ),
      "blocks and variables": monitor(cpu, {
        message:
          "{{#is_alert}}{{host.name}} is slow: {{value}} @pagerduty{{/is_alert}}{{#is_recovery}}over{{/is_recovery}} {{^is_alert}}@slack-platform{{/is_alert}}",
      }),
      "a variable of a monitor of logs": monitor(
        'logs("service:web status:error").index("*").rollup("count").by("service").last("5m") > 10',
        { type: "log alert", message: "{{service.name}} fails @slack-platform" },
      ),
      "an anomaly": monitor(
        "avg(last_4h):anomalies(avg:web.requests{env:prod} by {host}, 'agile', 3) >= 1",
      ),
      "the burn of an objective": monitor('burn_rate("a1").over("30d").long_window("1h") > 14.4', {
        type: "slo alert",
      }),
    },
  );
});
