import * as assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { DatadogAgent, LokiStack, PrometheusStack } from "../../../components";
import { failedDeployment, recordProgram } from "../../support/mocks";

const identity = { cluster: "ticketing-prod", environment: "prod" };
const store = { bucket: "ticketing-loki-chunks", region: "us-east-1" };

/** Chart values of the release `name`, as the program registers them. */
async function valuesOf(program: () => unknown, name: string): Promise<any> {
  const { resources } = await recordProgram(program);
  const release = resources.find(
    (resource) => resource.type.endsWith(":Release") && resource.name === name,
  );
  assert.ok(release, name);
  return release.inputs["values"];
}

const prometheusValues = (values?: any) =>
  valuesOf(() => void new PrometheusStack("prometheus", { ...identity, values }), "prometheus");

describe("chart values of the caller", () => {
  const changes = { grafana: { resources: { limits: { memory: "2Gi" } } }, extra: [1] };

  for (const [form, values] of Object.entries<any>({
    "an Output": pulumi.output(changes),
    "a promise": Promise.resolve(changes),
    "a map with an Output of a map": { ...changes, grafana: pulumi.output(changes.grafana) },
    "a map with an Output deep inside": {
      extra: pulumi.output([1]),
      grafana: { resources: { limits: { memory: pulumi.output("2Gi") } } },
    },
  })) {
    it(`merge into the values of the component as ${form}`, async () => {
      const expected = await prometheusValues(changes);
      assert.equal(expected.grafana.resources.limits.memory, "2Gi");
      assert.ok(expected.grafana.admin.existingSecret);
      assert.deepEqual(await prometheusValues(values), expected);
    });
  }

  it("keep the values of the component where an Output inside them is undefined", async () => {
    const expected = await prometheusValues();
    const inside = { grafana: pulumi.output(undefined), extra: pulumi.output(undefined) };
    assert.deepEqual(await prometheusValues(inside), expected);
  });

  it("leave all other values known in a preview if one is unknown", async () => {
    const unknown = pulumi.unknown as string;
    const values = await prometheusValues({ grafana: { adminUser: pulumi.output(unknown) } });
    assert.equal(values.grafana.admin.existingSecret, "grafana-admin");
    assert.equal(values.prometheus.prometheusSpec.retention, "15d");
  });

  it("merge into labels of the component that are an Output", async () => {
    const labels = pulumi.output({ team: "platform" });
    const values = { commonLabels: { extra: "yes" } };
    const program = () => void new PrometheusStack("prometheus", { ...identity, labels, values });
    const { commonLabels } = await valuesOf(program, "prometheus");
    assert.deepEqual(commonLabels, { team: "platform", extra: "yes" });
  });

  it("merge for the collector and the Datadog agent", async () => {
    const collectorValues = pulumi.output({ controller: { tolerations: [] } });
    const loki = () => void new LokiStack("loki", { ...identity, ...store, collectorValues });
    const alloy = await valuesOf(loki, "loki-alloy");
    assert.deepEqual(alloy.controller.tolerations, []);
    assert.ok(alloy.alloy.configMap);
    const agentValues = pulumi.output({ agents: { priorityClassCreate: true } });
    const agent = () =>
      void new DatadogAgent("agent", { ...identity, existingSecret: "s", values: agentValues });
    const datadog = await valuesOf(agent, "agent");
    assert.equal(datadog.agents.priorityClassCreate, true);
    assert.ok(datadog.datadog.apiKeyExistingSecret);
  });

  it("must have a value if they are an Output", async () => {
    for (const nothing of [null, undefined]) {
      await assert.rejects(
        prometheusValues(pulumi.output(nothing)),
        /values must have a value, but the Output resolved to nothing/,
      );
    }
  });

  describe("that are not a map", () => {
    for (const [form, values] of Object.entries<any>({
      text: "a: b",
      "a list": [{ a: 1 }],
      "an Output of text": pulumi.output("a: b"),
      "a secret Output of text": pulumi.secret("a: b"),
      "a promise of a list": Promise.resolve([{ a: 1 }]),
    })) {
      it(`are an error with the component, the field and the fix: ${form}`, async () => {
        await assert.rejects(prometheusValues(values), (error: Error) => {
          assert.match(error.message, /PrometheusStack "prometheus": 1 problem/);
          assert.match(error.message, /values .*must be a map of chart values/);
          assert.match(error.message, form.includes("secret") ? /= \[hidden\]/ : /= (\[|"a: b")/);
          assert.match(error.message, /fix: values: \{/);
          return true;
        });
      });
    }

    const agent = { ...identity, existingSecret: "datadog" };
    for (const [argument, program] of Object.entries<(values: any) => unknown>({
      "PrometheusStack.values": (values) =>
        new PrometheusStack("prometheus", { ...identity, values }),
      "LokiStack.values": (values) => new LokiStack("loki", { ...identity, ...store, values }),
      "LokiStack.collectorValues": (collectorValues) =>
        new LokiStack("loki", { ...identity, ...store, collectorValues }),
      "DatadogAgent.values": (values) => new DatadogAgent("datadog", { ...agent, values }),
    })) {
      it(`are an error before anything is registered, with the message of plain values: ${argument}`, async () => {
        const plain = await failedDeployment(() => program("a: b"));
        assert.deepEqual(await failedDeployment(() => program(pulumi.output("a: b"))), plain);
        assert.deepEqual(plain.registered, []);
        for (const nothing of [null, undefined]) {
          const { message, registered } = await failedDeployment(() =>
            program(pulumi.output(nothing)),
          );
          assert.match(message, /alues must have a value, but the Output resolved to nothing/);
          assert.deepEqual(registered, []);
        }
      });
    }

    it("are reported together with all other Outputs that resolve to something invalid", async () => {
      const { message, registered } = await failedDeployment(
        () =>
          new LokiStack("loki", {
            ...identity,
            ...store,
            bucket: pulumi.output("Not_a_bucket"),
            values: pulumi.output("a: b" as never),
            collectorValues: pulumi.output([] as never),
          }),
      );
      assert.match(message, /LokiStack "loki": 3 problems/);
      assert.match(message, /bucket = "Not_a_bucket" must have/);
      assert.match(
        message,
        /values = "a: b" must be a map.*\n.*\n +collectorValues = \[\] must be/,
      );
      assert.deepEqual(registered, []);
    });

    it("are reported together with all other problems", async () => {
      const args: any = {
        ...identity,
        ...store,
        size: "tiny",
        values: "a: b",
        collectorValues: 1,
      };
      await assert.rejects(
        recordProgram(() => void new LokiStack("loki", args)),
        (error: Error) => {
          assert.match(error.message, /LokiStack "loki": 3 problems/);
          assert.match(error.message, /size = "tiny"/);
          assert.match(error.message, /collectorValues = 1 must be a map/);
          return true;
        },
      );
    });

    const notMaps = { grafana: { ingress: false, admin: ["x"] }, alertmanager: "off" };
    for (const [form, values] of Object.entries<any>({
      plain: notMaps,
      "an Output": pulumi.output(notMaps),
      "Outputs inside": {
        grafana: pulumi.output(notMaps.grafana),
        alertmanager: pulumi.output("off"),
      },
    })) {
      it(`are an error where the chart has a map of keys: ${form}`, async () => {
        const { message, registered } = await failedDeployment(
          () => new PrometheusStack("prometheus", { ...identity, values }),
        );
        assert.match(message, /PrometheusStack "prometheus": 3 problems/);
        assert.match(
          message,
          /values\.grafana\.ingress = false must be a map, as in the chart kube-prometheus-stack\n +fix: set keys of the map, such as enabled/,
        );
        assert.match(message, /values\.grafana\.admin = \["x"\] must be a map/);
        assert.match(message, /values\.alertmanager = "off" must be a map/);
        assert.deepEqual(registered, []);
      });
    }

    it("are an error in the chart of the collector", async () => {
      const collectorValues = { alloy: { clustering: true }, resources: { any: 1 } };
      const program = (args: object) => () =>
        new LokiStack("loki", { ...identity, ...store, collectorValues, ...args });
      const { message } = await failedDeployment(program({}));
      assert.match(
        message,
        /1 problem.*\n +collectorValues\.alloy\.clustering = true must be a map/,
      );
      await recordProgram(program({ collector: "promtail" }));
      await recordProgram(program({ collectorChartVersion: "99.0.0" }));
    });

    it("may be null, which removes a map of the chart", async () => {
      const { grafana } = await prometheusValues({ grafana: { ingress: null, admin: undefined } });
      assert.equal(grafana.ingress, null);
      assert.ok(grafana.admin.existingSecret);
    });
  });
});
