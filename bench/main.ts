import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { stringify } from "yaml";
import { scripts } from "../package.json";
import { delivery } from "./delivery";
import { type Measurement, compare, measure } from "./measure";
import { policies } from "./policies";
import { Report, formatCount } from "./report";
import { series } from "./series";

/**
 * Implements `npm run bench`. Reports performance as ratios within one run, because absolute numbers
 * depend on the machine. `--write` also writes the documentation page. Requires Linux, to read the peak
 * memory of processes.
 */
async function main(): Promise<void> {
  if (!fs.existsSync("/proc/self/status"))
    throw new Error("the benchmark requires Linux, because it reads /proc");
  const report = new Report();
  const [, ...command] = scripts.preview.split(" ");
  const preview = [...command, "--stack", "prod"];
  await start(preview, report);
  await growth(preview, report);
  await policies(report);
  await delivery(report);
  await series(report);
  if (process.argv.includes("--write")) fs.writeFileSync(page, report.markdown());
}

/** Documentation page with the results. */
const page = path.join(__dirname, "..", "docs", "performance.md");

async function start(preview: string[], report: Report): Promise<void> {
  report.section(
    "Preview of prod with all policies",
    "The preview of the shipped stack, compared with a process that only loads the two SDKs, and with" +
      " a preview that type-checks the program at startup, as Pulumi does by default.",
  );
  // The first preview builds the bundles, so it is not measured.
  await measure(preview);
  const load = 'require("@pulumi/pulumi"); require("@pulumi/kubernetes")';
  const speed = await compare(7, {
    load: () => measure(["-e", load]),
    preview: () => measure(preview),
  });
  report.line(`loading @pulumi/pulumi and @pulumi/kubernetes alone: ${used(speed.load)}`);
  report.line(`preview: ${used(speed.preview)}`);
  const wall = speed.preview.wallMs / speed.load.wallMs;
  const memory = speed.preview.peakMb / speed.load.peakMb;
  report.line(
    `the preview takes ${wall.toFixed(2)}x the time of loading the SDKs (target: at most 1.5)` +
      ` and ${memory.toFixed(2)}x the memory (target: at most 1.1)`,
  );
  const checked = await measure(["bench/typeChecked.cjs", "--stack", "prod"]);
  const slower = (checked.wallMs / speed.preview.wallMs).toFixed(1);
  report.line(
    `preview with type-checking at startup: ${used(checked)}, ${slower}x the time of the preview above`,
  );
}

async function growth(preview: string[], report: Report): Promise<void> {
  report.section(
    "Growth with the number of services",
    "The same preview with an increasing number of services, each configured only with a name.",
  );
  const counts = [1, 10, 100, 1_000, 10_000] as const;
  const points: Measurement[] = [];
  for (const services of counts) {
    const file = servicesFile(services);
    const measured = await measure([...preview, "--config-file", file]);
    fs.rmSync(path.dirname(file), { recursive: true });
    points.push(measured);
    report.line(
      `${formatCount(services)} ${services === 1 ? "service" : "services"}: ${used(measured)}`,
    );
  }
  const [oneService = NaN, , , thousand = NaN, tenThousand = NaN] = points.map(
    ({ wallMs }) => wallMs,
  );
  const each = {
    thousand: (thousand - oneService) / 1_000,
    tenThousand: (tenThousand - oneService) / 10_000,
  };
  report.line(
    `${each.thousand.toFixed(2)} ms per service with 1,000 services and ${each.tenThousand.toFixed(2)} ms` +
      ` with 10,000, a ratio of ${(each.tenThousand / each.thousand).toFixed(2)} (1 is linear)`,
  );
  report.chart({
    title: "Time of the preview",
    x: { name: "services", values: [...counts] },
    y: { name: "relative to 1 service", values: points.map(({ wallMs }) => wallMs / oneService) },
  });
}

function used({ wallMs, peakMb }: Measurement): string {
  return `${(wallMs / 1000).toFixed(2)} s, ${Math.round(peakMb)} MiB`;
}

/** Writes a configuration file that contains only `count` services. */
function servicesFile(count: number): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "bench-"));
  const services = Array.from({ length: count }, (_, index) => ({ name: `service-${index}` }));
  const file = path.join(folder, "services.yaml");
  fs.writeFileSync(file, stringify({ config: { "monitoring:services": services } }));
  return file;
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
