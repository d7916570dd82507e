import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { stringify } from "yaml";
import { scripts } from "../package.json";
import { delivery } from "./delivery";
import { compare, measure } from "./measure";
import { policies } from "./policies";

/**
 * `npm run bench`: performance as ratios within one run, because absolute numbers depend on the
 * machine. Requires Linux to read the peak memory of a process.
 */
async function main(): Promise<void> {
  if (!fs.existsSync("/proc/self/status"))
    throw new Error("the benchmark requires Linux, because it reads /proc");
  const [, ...command] = scripts.preview.split(" ");
  const preview = [...command, "--stack", "prod"];
  await measure(preview);

  console.log("Preview of prod with all policies");
  const load = 'require("@pulumi/pulumi"); require("@pulumi/kubernetes")';
  const speed = await compare(7, {
    load: () => measure(["-e", load]),
    preview: () => measure(preview),
  });
  report("loading @pulumi/pulumi and @pulumi/kubernetes alone", speed.load);
  report("preview", speed.preview);
  const wall = speed.preview.wallMs / speed.load.wallMs;
  const memory = speed.preview.peakMb / speed.load.peakMb;
  console.log(
    `  wall time ${wall.toFixed(2)}x (bound: 1.5), memory ${memory.toFixed(2)}x (bound: 1.1)`,
  );

  console.log("\nThe same program, type-checked at startup, which is the default of Pulumi");
  const checked = await measure(["bench/typeChecked.cjs", "--stack", "prod"]);
  report("type-checked", checked);
  console.log(`  ${(checked.wallMs / speed.preview.wallMs).toFixed(1)}x the preview`);

  console.log("\nGrowth with the number of services");
  const growth: { services: number; wallMs: number; peakMb: number }[] = [];
  for (const services of [1, 10, 100, 1_000, 10_000]) {
    const file = servicesFile(services);
    const measured = await measure([...preview, "--config-file", file]);
    fs.rmSync(path.dirname(file), { recursive: true });
    growth.push({ services, ...measured });
    report(`${services} services`, measured);
  }
  const [one, , , thousand, tenThousand] = growth;
  if (one === undefined || thousand === undefined || tenThousand === undefined) return;
  const perService = (point: { services: number; wallMs: number }) =>
    (point.wallMs - one.wallMs) / point.services;
  console.log(
    `  ${perService(thousand).toFixed(2)} ms per service at 1,000, ${perService(tenThousand).toFixed(2)} ms at 10,000: ` +
      `${(perService(tenThousand) / perService(thousand)).toFixed(2)}x (1 is linear)`,
  );
}

function report(name: string, { wallMs, peakMb }: { wallMs: number; peakMb: number }): void {
  console.log(`  ${name}: ${(wallMs / 1000).toFixed(2)} s, ${Math.round(peakMb)} MiB`);
}

/** Writes a configuration file with only `count` services. */
function servicesFile(count: number): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "bench-"));
  const services = Array.from({ length: count }, (_, index) => ({ name: `service-${index}` }));
  const file = path.join(folder, "services.yaml");
  fs.writeFileSync(file, stringify({ config: { "monitoring:services": services } }));
  return file;
}

main()
  .then(policies)
  .then(delivery)
  .catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  });
