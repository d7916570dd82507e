import * as assert from "node:assert/strict";
import { validSettings } from "../loki/validSettings";
import { parse } from "yaml";
import { lokiPushUrl } from "../../../components/loki/urls";
import { logPipeline } from "../../../components/logs/pipeline";
import { Values } from "../../../policies/shared/mergeValues";
import { podLogLabels } from "../../../components/logs/podLabels";
import { promtailValues } from "../../../components/logs/promtailValues";
import { unknownKeys } from "../../charts/unknownKeys";

function valuesOf(args: object = {}): Values {
  const settings = validSettings(args);
  return promtailValues(settings, lokiPushUrl(settings.namespace));
}

function scrapeConfigs(): Values[] {
  return parse(valuesOf()["config"].snippets.scrapeConfigs as string) as Values[];
}

describe("promtailValues", () => {
  it("pushes to Loki in its namespace, labelled with cluster and env", () => {
    assert.deepEqual(valuesOf({ namespace: "logging" })["config"].clients, [
      {
        url: "http://loki.logging.svc.cluster.local:3100/loki/api/v1/push",
        external_labels: { cluster: "ticketing-prod", env: "prod" },
        backoff_config: { min_period: "500ms", max_period: "1m", max_retries: 0 },
      },
    ]);
  });

  it("stores its read positions on the node", () => {
    assert.equal(valuesOf()["config"].positions.filename, "/run/promtail/positions.yaml");
  });

  it("sets the same labels as Alloy, so that queries work with both", () => {
    const [pods, ...others] = scrapeConfigs();
    assert.deepEqual(others, []);
    const [host, ...rules] = pods?.["relabel_configs"] as Values[];
    assert.equal(host?.["target_label"], "__host__");
    assert.deepEqual(
      rules.map((rule) => ({
        sourceLabels: rule["source_labels"] as unknown,
        ...(rule["separator"] === undefined ? {} : { separator: rule["separator"] as unknown }),
        ...(rule["regex"] === undefined ? {} : { regex: rule["regex"] as unknown }),
        ...(rule["replacement"] === undefined
          ? {}
          : { replacement: rule["replacement"] as unknown }),
        targetLabel: rule["target_label"] as unknown,
      })),
      podLogLabels,
    );
    const stages = pods?.["pipeline_stages"] as Values[];
    assert.equal(stages.length, logPipeline().length);
    assert.deepEqual(stages[0], { cri: {} });
    assert.deepEqual(stages.at(-1), { labeldrop: ["filename", "pod_uid", "version"] });
  });

  it("contains nothing that the chart would evaluate as a template", () => {
    assert.doesNotMatch(JSON.stringify(valuesOf()), /\{\{/);
  });

  it("runs on every node that can have a DaemonSet, whatever its taints", () => {
    const values = valuesOf();
    assert.deepEqual(values["tolerations"], [{ operator: "Exists" }]);
    assert.match(JSON.stringify(values["affinity"]), /"NotIn","values":\["fargate"\]/);
  });

  it("has a role that is not part of the chart", () => {
    assert.deepEqual(valuesOf()["rbac"], { create: false });
  });

  it("pulls its image from a mirror", () => {
    assert.deepEqual(valuesOf({ imageRegistry: "mirror.example.com" })["global"], {
      imageRegistry: "mirror.example.com",
    });
    assert.equal("global" in valuesOf(), false);
  });

  it("sets no key that the chart does not know", () => {
    assert.deepEqual(
      unknownKeys("promtail", valuesOf({ imageRegistry: "mirror.example.com" })),
      [],
    );
  });
});
