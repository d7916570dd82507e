import * as assert from "node:assert/strict";
import { judgedByThePack } from "../completePack";
import { stringify } from "yaml";
import { Resource } from "../../../policies/facts/resource";
import { configSecret, configText, goodConfig, routesFirst } from "../platformSubjects";
import {
  Mistakes,
  base,
  delivering,
  itJudges,
  kube,
  manifests,
  pinned,
  withConfig,
} from "./subjects";
import { PlainMap } from "../../../policies/facts/plain";

const inline = (config: PlainMap, spec: PlainMap = {}) =>
  pinned({
    alertmanager: {
      config,
      alertmanagerSpec: { useExistingSecret: false, configSecret: undefined, ...spec },
    },
  });

const mistakes: Mistakes = {
  "a route for a severity that no alert has": [
    "severities-delivered",
    delivering({
      route: {
        receiver: "null",
        routes: [goodConfig.route.routes[0], { matchers: ['severity="page"'], receiver: "slack" }],
      },
    }),
  ],
  "a route to the team of each namespace, which has no receiver yet": [
    "severities-delivered",
    delivering({
      ...routesFirst({ matchers: ['namespace=~"shop|cart"'], receiver: "team-shop" }),
      receivers: [...goodConfig.receivers, { name: "team-shop" }],
    }),
  ],
  "critical alerts during office hours": [
    "severities-delivered",
    delivering({
      ...routesFirst({
        matchers: ['severity="critical"'],
        receiver: "slack",
        active_time_intervals: ["office-hours"],
      }),
      time_intervals: [{ name: "office-hours", time_intervals: [{ weekdays: ["monday:friday"] }] }],
    }),
  ],
  "warnings that inhibit critical alerts": [
    "inhibition",
    delivering({
      inhibit_rules: [
        {
          source_matchers: ['severity="warning"'],
          target_matchers: ['severity="critical"'],
          equal: ["namespace"],
        },
      ],
    }),
  ],
  "a message for each alert": ["grouping", delivering({ route: { group_by: ["..."] } })],
  "a reminder each week": ["grouping", delivering({ route: { repeat_interval: "7d" } })],
  "a time interval that was renamed": [
    "severities-delivered",
    delivering({
      ...routesFirst({
        matchers: ['severity="warning"'],
        receiver: "slack",
        mute_time_intervals: ["weekends"],
      }),
      time_intervals: [{ name: "weekend", time_intervals: [{ weekdays: ["saturday", "sunday"] }] }],
    }),
  ],
  "a misspelled key of a route": [
    "severities-delivered",
    delivering(routesFirst({ matcher: ['severity="warning"'], receiver: "slack" })),
  ],
  // YAML
  "two routes, of which the last wins": [
    "severities-delivered",
    [
      pinned(),
      configText(
        `${stringify(goodConfig)}\nroute: &silent\n  receiver: "null"\n  group_by: [alertname]\n`,
      ),
    ],
  ],
  "a first route that does not match every alert": [
    "severities-delivered",
    delivering({ route: { matchers: ['cluster="shop"'] } }),
  ],
  "routes at the top level": [
    "severities-delivered",
    withConfig('routes:\n  - matchers: [severity="critical"]\n    receiver: slack\n'),
  ],
  "noisy alerts of Kubernetes to nobody": [
    "severities-delivered",
    withConfig(
      'route:\n  routes:\n    - matchers: [alertname="Watchdog"]\n      receiver: heartbeat\n    - matchers: [alertname=~"Kube.*"]\n      receiver: "null"\n',
    ),
  ],
  "a receiver of a namespace without a webhook": [
    "severities-delivered",
    [
      pinned({
        alertmanager: {
          alertmanagerSpec: {
            useExistingSecret: false,
            configSecret: undefined,
            alertmanagerConfigMatcherStrategy: { type: "None" },
          },
        },
      }),
      ...manifests(`
apiVersion: monitoring.coreos.com/v1beta1
kind: AlertmanagerConfig
metadata: {name: main, namespace: monitoring}
spec:
  route: {receiver: slack, groupBy: [alertname]}
  receivers:
    - name: slack
      slackConfigs: [{channel: "#alerts", sendResolved: true}]
`),
    ],
  ],
  "a reminder of a critical alert every five minutes": [
    "grouping",
    withConfig(
      'route:\n  routes:\n    - {matchers: [alertname="Watchdog"], receiver: heartbeat, repeat_interval: 1m}\n    - {matchers: [severity="critical"], receiver: slack, repeat_interval: 5m}\n    - {matchers: [severity=~"info|none"], receiver: "null"}\n',
    ),
  ],
  "inhibition across all services": [
    "inhibition",
    withConfig(
      "inhibit_rules:\n  - source_matchers: [severity=critical]\n    target_matchers: [severity=warning]\n",
    ),
  ],
  "a night in one range": [
    "severities-delivered",
    delivering({
      ...routesFirst({
        matchers: ['severity="warning"'],
        receiver: "slack",
        mute_time_intervals: ["night"],
      }),
      time_intervals: [
        {
          name: "night",
          time_intervals: [{ times: [{ start_time: "22:00", end_time: "06:00" }] }],
        },
      ],
    }),
  ],
  "a receiver for one team, and nobody for the rest": [
    "severities-delivered",
    withConfig(
      'route:\n  receiver: "null"\n  routes:\n    - {matchers: [alertname="Watchdog"], receiver: heartbeat, repeat_interval: 1m}\n    - {matchers: [team="payments"], receiver: slack}\n',
    ),
  ],
  "a matcher as a map": [
    "severities-delivered",
    withConfig(`
route:
  routes:
    - matchers: [alertname="Watchdog"]
      receiver: heartbeat
      repeat_interval: 1m
    - matchers:
        - severity: critical
      receiver: slack
`),
  ],
  "the AlertmanagerConfig of the platform": [
    "severities-delivered",
    [
      inline({
        route: {
          receiver: "null",
          group_by: ["alertname", "namespace"],
          group_wait: "30s",
          group_interval: "5m",
          repeat_interval: "12h",
          routes: [],
        },
        receivers: [{ name: "null" }],
      }),
      ...manifests(`
apiVersion: v1
kind: Secret
metadata: {name: slack, namespace: monitoring}
stringData: {url: "https://hooks.slack.com/services/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"}
---
apiVersion: monitoring.coreos.com/v1alpha1
kind: AlertmanagerConfig
metadata: {name: platform, namespace: monitoring}
spec:
  route:
    receiver: slack
    groupBy: [alertname, namespace]
    groupWait: 30s
    groupInterval: 5m
    repeatInterval: 12h
  receivers:
    - name: slack
      slackConfigs:
        - apiURL: {name: slack, key: url}
          channel: "#alerts"
          sendResolved: true
`),
    ],
  ],
  "a heartbeat with the twelve hours of the root route": [
    "watchdog-routed",
    withConfig(`
route:
  receiver: slack
  group_by: [alertname, cluster, service]
  group_wait: 30s
  group_interval: 5m
  repeat_interval: 12h
  routes:
    - matchers: [alertname="Watchdog"]
      receiver: heartbeat
    - matchers: [alertname="InfoInhibitor"]
      receiver: "null"
    - matchers: [severity=~"info|none"]
      receiver: "null"
`),
  ],
  "short names of days": [
    "severities-delivered",
    withConfig(`time_intervals: [{name: w, time_intervals: [{weekdays: ["mon:fri"]}]}]`),
  ],
  "a city as a time zone": [
    "severities-delivered",
    withConfig(
      `time_intervals: [{name: w, time_intervals: [{weekdays: ["saturday"], location: "Berlin"}]}]`,
    ),
  ],
  "source_matcher instead of source_matchers": [
    "severities-delivered",
    withConfig(
      `inhibit_rules: [{source_matcher: ['severity="critical"'], target_matchers: ['severity="warning"'], equal: [namespace, alertname]},{source_matchers: ['severity="critical"'], target_matchers: ['severity="warning"'], equal: [namespace, alertname]}]`,
    ),
  ],
  "an AlertmanagerConfig in the notation of the file": [
    "severities-delivered",
    [
      ...base(),
      ...manifests(`
apiVersion: monitoring.coreos.com/v1alpha1
kind: AlertmanagerConfig
metadata: {name: shop, namespace: shop, labels: {release: prometheus}}
spec:
  route: {receiver: shop, group_by: [alertname]}
  receivers: [{name: shop, slackConfigs: [{apiURL: {name: slack, key: url}, channel: "#shop", send_resolved: true}]}]
`),
    ],
  ],
};

const sound: Record<string, Resource[]> = {
  "PagerDuty for critical alerts, and Slack for the rest": delivering({
    ...routesFirst({ matchers: ['severity="critical"'], receiver: "pagerduty", continue: true }),
    receivers: [
      ...goodConfig.receivers,
      {
        name: "pagerduty",
        pagerduty_configs: [{ routing_key_file: "/etc/alertmanager/secrets/heartbeat/key" }],
      },
    ],
  }),
  "a channel for each team, with a default": delivering({
    ...routesFirst({ matchers: ['team=~"shop|cart"'], receiver: "team" }),
    receivers: [
      ...goodConfig.receivers,
      {
        name: "team",
        slack_configs: [{ channel: "#{{ .CommonLabels.team }}", send_resolved: true }],
      },
    ],
  }),
  "warnings that are muted at night": delivering({
    ...routesFirst({
      matchers: ['severity="warning"'],
      receiver: "slack",
      mute_time_intervals: ["nights"],
    }),
    time_intervals: [
      {
        name: "nights",
        time_intervals: [
          {
            times: [
              { start_time: "20:00", end_time: "24:00" },
              { start_time: "00:00", end_time: "07:00" },
            ],
          },
        ],
      },
    ],
  }),
  "alerts on a cluster that inhibit those on its nodes": delivering({
    inhibit_rules: [
      ...goodConfig.inhibit_rules,
      {
        source_matchers: ['alertname="ClusterUnreachable"'],
        target_matchers: ['severity="warning"'],
        equal: ["cluster", "namespace"],
      },
    ],
  }),
  "PagerDuty with resolved notifications, and mail without": delivering({
    ...routesFirst({ matchers: ['severity="critical"'], receiver: "oncall", continue: true }),
    receivers: [
      ...goodConfig.receivers,
      {
        name: "oncall",
        pagerduty_configs: [{ routing_key_file: "/etc/alertmanager/secrets/heartbeat/key" }],
        email_configs: [
          { to: "oncall@shop.io", smarthost: "smtp.shop.io:587", from: "alerts@shop.io" },
        ],
      },
    ],
  }),
  "matchers in one text, and names in quotes": delivering(
    routesFirst({ matchers: ['{"team"="shop", severity=~"warning|critical"}'], receiver: "slack" }),
  ),
  "warnings that are muted on weekends, in a time zone": delivering({
    ...routesFirst({
      matchers: ["severity = warning"],
      receiver: "slack",
      mute_time_intervals: ["weekend"],
    }),
    mute_time_intervals: [
      {
        name: "weekend",
        time_intervals: [{ weekdays: ["saturday", "sunday"], location: "Europe/Berlin" }],
      },
    ],
  }),
  "inhibition in the older form": delivering({
    inhibit_rules: [
      {
        source_match: { severity: "critical" },
        target_match_re: { severity: "warning|info" },
        equal: ["namespace", "alertname"],
      },
    ],
  }),
  "an AlertmanagerConfig with nights": [
    pinned(),
    configSecret(),
    kube("monitoring.coreos.com/v1alpha1:AlertmanagerConfig", "shop", {
      spec: {
        route: {
          receiver: "shop",
          routes: [
            {
              receiver: "shop",
              matchers: [{ name: "severity", value: "warning" }],
              muteTimeIntervals: ["nights"],
            },
          ],
        },
        receivers: [
          { name: "shop", pagerdutyConfigs: [{ routingKey: { name: "pagerduty", key: "key" } }] },
        ],
        muteTimeIntervals: [
          {
            name: "nights",
            timeIntervals: [
              {
                times: [
                  { startTime: "20:00", endTime: "24:00" },
                  { startTime: "00:00", endTime: "07:00" },
                ],
              },
            ],
          },
        ],
      },
    }),
  ],
  "an audit of all alerts, and then the team": delivering({
    ...routesFirst({ receiver: "audit", matchers: [], continue: true }),
    receivers: [
      ...goodConfig.receivers,
      { name: "audit", webhook_configs: [{ url: "http://audit.platform:8080/alerts" }] },
    ],
  }),
  "on call at night for critical alerts, and a channel by day": delivering({
    route: {
      routes: [
        goodConfig.route.routes[0],
        goodConfig.route.routes[1],
        {
          matchers: ['severity="critical"'],
          receiver: "oncall",
          repeat_interval: "4h",
          continue: true,
        },
        { matchers: ['severity="warning"'], receiver: "slack", active_time_intervals: ["office"] },
        goodConfig.route.routes[3],
      ] as PlainMap[],
    },
    time_intervals: [
      {
        name: "office",
        time_intervals: [
          {
            weekdays: ["monday:friday"],
            times: [{ start_time: "08:00", end_time: "18:00" }],
            location: "Europe/Berlin",
          },
        ],
      },
    ],
    receivers: [
      ...goodConfig.receivers,
      {
        name: "oncall",
        pagerduty_configs: [
          {
            routing_key_file: "/etc/alertmanager/secrets/heartbeat/pagerduty",
            severity: "{{ .CommonLabels.severity }}",
          },
        ],
      },
    ],
  }),
  "a channel of a namespace next to the global one": [
    ...base(),
    ...manifests(
      "apiVersion: monitoring.coreos.com/v1alpha1\nkind: AlertmanagerConfig\nmetadata: {name: shop, namespace: shop}\nspec:\n  route: {receiver: teams, groupBy: [alertname], matchers: [{name: severity, value: warning, matchType: '='}]}\n  receivers: [{name: teams, msteamsv2Configs: [{webhookURL: {name: teams, key: url}}]}]\n",
    ),
  ],
  "a night in two ranges": delivering({
    ...routesFirst({
      matchers: ['severity="warning"'],
      receiver: "slack",
      mute_time_intervals: ["night"],
    }),
    time_intervals: [
      {
        name: "night",
        time_intervals: [
          {
            times: [
              { start_time: "22:00", end_time: "24:00" },
              { start_time: "00:00", end_time: "06:00" },
            ],
            location: "Europe/Berlin",
          },
        ],
      },
    ],
  }),
  "Grafana OnCall inside the cluster": delivering({
    global: undefined,
    route: {
      receiver: "oncall",
      routes: [
        {
          matchers: ['alertname="Watchdog"'],
          receiver: "heartbeat",
          group_interval: "1m",
          repeat_interval: "1m",
        },
        { matchers: ['severity=~"info|none"'], receiver: "null" },
      ],
    },
    receivers: [
      { name: "null" },
      {
        name: "oncall",
        webhook_configs: [
          {
            url: "http://oncall-engine.oncall.svc:8080/integrations/v1/alertmanager/Xk3pQ9vLm2/",
            send_resolved: true,
            max_alerts: 100,
          },
        ],
      },
      {
        name: "heartbeat",
        webhook_configs: [
          {
            url: "http://oncall-engine.oncall.svc:8080/integrations/v1/alertmanager/Xk3pQ9vLm2/heartbeat/",
            send_resolved: false,
          },
        ],
      },
    ],
  }),
  "one AlertmanagerConfig for all namespaces": [
    inline(
      {
        route: {
          receiver: "null",
          group_by: ["alertname", "namespace"],
          group_wait: "30s",
          group_interval: "5m",
          repeat_interval: "12h",
          routes: [],
        },
        receivers: [{ name: "null" }],
      },
      { alertmanagerConfigMatcherStrategy: { type: "None" } },
    ),
    ...manifests(`
apiVersion: monitoring.coreos.com/v1alpha1
kind: AlertmanagerConfig
metadata: {name: platform, namespace: monitoring}
spec:
  route:
    receiver: slack
    groupBy: [alertname, namespace]
    groupWait: 30s
    groupInterval: 5m
    repeatInterval: 12h
    routes:
      - matchers: [{name: alertname, value: Watchdog, matchType: "="}]
        receiver: heartbeat
        repeatInterval: 1m
        groupInterval: 1m
      - matchers: [{name: severity, value: "info|none", matchType: "=~"}]
        receiver: nobody
  receivers:
    - name: nobody
    - name: heartbeat
      webhookConfigs: [{urlSecret: {name: heartbeat, key: url}, sendResolved: false}]
    - name: slack
      slackConfigs: [{apiURL: {name: slack, key: url}, channel: "#alerts", sendResolved: true}]
`),
  ],
  "the default inhibition of the chart": withConfig(`
route:
  routes:
    - {matchers: [alertname="Watchdog"], receiver: heartbeat, group_interval: 1m, repeat_interval: 1m}
    - {matchers: [alertname="InfoInhibitor"], receiver: "null"}
    - {matchers: [severity="critical"], receiver: slack, repeat_interval: 1h}
    - {matchers: [severity="warning"], receiver: slack, mute_time_intervals: [weekends]}
    - {matchers: [severity=~"info|none"], receiver: "null"}
time_intervals:
  - name: weekends
    time_intervals: [{weekdays: [saturday, sunday], location: Europe/Berlin}]
inhibit_rules:
  - {source_matchers: ['severity = critical'], target_matchers: ['severity =~ warning|info'], equal: [namespace, alertname]}
  - {source_matchers: ['severity = warning'], target_matchers: ['severity = info'], equal: [namespace, alertname]}
  - {source_matchers: ['alertname = InfoInhibitor'], target_matchers: ['severity = info'], equal: [namespace]}
  - {target_matchers: ['alertname = InfoInhibitor']}
`),
  "weekends in a time zone": withConfig(
    'time_intervals: [{name: weekends, time_intervals: [{weekdays: ["saturday:sunday"], location: Europe/Berlin}, {weekdays: [Monday], months: ["1", "december"], location: Local}]}]',
  ),
  "an AlertmanagerConfig of its newer version": [
    ...base(),
    ...manifests(`
apiVersion: monitoring.coreos.com/v1beta1
kind: AlertmanagerConfig
metadata: {name: shop, namespace: shop, labels: {release: prometheus}}
spec:
  route: {receiver: shop, groupBy: [alertname, namespace], groupWait: 30s, groupInterval: 5m, repeatInterval: 12h}
  receivers: [{name: shop, slackConfigs: [{apiURL: {name: slack, key: url}, channel: "#shop", sendResolved: true}]}]
`),
  ],
};

describe("routes, grouping and inhibition", () => {
  itJudges(mistakes, sound);

  it("leaves alone in baseline: a configuration without inhibition", async () => {
    const policies = async (rules: object[]) =>
      (await judgedByThePack(delivering({ inhibit_rules: rules }), "baseline")).map(
        ({ policy }) => policy,
      );
    assert.deepEqual(await policies([]), []);
    const rule = {
      source_matchers: ['severity="critical"'],
      target_matchers: ['severity="warning"'],
    };
    assert.deepEqual(await policies([{ ...rule, equal: [] }]), ["inhibition"]);
  });
});
