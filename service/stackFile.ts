import * as fs from "node:fs";
import * as path from "node:path";
import { parse } from "yaml";
import { type Problem, formatValue, valueAt } from "../components/shared/problems";
import { formatPath } from "../policies/shared/path";
import type { StackFile } from "../preview/config/configuration";
import { ExpectedError } from "../preview/config/errors";
import { readProjectFile } from "../preview/config/projectFiles";
import { count } from "../preview/output/count";
import { checkFiles } from "../verify/settings";
import { type ServiceItem, addService } from "./addService";
import type { Question } from "./questions";

/** A stack file to which a service is added. */
export class StackFileText {
  readonly name: string;
  private readonly text: string;
  private readonly project: string;

  constructor(
    private readonly directory: string,
    private readonly stack: string,
    private readonly questions: Question[],
  ) {
    this.name = `Pulumi.${stack}.yaml`;
    this.text = fs.readFileSync(path.join(directory, this.name), "utf8");
    this.project = readProjectFile(directory).name;
  }

  with(service: ServiceItem): string {
    return addService(this.text, this.project, service);
  }

  write(text: string): void {
    fs.writeFileSync(path.join(this.directory, this.name), text);
  }

  /** Returns the rule that a setting of the service breaks, or undefined if the setting is valid. */
  ruleFor(service: ServiceItem, key: string[]): string | undefined {
    const broken = this.problems(service).find((problem) =>
      key.every((name, index) => problem.path[index + 2] === name),
    );
    return broken?.rule;
  }

  requireValid(service: ServiceItem): void {
    const problems = this.problems(service);
    if (problems.length === 0) return;
    const lines = problems.map(
      (problem) =>
        `  monitoring:${formatPath(problem.path)}${formatValue(problem)} ${problem.rule}\n    fix: ${this.fixOf(problem, service)}`,
    );
    throw new ExpectedError(
      `${count(problems.length, "problem")} in the configuration of stack ${this.stack} with ${service.name}; nothing was written\n${lines.join("\n")}`,
    );
  }

  private problems(service: ServiceItem): Problem[] {
    const { problems = [] } = checkFiles(this.directory, [parse(this.with(service)) as StackFile]);
    return problems;
  }

  /** Returns the change to the command's arguments that fixes a problem with the service. */
  private fixOf({ path: [, , ...key], fix }: Problem, service: ServiceItem): string {
    const flagOf = (setting: typeof key) =>
      this.questions.find((candidate) => candidate.path.join() === setting.join())?.flag;
    const flag = flagOf(key);
    if (flag === undefined) {
      // A map such as slo has a flag for each of its settings.
      const inner = this.questions.filter(
        ({ path }) =>
          path.slice(0, key.length).join() === key.join() && valueAt(service, path) !== undefined,
      );
      if (inner.length === 0) return "choose another name";
      return `omit ${inner.map((question) => `--${question.flag}`).join(" and ")}`;
    }
    if (fix.kind === "rename") {
      return `--${flagOf([...key.slice(0, -1), fix.to])} ${String(fix.value)} instead of --${flag}`;
    }
    return fix.kind === "set" ? `--${flag} ${String(fix.example)}` : `omit --${flag}`;
  }
}
