import * as fs from "node:fs";
import { existingInAws } from "./adopt/aws";
import { Fate, type Finding } from "./adopt/finding";
import { isObject } from "./adopt/kubernetesObject";
import { existingObjects, idOf, madeByHand, objectFinding, otherMonitors } from "./adopt/objects";
import { type Registration, importFile, registration } from "./adopt/registered";
import { existingRelease, isRelease, releaseInputs } from "./adopt/releases";
import type { Api } from "./cluster/api";
import { withCluster } from "./cluster/cluster";
import { clusterOptions, clusterUsage, runCommand } from "./command";
import { stackSettings } from "./settings";

const usage = `Usage: npm run adopt -- --stack <name> [options]

Finds what already exists in the cluster and the AWS account of a stack that is not deployed yet, such
as releases and objects from the former guide. Reports what the stack adopts with its data, what it
replaces and what it leaves alone, writes the file for \`pulumi import\`, and prints the commands in
order. It changes nothing in the cluster, the account or the state.
${clusterUsage}
      --file <path>      The file to write (default: adopt.json)
  -h, --help             Print this help

Exit codes:
  0  the plan is complete, or there is nothing to adopt
  2  the arguments or the configuration have an error, or something could not be read`;

runCommand({
  usage,
  options: { ...clusterOptions, file: { type: "string" } },
  run: async ({ stack, values: { context, file = "adopt.json" } }) => {
    const settings = stackSettings(process.cwd(), stack);
    return withCluster(settings, context, async ({ kubernetes, context: name, server }) => {
      process.stdout.write(`Adopt ${stack} in ${name} (${server})\n\n`);
      const program = await registration(stack);
      const namespaces = [...new Set(settings.services.map(({ namespace }) => namespace))];
      const findings = await findingsOf(kubernetes, program, namespaces);
      for (const { fate, what, effect } of findings) {
        process.stdout.write(`${fate.padEnd(10)}  ${what}: ${effect}\n`);
      }
      const steps = stepsOf(findings, { stack, file });
      if (steps.length === 0) {
        process.stdout.write("There is nothing to adopt or replace.\n");
        return 0;
      }
      if (findings.some(({ fate }) => fate === Fate.Adopted)) {
        const adopted = findings.flatMap(({ adopts }) => adopts ?? []);
        const ids = new Map(adopted.map(({ resource, id }) => [resource.entry, id]));
        fs.writeFileSync(file, `${JSON.stringify(importFile(program.file, ids), null, 2)}\n`);
      }
      const numbered = steps.map((step, index) => `  ${index + 1}. ${step}\n`);
      process.stdout.write(`\nRun these commands in this order:\n${numbered.join("")}`);
      return 0;
    });
  },
});

async function findingsOf(
  kubernetes: Api,
  { resources, objects: registered, config }: Registration,
  serviceNamespaces: string[],
): Promise<Finding[]> {
  const objects = resources.filter(({ entry, inputs }) => isObject(entry.type, inputs));
  const existing = await existingObjects(kubernetes, objects);
  const owners = new Set(existing.map(({ release }) => release));
  const releases = await Promise.all(
    resources.filter(isRelease).map(async (resource) => ({
      release: releaseInputs(resource),
      finding: await existingRelease(kubernetes, resource, owners),
    })),
  );
  const missing = releases.filter(({ finding }) => finding === undefined);
  // Objects of a known release are deleted with the release.
  const known = new Set(releases.flatMap(({ release, finding }) => (finding ? idOf(release) : [])));
  const others = existing.filter(({ release }) => release === undefined || !known.has(release));
  return [
    ...others.map(objectFinding),
    ...releases.flatMap(({ finding }) => finding ?? []),
    ...(await each(missing, ({ release }) => madeByHand(kubernetes, release, registered))),
    ...(await each(resources, (resource) => existingInAws(resource, config["aws:region"]))),
    ...(await otherMonitors(kubernetes, serviceNamespaces, registered)),
  ];
}

async function each<T>(items: T[], find: (item: T) => Promise<Finding[]>): Promise<Finding[]> {
  return (await Promise.all(items.map(find))).flat();
}

/**
 * Returns the commands of a cut-over. The deletions come right before the deployment, to keep the gap
 * short.
 */
function stepsOf(findings: Finding[], { stack, file }: { stack: string; file: string }): string[] {
  const adopts = findings.some(({ fate }) => fate === Fate.Adopted);
  const steps = [
    ...(adopts
      ? [`pulumi import --stack ${stack} --file ${file} --protect=false --generate-code=false`]
      : []),
    ...findings.flatMap(({ command }) => command ?? []),
  ];
  return steps.length === 0 ? [] : [...steps, `npm run deploy -- --stack ${stack}`];
}
