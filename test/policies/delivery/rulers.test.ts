import { bucketParts, itJudges, loki } from "../stacks/subjects";

const ruler = (url: string) => [
  loki({
    loki: { rulerConfig: { alertmanager_url: url } },
    ruler: {
      directories: {
        fake: {
          "rules.txt": `groups:
  - name: logs
    rules:
      - alert: Panics
        expr: sum(rate({app="shop"} |= "panic" [5m])) > 0
`,
        },
      },
    },
  }),
  ...bucketParts({}),
];
const policy = "severities-delivered";

describe("the Alertmanager of Loki's ruler", () => {
  itJudges(
    {
      "no address": [policy, ruler("")],
      "an address without a scheme": [policy, ruler("alertmanager-operated.monitoring.svc:9093")],
      "a name and a port": [policy, ruler("alertmanager:9093")],
      "the pod itself": [policy, ruler("http://localhost:9093")],
    },
    {
      "a URL": ruler("http://alertmanager-operated.monitoring.svc:9093"),
      "a record of the DNS": ruler("http://_http-web._tcp.alertmanager-operated.monitoring.svc"),
    },
  );
});
