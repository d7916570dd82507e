import * as fs from "node:fs";
import * as path from "node:path";
import { stringify } from "yaml";
import { previewState } from "../preview/compare/previewState";
import { ExpectedError } from "../preview/config/errors";
import { stacksIn } from "../preview/config/projectFiles";
import { formatFacts } from "../preview/output/report";
import { usesColor } from "../preview/output/write";
import { inTemporaryFolder } from "../preview/output/temporaryFolder";
import { runCommand } from "../verify/command";
import { stackSettings } from "../verify/settings";
import { ask, confirmed } from "../verify/terminal";
import type { ServiceItem } from "./addService";
import { gains, newViolations } from "./gains";
import { askFor, flagUsage, questions, withAnswer } from "./questions";
import { StackFileText } from "./stackFile";

const settings = questions();

const usage = `Usage: npm run service -- add <name> --stack <name> [options]

Adds a service to monitoring:services in Pulumi.<stack>.yaml. Shows the lines, and what the service gets
with them: scraping, alerts, notifications, dashboards and logs. Writes them after you confirm. In a
terminal, prompts for the settings without a flag.

  -s, --stack <name>       Stack, configured in Pulumi.<name>.yaml
${settings.map(flagUsage).join("\n")}
  -y, --yes                Do not ask: use the default of each setting without a flag, and write
  -h, --help               Print this help

Exit codes:
  0  the service was added
  1  nothing was written, because you did not confirm, or because the service violates a mandatory policy
  2  the arguments or the configuration have an error`;

runCommand({
  usage,
  options: {
    ...Object.fromEntries(settings.map(({ flag }) => [flag, { type: "string" } as const])),
    yes: { type: "boolean", short: "y" },
  },
  positionals: 2,
  stack: async () => (await ask(`Stack (${stacksIn(process.cwd()).join(", ")}): `))?.trim(),
  run: async ({ stack, values, positionals: [operation, positional] }) => {
    if (operation !== "add") throw new ExpectedError(`name the operation: add\n\n${usage}`);
    const directory = process.cwd();
    stackSettings(directory, stack); // Reports existing problems before adding the service.
    const name = positional ?? (await ask("Name of the service: "))?.trim();
    if (name === undefined) throw new ExpectedError(`name the service\n\n${usage}`);

    const flags: Record<string, string | boolean | undefined> = values;
    const answered = settings.reduce<ServiceItem>(
      (service, question) => withAnswer(service, question, String(flags[question.flag] ?? "")),
      { name },
    );
    const open = settings.filter(({ flag }) => flags[flag] === undefined);
    const file = new StackFileText(directory, stack, settings);
    const isAsked = values.yes !== true && process.stdin.isTTY;
    if (isAsked) file.requireValid(answered);
    const service = isAsked
      ? await askFor(answered, open, ask, (answered, { path: key }) => file.ruleFor(answered, key))
      : answered;
    file.requireValid(service);

    const after = file.with(service);
    const old = await previewState(directory, stack);
    const current = await inTemporaryFolder("service", (folder) => {
      const added = path.join(folder, "stack.yaml");
      fs.writeFileSync(added, after);
      return previewState(directory, stack, "--config-file", added);
    });
    const facts = formatFacts(gains(old, current), usesColor(process.stdout));
    process.stdout.write(`${stringify([service])}\n${facts}\n`);
    const violations = newViolations(old, current);
    if (violations.length > 0) {
      process.stderr.write("error: the service violates a mandatory policy; nothing was written\n");
      return 1;
    }
    if (values.yes !== true && !(await confirmed(`Add these lines to ${file.name}?`))) {
      process.stdout.write("\nNothing was changed.\n");
      return 1;
    }
    file.write(after);
    process.stdout.write(`\nWrote ${file.name}.\n  next: npm run deploy -- --stack ${stack}\n`);
    return 0;
  },
});
