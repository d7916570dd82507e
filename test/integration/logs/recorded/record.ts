/**
 * Renders the configurations in this folder again after a change of a chart or of our values:
 *
 *     helm pull <chart> --repo <repository> --version <version> --untar --untardir charts
 *     node --require tsx/cjs test/integration/logs/recorded/record.ts charts
 *
 * Set `HELM` to use another program than `helm`.
 */
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { parse } from "yaml";
import { charts } from "../../../../components/charts/charts";
import { manifestsOf } from "../../../charts/render";
import { inputs, recordedFile } from "./inputs";

const [chartsDir] = process.argv.slice(2);
if (chartsDir === undefined) throw new Error("the folder with the unpacked charts is required");

for (const { name, chart, values, object } of inputs) {
  const folder = path.join(chartsDir, chart);
  const { version } = parse(fs.readFileSync(path.join(folder, "Chart.yaml"), "utf8")) as {
    version: string;
  };
  const pinned = Object.values(charts).find((known) => known.name === chart)?.version;
  if (version !== pinned) throw new Error(`${folder} is version ${version}, not ${pinned}`);
  const valuesFile = recordedFile(name, "values.json");
  fs.writeFileSync(valuesFile, `${JSON.stringify({ chart, version, values }, null, 2)}\n`);
  const rendered = execFileSync(
    process.env["HELM"] ?? "helm",
    ["template", chart, folder, "--namespace", "monitoring", "--values", "-"],
    { encoding: "utf8", input: JSON.stringify(values), maxBuffer: 64 * 1024 * 1024 },
  );
  const match = manifestsOf(rendered).find(
    ({ kind, metadata }) => kind === object.kind && metadata.name === object.name,
  );
  const text = (match?.["stringData"] ?? match?.["data"])?.[object.key] as string | undefined;
  if (text === undefined) throw new Error(`${chart} has no ${object.kind} ${object.name}`);
  fs.writeFileSync(recordedFile(name, "yaml"), `${text.trim()}\n`);
  console.log(`${name}: ${chart} ${version}`);
}
