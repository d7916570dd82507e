/**
 * Writes the configurations beside this file anew, after a chart or our values for it changed:
 *
 *     helm pull <chart> --repo <repository> --version <version> --untar --untardir charts
 *     node --require tsx/cjs test/integration/logs/recorded/record.ts charts
 *
 * `HELM` names the helm program when it is not `helm`.
 */
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { parse } from "yaml";
import { charts } from "../../../../components/shared/charts";
import { manifestsOf } from "../../../charts/render";
import { inputs, recordedFile } from "./inputs";

const [chartsDir] = process.argv.slice(2);
if (chartsDir === undefined) throw new Error("name the folder with the unpacked charts");

for (const { name, chart, values, object } of inputs) {
  const folder = path.join(chartsDir, chart);
  const { version } = parse(fs.readFileSync(path.join(folder, "Chart.yaml"), "utf8")) as {
    version: string;
  };
  const wanted = Object.values(charts).find((known) => known.name === chart)?.version;
  if (version !== wanted) throw new Error(`${folder} is version ${version}, not ${wanted}`);
  const valuesFile = recordedFile(name, "values.json");
  fs.writeFileSync(valuesFile, `${JSON.stringify({ chart, version, values }, null, 2)}\n`);
  const rendered = execFileSync(
    process.env["HELM"] ?? "helm",
    ["template", chart, folder, "--namespace", "monitoring", "--values", "-"],
    { encoding: "utf8", input: JSON.stringify(values), maxBuffer: 64 * 1024 * 1024 },
  );
  const found = manifestsOf(rendered).find(
    ({ kind, metadata }) => kind === object.kind && metadata.name === object.name,
  );
  const text = (found?.["stringData"] ?? found?.["data"])?.[object.key] as string | undefined;
  if (text === undefined) throw new Error(`${chart} has no ${object.kind} ${object.name}`);
  fs.writeFileSync(recordedFile(name, "yaml"), `${text.trim()}\n`);
  console.log(`${name}: ${chart} ${version}`);
}
