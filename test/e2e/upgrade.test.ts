/** The states that earlier versions deployed, updated by the present version on the real engine. */
import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { gunzipSync } from "node:zlib";
import { toolPath } from "../../tools/paths.cjs";
import { type Run, type State, type StateResource, TestStack } from "../support/engine/stack";
import { projectDirectory, secrets } from "../support/stackConfig";

const folder = path.join(__dirname, "states");
const recorded = fs.readdirSync(folder).filter((file) => file.endsWith(".json.gz"));

/** The parts of URNs that changed, with an alias. */
const moved: Record<string, string> = {
  "PrometheusStack$kubernetes:core/v1:ConfigMap::prometheus-dashboard-services-overview":
    "GrafanaDashboards$kubernetes:core/v1:ConfigMap::dashboards-services-overview",
};
const currentUrn = (urn: string): string =>
  Object.entries(moved).reduce((text, [before, now]) => text.replace(before, now), urn);

describe("a state that an earlier version deployed", () => {
  before(() => void toolPath("pulumi"));

  it("is recorded for every environment", () => {
    for (const name of ["dev", "prod"]) {
      assert.ok(
        recorded.some((file) => file.endsWith(`.${name}.json.gz`)),
        name,
      );
    }
  });

  for (const file of recorded) {
    describe(file, () => {
      const name = /\.(dev|prod)\.json\.gz$/.exec(file)?.[1] as "dev" | "prod";
      const state = JSON.parse(
        gunzipSync(fs.readFileSync(path.join(folder, file))).toString(),
      ) as State;
      let preview: Run;
      let up: Run;
      let after: StateResource[];

      before(async () => {
        const stack = await TestStack.create({
          project: projectDirectory,
          stack: name,
          secrets: secrets[name],
        });
        try {
          await stack.import(state);
          preview = await stack.preview();
          up = await stack.update();
          after = await stack.resources();
        } finally {
          stack.dispose();
        }
      });

      it("is updated in one go", () => {
        assert.equal(preview.exitCode, 0, preview.text);
        assert.equal(up.exitCode, 0, up.text);
      });

      it("loses and replaces nothing", () => {
        for (const run of [preview, up]) {
          const replaced = run.calls.filter(({ replaces = [] }) => replaces.length > 0);
          assert.deepEqual(replaced, []);
        }
        const deleted = up.calls.filter(({ operation }) => operation === "delete");
        assert.deepEqual(deleted, []);
      });

      it("keeps the URN and the ID of every resource", () => {
        const idOf = new Map(after.map(({ urn, id }) => [urn, id]));
        for (const { urn: before, id } of state.deployment.resources ?? []) {
          const urn = currentUrn(before);
          assert.ok(idOf.has(urn), `${urn} is gone`);
          // The ID of a provider is made by the engine.
          if (!urn.includes("pulumi:providers:")) assert.equal(idOf.get(urn), id, urn);
        }
      });
    });
  }
});
