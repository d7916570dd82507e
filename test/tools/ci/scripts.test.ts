import * as assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as http from "node:http";
import * as os from "node:os";
import * as path from "node:path";
import { json, text } from "node:stream/consumers";
import { type Listening, listen } from "../../support/ports";
import { projectDirectory } from "../../support/stackConfig";

const scripts = path.join(projectDirectory, "tools/ci");

describe("the scripts of the workflows", () => {
  let folder: string;

  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "ci-"));
  });
  afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

  const run = (script: string, args: string[]) =>
    spawnSync(process.execPath, [path.join(scripts, script), ...args], { encoding: "utf8" });

  describe("report.cjs", () => {
    const report = (output: string): string => {
      const file = path.join(folder, "preview-prod.txt");
      fs.writeFileSync(file, output);
      const { status, stdout, stderr } = run("report.cjs", [file]);
      assert.equal(status, 0, stderr);
      return stdout;
    };

    it("shows the last line of the output in the title, and the whole output below", () => {
      const text = report("Preview of prod\n\nPassed: 39 resources\n");
      assert.match(text, /^<details><summary>preview of prod: Passed: 39 resources<\/summary>$/m);
      assert.match(text, /^````text\nPreview of prod\n\nPassed: 39 resources\n````$/m);
    });

    it("keeps Markdown as it is", () => {
      const file = path.join(folder, "changes-prod.md");
      fs.writeFileSync(file, "## Changes to prod\n");
      assert.equal(run("report.cjs", [file]).stdout, "## Changes to prod\n\n");
    });

    it("folds an output with any run of backticks, and with characters of HTML", () => {
      const output = "a\n````\n### not a heading\n`````js\nfix: --name <cluster> & more";
      const text = report(output);
      assert.ok(text.includes(`\n\`\`\`\`\`\`text\n${output}\n\`\`\`\`\`\`\n`), text);
      assert.match(
        text,
        /<summary>preview of prod: fix: --name &lt;cluster> &amp; more<\/summary>/,
      );
    });

    it("says so for a preview that failed before it wrote its output, and shows the others", () => {
      fs.writeFileSync(path.join(folder, "changes-dev.md"), "");
      fs.writeFileSync(path.join(folder, "preview-dev.txt"), "Passed\n");
      const files = ["changes-dev.md", "changes-prod.md", "preview-dev.txt"];
      const { status, stdout } = run(
        "report.cjs",
        files.map((name) => path.join(folder, name)),
      );
      assert.equal(status, 0);
      for (const stack of ["dev", "prod"]) {
        const line = `**changes of ${stack}**: no output. The log of the run has the error.\n`;
        assert.ok(stdout.includes(line), stdout);
      }
      assert.match(stdout, /<summary>preview of dev: Passed</);
    });

    it("cuts long outputs, says so, and stays below the limit of a comment with both stacks", () => {
      const files = ["changes-prod.md", "preview-prod.txt"].map((name) => path.join(folder, name));
      for (const file of files) fs.writeFileSync(file, `${"x".repeat(200)}\n`.repeat(1000));
      const { stdout } = run("report.cjs", files);
      assert.equal(stdout.match(/The output is cut/g)?.length, 2);
      assert.ok(2 * stdout.length < 65_536, String(stdout.length));
      assert.deepEqual([...new Set(stdout.match(/^x+$/gm))], ["x".repeat(200)]);
    });
  });

  describe("comment.cjs", () => {
    let server: Listening;
    let comments: Comment[];
    let writes: { method: string; path: string; body: string }[];
    let writeStatus: number;

    interface Comment {
      id: number;
      body: string;
      author: { id: number };
      user: { type: string };
    }

    const marker = "<!-- preview of the stacks -->";
    const [ownId, otherId] = [7, 8];
    const commentBy = (author: number, id: number, body: string): Comment => ({
      id,
      body,
      author: { id: author },
      user: { type: author === ownId ? "Bot" : "User" },
    });

    /** The APIs of both hosts, as far as the script uses them, with pages of two comments. */
    const respond = async (request: http.IncomingMessage, response: http.ServerResponse) => {
      const { pathname, searchParams } = new URL(request.url ?? "", "http://localhost");
      const reply = (status: number, value: unknown) =>
        response.writeHead(status).end(JSON.stringify(value));
      const { "private-token": token, authorization } = request.headers;
      if (![token, authorization].some((value) => /^(Bearer )?the-token$/.test(String(value)))) {
        reply(401, {});
      } else if (pathname === "/user") {
        // The token of a job on GitHub cannot read its user.
        reply(token === undefined ? 403 : 200, { id: ownId });
      } else if (request.method === "GET") {
        const first = 2 * (Number(searchParams.get("page")) - 1);
        reply(200, comments.slice(first, first + 2));
      } else {
        const { body } = (await json(request)) as { body: string };
        writes.push({ method: request.method ?? "", path: pathname, body });
        reply(writeStatus, {});
      }
    };

    beforeEach(async () => {
      [comments, writes, writeStatus] = [[], [], 200];
      server = await listen(
        http.createServer((request, response) => void respond(request, response)),
      );
    });
    afterEach(() => server.stop());

    const runOn = async (variables: Record<string, string>) => {
      const { PATH = "" } = process.env;
      const child = spawn(process.execPath, [path.join(scripts, "comment.cjs")], {
        env: { PATH, ...variables },
      });
      child.stdin.end("the report\n");
      const [out, err, [code]] = await Promise.all([
        text(child.stdout),
        text(child.stderr),
        once(child, "close"),
      ]);
      return { code: code as number, out, err };
    };
    const url = () => `http://127.0.0.1:${server.port}`;
    const inGitLab = () => ({
      GITLAB_CI: "true",
      CI_API_V4_URL: url(),
      CI_MERGE_REQUEST_PROJECT_ID: "12",
      CI_MERGE_REQUEST_IID: "3",
      PREVIEW_NOTE_TOKEN: "the-token",
    });
    const inGitHub = () => ({
      GITHUB_API_URL: url(),
      GITHUB_REPOSITORY: "team/repository",
      PULL_REQUEST: "3",
      GH_TOKEN: "the-token",
    });
    const hosts = [
      {
        host: "GitLab",
        variables: inGitLab,
        list: "/projects/12/merge_requests/3/notes",
        comment: "/projects/12/merge_requests/3/notes/41",
        update: "PUT",
      },
      {
        host: "GitHub",
        variables: inGitHub,
        list: "/repos/team/repository/issues/3/comments",
        comment: "/repos/team/repository/issues/comments/41",
        update: "PATCH",
      },
    ];

    for (const { host, variables, list, comment, update } of hosts) {
      it(`creates a comment on ${host} if no earlier run wrote one`, async () => {
        comments = [commentBy(otherId, 1, "Looks good"), commentBy(ownId, 2, "another report")];
        const { code, err } = await runOn(variables());
        assert.equal(code, 0, err);
        const body = `${marker}\n\nthe report\n`;
        assert.deepEqual(writes, [{ method: "POST", path: list, body }]);
      });

      it(`updates its comment on a later page on ${host}, and no comment of others`, async () => {
        comments = [
          commentBy(otherId, 1, `${marker}\n\nI also write this`),
          commentBy(otherId, 2, "Looks good"),
          commentBy(otherId, 3, "Merge it"),
          commentBy(otherId, 4, "Done?"),
          commentBy(ownId, 41, `${marker}\n\nold report`),
        ];
        const { code, err } = await runOn(variables());
        assert.equal(code, 0, err);
        assert.deepEqual(
          writes.map(({ method, path }) => [method, path]),
          [[update, comment]],
        );
      });
    }

    it("says what to do if GitLab refuses the note, and never prints the token", async () => {
      writeStatus = 403;
      const { code, out, err } = await runOn(inGitLab());
      assert.equal(code, 1);
      assert.match(
        err,
        /^error: the comment was not written: POST http\S+\/notes was answered with 403\n {2}fix: PREVIEW_NOTE_TOKEN must be .* the role Reporter and the scope api$/m,
      );
      assert.doesNotMatch(out + err, /the-token/);
    });

    it("says what to do if GitLab rejects the token, and if it does not answer", async () => {
      const expired = await runOn({ ...inGitLab(), PREVIEW_NOTE_TOKEN: "expired" });
      assert.match(expired.err, /GET http\S+\/user was answered with 401\n {2}fix: /);
      const away = await runOn({ ...inGitLab(), CI_API_V4_URL: "http://127.0.0.1:9" });
      assert.deepEqual([away.code, /ECONNREFUSED|bad port/.test(away.err)], [1, true], away.err);
    });

    it("names the artifact and the variable on GitLab without a token", async () => {
      const { code, out } = await runOn({ ...inGitLab(), PREVIEW_NOTE_TOKEN: "" });
      assert.equal(code, 0);
      assert.match(out, /^The report is the artifact Preview of this merge request\.$/m);
      assert.match(out, /PREVIEW_NOTE_TOKEN: masked and not protected/);
      assert.deepEqual(writes, []);
    });
  });
});
