import { stringify } from "yaml";
import { Plain, PlainMap, UNKNOWN } from "../../../policies/facts/plain";
import { base, grafana, itJudges, pinned } from "../stacks/subjects";

const url = "http://prometheus.monitoring.svc:9090";
const sources = (...uids: string[]) => ({
  datasources: {
    "sources.yaml": {
      apiVersion: 1,
      datasources: uids.map((uid) => ({ name: uid, uid, type: "prometheus", url })),
    },
  },
});
const query = (refId: string, datasourceUid: string) => ({
  refId,
  datasourceUid,
  relativeTimeRange: { from: 600, to: 0 },
  model: { refId, expr: "up == 0" },
});
const rules = (rule: PlainMap = {}, group: PlainMap = {}) => ({
  apiVersion: 1,
  groups: [
    {
      orgId: 1,
      name: "shop",
      folder: "Shop",
      interval: "1m",
      rules: [
        {
          uid: "down",
          title: "Down",
          condition: "B",
          for: "5m",
          noDataState: "OK",
          execErrState: "Error",
          data: [query("A", "metrics"), query("B", "__expr__")],
          ...rule,
        },
      ],
      ...group,
    },
  ],
});
const provisioned = (file: unknown, values: PlainMap = sources("metrics")) => [
  grafana({ ...values, alerting: { "rules.yaml": file as PlainMap } }),
];
const ofAlertmanager = (enabled: Plain) => [
  pinned({
    grafana: {
      sidecar: { datasources: { alertmanager: { enabled } } },
      additionalDataSources: [{ name: "x", uid: "x", type: "tempo", url: "http://tempo.x:3200" }],
      alerting: { "rules.yaml": rules({ data: [query("B", "alertmanager")] }) },
    },
  }),
  ...base().slice(1),
];
const policy = "grafana-provisioning";

describe("alert rules of Grafana", () => {
  itJudges(
    {
      "the data source of an Alertmanager that is not added": [policy, ofAlertmanager(false)],
      "a condition without a query": [policy, provisioned(rules({ condition: "C" }))],
      "a condition without a query, in a text": [
        policy,
        provisioned(stringify(rules({ condition: "threshold" }))),
      ],
      "a group without a folder": [policy, provisioned(rules({}, { folder: undefined }))],
      "a group without an interval": [policy, provisioned(rules({}, { interval: undefined }))],
      "an interval of 15 seconds": [policy, provisioned(rules({}, { interval: "15s" }))],
      "a state that does not exist": [policy, provisioned(rules({ noDataState: "Ok" }))],
      "a state of errors that does not exist": [
        policy,
        provisioned(rules({ execErrState: "NoData" })),
      ],
      "the data source of another Grafana": [
        policy,
        provisioned(rules({ data: [query("B", "PBFA97CFB590B2093")] })),
      ],
      "a data source that is not provisioned": [
        policy,
        provisioned(rules(), sources("prometheus", "loki")),
      ],
    },
    {
      rules: [...provisioned(rules())],
      "the data source of the stack's Alertmanager": ofAlertmanager(true),
      "the data source of an Alertmanager that may be added": ofAlertmanager(UNKNOWN),
      "rules in a text": provisioned(stringify(rules({ noDataState: "Alerting" }))),
      "data sources that are not known": provisioned(rules(), {}),
      "a data source without a uid": provisioned(
        rules({ data: [query("B", "PBFA97CFB590B2093")] }),
        {
          datasources: {
            "sources.yaml": {
              apiVersion: 1,
              datasources: [{ name: "Prometheus", type: "prometheus", url }],
            },
          },
        },
      ),
      "contact points alone": provisioned({
        apiVersion: 1,
        contactPoints: [{ name: "oncall", receivers: [] }],
      }),
    },
  );
});
