import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { toolEntry } from "../../tools/paths.cjs";
import { charts } from "../../components/charts/charts";
import { projectDirectory } from "../support/stackConfig";
import { cellsOf, readPage } from "./markdown";

/** Cell of the table "Compatibility", by the first words of its row. */
function testedWith(part: string): string {
  const [, table = ""] = readPage("README.md").split("## Compatibility\n");
  const rows = table.split(/^## /m)[0]?.split("\n").map(cellsOf) ?? [];
  const [, cell] = rows.find(([first = ""]) => first.startsWith(part)) ?? [];
  assert.ok(cell, `README.md has no row ${part}`);
  return cell;
}

describe("README.md, Compatibility", () => {
  it("names the version of each program that the tests run", () => {
    const version = (name: Parameters<typeof toolEntry>[0]) => toolEntry(name).version;
    // The Go module of Prometheus 3.14.0 has the version 0.314.0.
    const prometheus = version("prometheus").replace(/^0\.3(\d\d)\./, (_, minor) => `3.${+minor}.`);
    const programs = [version("alertmanager"), version("loki"), version("alloy")];
    assert.equal(testedWith("Prometheus, "), [prometheus, ...programs].join(", "));
    assert.ok(testedWith("Kubernetes").startsWith(`API server ${version("kube-apiserver")};`));
    assert.ok(testedWith("Pulumi").startsWith(`engine ${version("pulumi")};`));
  });

  it("names the versions of the charts", () => {
    const versions = Object.values(charts).map(({ name, version }) => `${name} ${version}`);
    assert.equal(testedWith("Charts"), versions.join(", "));
  });

  it("names the lowest version of each SDK", () => {
    const { peerDependencies, engines } = JSON.parse(
      fs.readFileSync(path.join(projectDirectory, "package.json"), "utf8"),
    ) as { peerDependencies: Record<string, string>; engines: { node: string } };
    for (const name of ["@pulumi/pulumi", "@pulumi/kubernetes", "@pulumi/aws"]) {
      const lowest = peerDependencies[name]?.replace("^", "") ?? "";
      assert.ok(testedWith("Pulumi").includes(`\`${name}\` from ${lowest}`), name);
    }
    assert.ok(testedWith("Node.js").startsWith(engines.node.replace(">=", "")));
  });
});
