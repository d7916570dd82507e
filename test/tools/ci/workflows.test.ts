import * as assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { parse } from "yaml";
import { charts } from "../../../components/charts/charts";
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
      for (const [script] of read(file).matchAll(/tools\/ci\/[\w.]+/g)) {
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

describe("the pipeline for GitLab", () => {
  interface Job {
    extends?: string | string[];
    rules?: { if: string; when?: string }[];
    needs?: string[];
    id_tokens?: unknown;
    script?: string[];
    artifacts?: { when: string; expose_as: string; paths: string[] };
    allow_failure?: boolean;
  }
  const pipeline = parse(read(".gitlab-ci.yml")) as Record<string, Job>;
  const ofThisProject = "$CI_MERGE_REQUEST_SOURCE_PROJECT_ID ==";
  const job = (name: string): Job => pipeline[name] ?? assert.fail(`no job ${name}`);
  const extendsEngine = ({ extends: parents = [] }: Job): boolean =>
    [parents].flat().some((name) => name === ".engine" || extendsEngine(job(name)));

  it("gives a merge request from a fork the offline preview only, without a variable or a token", () => {
    for (const [name, each] of Object.entries(pipeline)) {
      if (!each.rules || !each.script) continue;
      const forForks = each.rules.filter(
        ({ if: rule }) => rule.includes("merge_request_event") && !rule.includes(ofThisProject),
      );
      if (forForks.length === 0) continue;
      assert.equal(name, "offline preview");
      assert.equal(extendsEngine(each), false);
      assert.doesNotMatch(JSON.stringify(each), /TOKEN|PULUMI|AWS/);
    }
  });

  it("compares a merge request with the commit that it is based on, also in a fork", () => {
    const fetch = job("offline preview").script?.find((line) => line.startsWith("git fetch"));
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "gitlab-"));
    try {
      const [fork, clone] = ["fork", "clone"].map((name) => path.join(folder, name));
      const run = (command: string, cwd: string, env = {}): string =>
        execFileSync("bash", ["-ec", command], {
          cwd,
          env: { ...process.env, ...env },
          encoding: "utf8",
          stdio: "pipe",
        }).trim();
      const author = "-c user.name=a -c user.email=a@example.com";
      const commit = `git ${author} commit --quiet --allow-empty --message`;
      // The branch main of the fork is behind the commit on which the branch change is based.
      run(`git init --quiet --initial-branch=main ${fork}`, folder);
      run(`${commit} old && git switch --quiet --create change && ${commit} base`, fork!);
      const base = run("git rev-parse HEAD", fork!);
      run(`${commit} change && git config uploadpack.allowAnySHA1InWant true`, fork!);
      run(`git clone --quiet --depth=1 --branch change file://${fork} ${clone}`, folder);
      const variables = {
        CI_MERGE_REQUEST_TARGET_BRANCH_NAME: "main",
        CI_MERGE_REQUEST_TARGET_BRANCH_SHA: "",
        CI_MERGE_REQUEST_DIFF_BASE_SHA: base,
      };
      run(fetch ?? "", clone!, variables);
      assert.equal(run("git rev-parse FETCH_HEAD", clone!), base);
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
  });

  it("exposes the report of each stack, also after a violation, and writes it as a note", () => {
    const files = ["dev", "prod"].flatMap((stack) => [
      `changes-${stack}.md`,
      `preview-${stack}.txt`,
    ]);
    const { artifacts } = job("offline preview");
    assert.deepEqual([artifacts?.when, artifacts?.expose_as], ["always", "Preview"]);
    const note = job("preview note");
    for (const file of files) {
      assert.ok(artifacts?.paths.includes(file), file);
      assert.ok(note.script?.at(-1)?.includes(file), file);
    }
    assert.deepEqual(note.needs, ["offline preview"]);
    assert.deepEqual(
      note.rules?.map(({ when }) => when),
      ["always"],
    );
    // A token that expired stops no merge.
    assert.equal(note.allow_failure, true);
  });

  it("runs the engine only in jobs with an ID token for AWS, for branches of this project", () => {
    assert.deepEqual(job(".engine").id_tokens, { AWS_ID_TOKEN: { aud: "sts.amazonaws.com" } });
    for (const [name, each] of Object.entries(pipeline)) {
      if (!each.script?.some((line) => line.startsWith("pulumi "))) continue;
      assert.ok(extendsEngine(each), name);
    }
    assert.ok(job("engine preview").rules?.every(({ if: rule }) => rule.includes(ofThisProject)));
  });

  it("deploys pushes to the default branch: dev, then prod after an approval", () => {
    const [dev, prod] = [job("deploy dev"), job("deploy prod")];
    for (const { rules = [] } of [dev, prod]) {
      assert.ok(rules.every(({ if: rule }) => rule.includes('$CI_PIPELINE_SOURCE == "push"')));
    }
    assert.deepEqual(prod.needs, ["deploy dev"]);
    assert.deepEqual(
      prod.rules?.map(({ when }) => when),
      ["manual"],
    );
    const { rules: pipelines = [] } = job("workflow");
    assert.equal(pipelines.at(-1)?.if, "$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH");
  });

  it("looks for drift and for new versions of the charts when a schedule starts it", () => {
    for (const name of ["drift", "chart versions"]) {
      const rules = job(name).rules ?? [];
      assert.ok(rules.length > 0);
      assert.ok(rules.every(({ if: rule }) => rule.includes('$CI_PIPELINE_SOURCE == "schedule"')));
    }
    assert.match(job("drift").script?.join() ?? "", /--refresh .*--expect-no-changes/);
    assert.match(job("chart versions").script?.join() ?? "", /^renovate "\$CI_PROJECT_PATH"$/);
  });
});

describe("renovate.json", () => {
  it("finds the version and the repository of every chart", () => {
    const { customManagers } = JSON.parse(read("renovate.json")) as {
      customManagers: { managerFilePatterns: string[]; matchStrings: string[] }[];
    };
    const [manager] = customManagers;
    const [pattern = ""] = manager?.managerFilePatterns ?? [];
    const file = "components/charts/charts.ts";
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
