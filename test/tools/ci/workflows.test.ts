import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { parse } from "yaml";
import { charts } from "../../../components/shared/charts";
import { projectDirectory } from "../../support/stackConfig";

const read = (file: string) => fs.readFileSync(path.join(projectDirectory, file), "utf8");
const workflows = fs
  .readdirSync(path.join(projectDirectory, ".github/workflows"))
  .map((name) => `.github/workflows/${name}`);
const pipelines = [...workflows, ".gitlab-ci.yml"];

describe("the pipelines for GitHub and GitLab", () => {
  const stacks = fs
    .readdirSync(projectDirectory)
    .flatMap((name) => /^Pulumi\.(\w+)\.yaml$/.exec(name)?.[1] ?? [])
    .sort();

  for (const file of pipelines) {
    it(`apply the policies with their bounds in every engine command of ${file}`, () => {
      const text = read(file).replaceAll(/\\\n\s*/g, "");
      const commands = [...text.matchAll(/pulumi (?:preview|up) .*/g)].map(([command]) => command);
      if (file.includes("preview") || file.includes("deploy")) assert.ok(commands.length > 0);
      for (const command of commands) {
        const policies =
          '--policy-pack policies --policy-pack-config "policies/config.$STACK.json"';
        assert.ok(command.includes(policies), command);
      }
    });

    it(`run only existing scripts in ${file}`, () => {
      const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
      for (const [, script = ""] of read(file).matchAll(/npm run (?:--silent )?([\w:-]+)/g)) {
        assert.ok(Object.hasOwn(scripts, script), script);
      }
      for (const [script] of read(file).matchAll(/tools\/ci\/\w+\.sh/g)) {
        assert.ok(fs.existsSync(path.join(projectDirectory, script)), script);
      }
    });
  }

  // The image of GitLab's jobs lacks it. Runners of GitHub have it.
  it("install the AWS CLI for GitLab, which the kubeconfig of an EKS cluster runs", () => {
    const { ".engine": engine } = parse(read(".gitlab-ci.yml")) as {
      ".engine": { before_script: string[] };
    };
    assert.ok(engine.before_script.some((line) => /apt-get install .*\bawscli\b/.test(line)));
  });

  it("cover every stack, each of which has bounds of its own", () => {
    for (const file of pipelines) {
      const lists = [...read(file).matchAll(/(?:stack|STACK): (\[.*\])/g)];
      for (const [, list = ""] of lists) {
        assert.deepEqual((parse(list) as string[]).sort(), stacks, file);
      }
    }
    for (const stack of stacks) {
      assert.ok(fs.existsSync(path.join(projectDirectory, `policies/config.${stack}.json`)), stack);
    }
  });

  it("give no credential and no write permission to a job that a fork can change", () => {
    const { permissions, jobs } = parse(read(".github/workflows/preview.yml")) as {
      permissions: unknown;
      jobs: Record<string, { if?: string; permissions?: unknown; env?: Record<string, string> }>;
    };
    assert.deepEqual(permissions, { contents: "read" });
    for (const [name, job] of Object.entries(jobs)) {
      if (job.if?.includes("head.repo.full_name == github.repository")) continue;
      assert.equal(job.permissions, undefined, name);
      assert.doesNotMatch(JSON.stringify(job), /secrets\.|github\.token/, name);
    }
  });
});

describe("renovate.json", () => {
  it("finds the version and the repository of every chart", () => {
    const { customManagers } = JSON.parse(read("renovate.json")) as {
      customManagers: { managerFilePatterns: string[]; matchStrings: string[] }[];
    };
    const [manager] = customManagers;
    const [pattern = ""] = manager?.managerFilePatterns ?? [];
    const file = "components/shared/charts.ts";
    assert.match(file, new RegExp(pattern.slice(1, -1)));
    const found = [...read(file).matchAll(new RegExp(manager?.matchStrings[0] ?? "", "g"))].map(
      ({ groups }) => ({ ...groups }),
    );
    assert.deepEqual(
      found,
      Object.values(charts).map(({ name, version, repository }) => ({
        depName: name,
        currentValue: version,
        registryUrl: repository,
      })),
    );
  });
});
