/**
 * Writes `keys/<chart>.txt` from the default values of charts, after a version changed in
 * `components/charts.ts`:
 *
 *     helm pull <chart> --repo <repository> --version <version> --untar --untardir charts
 *     node --require tsx/cjs test/charts/recordKeys.ts charts/<chart>/values.yaml ...
 *
 * Subcharts that lie unpacked in the chart's `charts/` folder are listed under their names.
 * `keys/<chart>.commented.txt` is kept by hand; a test says when a line of it is out of date.
 */
import * as fs from "node:fs";
import * as path from "node:path";
import { parse } from "yaml";
import { keyPaths, pathOf } from "./keyPaths";

interface ChartFile {
  name: string;
  version: string;
  dependencies?: { name: string; alias?: string }[];
}

interface Recorded {
  chart: ChartFile;
  subcharts: ChartFile[];
  paths: string[];
}

function readYaml(file: string): unknown {
  return parse(fs.readFileSync(file, "utf8"), { merge: true, maxAliasCount: -1 });
}

function recordChart(folder: string): Recorded {
  const chart = readYaml(path.join(folder, "Chart.yaml")) as ChartFile;
  const subcharts = (chart.dependencies ?? [])
    .map(({ name, alias }) => ({ under: alias ?? name, folder: path.join(folder, "charts", name) }))
    .filter((subchart) => fs.existsSync(path.join(subchart.folder, "values.yaml")))
    .map((subchart) => ({ under: subchart.under, recorded: recordChart(subchart.folder) }));
  const paths = subcharts.flatMap(({ under, recorded }) =>
    recorded.paths.map((inner) => `${pathOf([under])}.${inner}`),
  );
  return {
    chart,
    subcharts: subcharts.map(({ recorded }) => recorded.chart),
    paths: [...keyPaths(readYaml(path.join(folder, "values.yaml"))), ...paths],
  };
}

for (const file of process.argv.slice(2)) {
  const { chart, subcharts, paths } = recordChart(path.dirname(file));
  const versions = [chart, ...subcharts].map(({ name, version }) => `${name} ${version}`);
  const target = path.join(__dirname, "keys", `${chart.name}.txt`);
  const lines = [`# ${versions.join(", ")}`, ...[...new Set(paths)].sort()];
  fs.writeFileSync(target, `${lines.join("\n")}\n`);
  console.log(
    `${path.relative(process.cwd(), target)}: ${lines.length - 1} keys of ${versions.join(", ")}`,
  );
}
