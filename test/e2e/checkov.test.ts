/** Judges everything that prod deploys with Checkov: the objects of the program, and those of its charts. */
import * as assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { parse, stringify } from "yaml";
import { toolEntry, toolPath } from "../../tools/paths.cjs";
import { recordedObjects, securityValues } from "../charts/recordedObjects";
import type { Release } from "../charts/render";
import { cellsOf, readPage } from "../docs/markdown";
import { type Files, render } from "../golden/render";

interface Report {
  summary: { passed: number; failed: number };
  results: { failed_checks: { check_id: string; resource: string }[] };
}

/** Names of the objects that the table calls by the names of their parts. */
const parts: Record<string, RegExp> = {
  "all workloads": /./,
  "all workloads with a token": /./,
  Alloy: /^alloy$/,
  "Cluster Agent": /^datadog-agent-cluster-agent$/,
  "Datadog Agent": /^datadog-agent$/,
  Grafana: /^prometheus-grafana$/,
  "Prometheus operator": /^prometheus-kube-prometheus-operator$/,
  "admission jobs": /^prometheus-kube-prometheus-admission(-create|-patch)?$/,
  "node-exporter": /^prometheus-prometheus-node-exporter$/,
};

describe("docs/security.md, Checkov", () => {
  const [, afterHeading = ""] = readPage("docs/security.md").split("## Checkov\n");
  const [section = ""] = afterHeading.split("\n## ");
  const recorded = recordedObjects();
  let files: Files;
  let report: Report;

  before(() => {
    files = render("prod");
    const objects = [
      ...[...files].filter(([file]) => file.startsWith("manifests/")).map(([, text]) => text),
      ...recorded.objects.map((object) => stringify(object)),
    ];
    report = judge(objects.join("\n---\n"));
  });

  it("is tested with the pinned charts, and with the present security settings of their values", () => {
    const again = "run test/charts/recordObjects.ts";
    const releases = JSON.parse(files.get("releases.json") ?? "[]") as Release[];
    const charts = releases.map(({ chart, version }) => [path.basename(chart), version] as const);
    assert.deepEqual(Object.fromEntries(charts), recorded.charts, again);
    for (const { name } of releases) {
      const values: unknown = parse(files.get(`values/${name}.yaml`) ?? "");
      assert.deepEqual(securityValues(values), recorded.security[name], `${name}: ${again}`);
    }
  });

  it("gives a reason for each object with a failed check, and for no other", () => {
    const rows = section.split("\n").flatMap((line) => {
      const [checks = "", objects = ""] = cellsOf(line);
      return (checks.match(/CKV\w+/g) ?? []).flatMap((check) =>
        objects.split(", ").map((part) => ({ check, part })),
      );
    });
    assert.deepEqual(
      rows.map(({ part }) => part).filter((part) => !(part in parts)),
      [],
    );
    // Such as Deployment.monitoring.prometheus-grafana, which may end with the labels of the pod.
    const findings = report.results.failed_checks.map(({ check_id: check, resource }) => ({
      check,
      name: resource.split(".")[2] ?? "",
    }));
    const explains = (row: (typeof rows)[number], finding: (typeof findings)[number]) =>
      row.check === finding.check && parts[row.part]?.test(finding.name) === true;
    const unexplained = findings.filter((finding) => !rows.some((row) => explains(row, finding)));
    const outdated = rows.filter((row) => !findings.some((finding) => explains(row, finding)));
    assert.deepEqual({ unexplained, outdated }, { unexplained: [], outdated: [] });
  });

  it("states the version of Checkov and the number of failed checks", () => {
    const { passed, failed } = report.summary;
    const total = (passed + failed).toLocaleString("en-US");
    const [major, minor] = toolEntry("checkov").version.split(".");
    assert.match(section, new RegExp(`Checkov\\]\\S+ ${major}\\.${minor} scans`));
    assert.ok(section.includes(`${failed} of ${total} checks fail`), `${failed} of ${total}`);
  });
});

function judge(objects: string): Report {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "checkov-"));
  try {
    const file = path.join(folder, "prod.yaml");
    fs.writeFileSync(file, objects);
    const options = [
      "--framework",
      "kubernetes",
      "--output",
      "json",
      "--compact",
      "--skip-download",
    ];
    const { error, stdout, stderr } = spawnSync(
      "python3",
      ["-m", "checkov.main", "--file", file, ...options],
      {
        cwd: folder,
        encoding: "utf8",
        env: { ...process.env, PYTHONPATH: toolPath("checkov") },
        maxBuffer: 64 * 1024 * 1024,
      },
    );
    if (error) throw error;
    assert.ok(stdout.startsWith("{"), stderr);
    return JSON.parse(stdout) as Report;
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}
