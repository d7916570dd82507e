import { deepEqual, equal } from "node:assert/strict";
import { lokiSettings } from "../../../components/loki/settings";
import { lokiValues } from "../../../components/loki/values";
import { volumeProblems } from "../../../preview/compare/volumes";
import { valuesFor } from "../../components/prometheus/valuesFor";
import { resource, stateWith } from "./states";

const release = (chart: string, values: object) =>
  stateWith([resource("kubernetes:helm.sh/v3:Release", chart, { chart, name: chart, values })]);

function loki(args: object) {
  const identity = {
    cluster: "prod",
    environment: "prod",
    bucket: "logs-prod",
    region: "us-east-1",
  };
  const { settings, problems } = lokiSettings({ ...identity, ...args });
  if (problems !== undefined) throw new Error(JSON.stringify(problems));
  return release("loki", lokiValues(settings));
}
const prometheus = (args: object) => release("kube-prometheus-stack", valuesFor(args));

describe("volumes that become smaller", () => {
  const textsOf = (...states: Parameters<typeof volumeProblems>) =>
    volumeProblems(...states).map(({ problem, fix }) => `${problem}; ${fix}`);

  it("are problems in the words of the Job that refuses them", () => {
    deepEqual(textsOf(prometheus({ storageGb: 100 }), prometheus({ storageGb: 50 })), [
      "volumes of StatefulSet prometheus-prometheus-kube-prometheus-prometheus have 100Gi and cannot shrink to 50Gi; set storageGb back to 100Gi",
    ]);
    const alertmanager = (storageGb: number) => prometheus({ alertmanager: { storageGb } });
    deepEqual(textsOf(alertmanager(10), alertmanager(5)), [
      "volumes of StatefulSet alertmanager-prometheus-kube-prometheus-alertmanager have 10Gi and cannot shrink to 5Gi; set alertmanager.storageGb back to 10Gi",
    ]);
    deepEqual(textsOf(loki({ volumeGb: 50 }), loki({ volumeGb: 20 })), [
      "volumes of StatefulSet loki have 50Gi and cannot shrink to 20Gi; set volumeGb back to 50Gi",
    ]);
  });

  it("are problems in each StatefulSet of the mode distributed", () => {
    const distributed = (volumeGb: number) => loki({ mode: "distributed", volumeGb });
    const problems = textsOf(distributed(50), distributed(20));
    deepEqual(
      problems.map((text) => /StatefulSet (\S+) have 50Gi/.exec(text)?.[1]),
      ["loki-ingester", "loki-index-gateway", "loki-compactor", "loki-ruler"],
    );
  });

  it("include the claim of Grafana, which the API server refuses", () => {
    const grafana = (storageGb?: number) => prometheus({ grafana: { storageGb } });
    deepEqual(textsOf(grafana(10), grafana(5)), [
      "the volume of Grafana has 10Gi and cannot shrink to 5Gi; set grafana.storageGb back to 10Gi",
    ]);
    equal(volumeProblems(grafana(10), grafana()).length, 0);
  });

  it("are no volumes that grow, stay or belong to another mode or release", () => {
    equal(volumeProblems(loki({ volumeGb: 20 }), loki({ volumeGb: 50 })).length, 0);
    equal(volumeProblems(loki({ volumeGb: 20 }), loki({ volumeGb: 20 })).length, 0);
    const distributed = loki({ mode: "distributed", volumeGb: 10 });
    equal(volumeProblems(loki({ volumeGb: 20 }), distributed).length, 0);
    equal(volumeProblems(loki({ volumeGb: 20 }), stateWith([])).length, 0);
  });
});
