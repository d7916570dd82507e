import * as assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { FakeKubernetes } from "../support/fakeKubernetes";
import { parseConfiguration } from "../../stacks/config/parseConfiguration";
import { Api } from "../../verify/cluster/api";
import { stuckReleases } from "../../verify/rescue/helmReleases";
import { pendingInstallations, readState, stateObstacles } from "../../verify/rescue/pulumiState";
import { configuration, projectDirectory } from "../support/stackConfig";

const { settings } = parseConfiguration(configuration("prod"));
assert.ok(settings !== undefined);

/** A CLI with a lock and a state in files, which records the commands that change something. */
const pulumi = `#!/bin/sh
cd "$(dirname "$0")"
shift 3
case "$*" in
  "whoami --json") echo '{"url": "file:///state"}' ;;
  "stack export"*) cat state.json ;;
  "stack rename"*) [ -f lock ] && echo "error: the stack is currently locked by 1 lock(s).
  file:///state/locks/prod/a.json: created by ci@runner-1 (pid 42) at 2026-01-01T00:00:00Z"; exit 255 ;;
  "cancel"*) echo "$*" >> commands; rm lock ;;
  "stack import"*) echo "$*" >> commands; cat > state.json ;;
  *) echo "unexpected: $*" >&2; exit 1 ;;
esac
`;

type Revision = [release: string, version: number, status: string];

describe("npm run rescue", () => {
  const path0 = process.env["PATH"];
  let folder: string;
  let revisions: Revision[];

  beforeEach("start with a CLI and releases without a fault", () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "rescue-"));
    fs.writeFileSync(path.join(folder, "pulumi"), pulumi, { mode: 0o755 });
    process.env["PATH"] = `${folder}:${path0}`;
    write({ version: 3, deployment: { resources: [{ urn: "a" }] } });
    revisions = [
      ["prometheus", 1, "superseded"],
      ["prometheus", 2, "deployed"],
      ["loki", 1, "deployed"],
    ];
  });

  afterEach(() => {
    process.env["PATH"] = path0;
    fs.rmSync(folder, { recursive: true });
  });

  function write(state: unknown): void {
    fs.writeFileSync(path.join(folder, "state.json"), JSON.stringify(state));
  }

  const read = (file: string): string => fs.readFileSync(path.join(folder, file), "utf8");

  /** The Secrets of Helm in the namespace `monitoring`, as the Kubernetes API returns them. */
  function answer(url: string, method = "GET"): string {
    const { pathname, searchParams } = new URL(url, "http://fake");
    if (method === "DELETE") {
      const name = pathname.split("/").at(-1);
      revisions = revisions.filter((revision) => secretName(revision) !== name);
    }
    const selected = searchParams.get("labelSelector")?.split("name=")[1];
    const items = revisions
      .filter(([release]) => release === selected && pathname.includes("/monitoring/"))
      .map((revision) => ({ metadata: { name: secretName(revision), labels: labels(revision) } }));
    return JSON.stringify({ items });
  }

  const api = new Api("the Kubernetes API", (url, { method } = {}) =>
    Promise.resolve({ status: 200, text: answer(url, method) }),
  );

  /** Repairs everything, and returns what it said. */
  async function repair(): Promise<string> {
    const state = await readState("prod");
    const obstacles = [
      ...(await stateObstacles("prod", state)),
      ...(await stuckReleases(api, settings!, pendingInstallations(state))),
    ];
    for (const { run } of obstacles) await run();
    return obstacles.map(({ what, repair: how }) => `${what}: ${how}\n`).join("");
  }

  const secretName = ([release, version]: Revision): string =>
    `sh.helm.release.v1.${release}.v${version}`;
  const labels = ([, version, status]: Revision) => ({
    version: String(version),
    status,
    modifiedAt: "1767225600",
  });

  it("finds nothing in a stack without a fault, and changes nothing", async () => {
    assert.equal(await repair(), "");
    assert.equal(revisions.length, 3);
    assert.ok(!fs.existsSync(path.join(folder, "commands")));
  });

  it("deletes the revision of an interrupted installation", async () => {
    revisions = [["loki", 1, "pending-install"]];
    const said = await repair();
    assert.match(
      said,
      /monitoring\/loki is pending-install since 2026-01-01T00:00:00.000Z: Delete/,
    );
    assert.match(said, /Delete the Secret sh\.helm\.release\.v1\.loki\.v1 of revision 1/);
    assert.equal(revisions.length, 0);
  });

  it("deletes the revision of an interrupted upgrade, and keeps the one before it", async () => {
    revisions.push(["prometheus", 10, "pending-upgrade"], ["prometheus", 9, "superseded"]);
    assert.match(await repair(), /revision 10: the next `pulumi up` upgrades it from revision 9/);
    assert.deepEqual(
      revisions.map(([, version]) => version),
      [1, 2, 1, 9],
    );
  });

  it("deletes the revision of an installation that ended after the kill", async () => {
    const pending = (name: string) => ({
      type: "creating",
      resource: {
        urn: `urn:pulumi:prod::monitoring::kubernetes:helm.sh/v3:Release::${name}`,
        type: "kubernetes:helm.sh/v3:Release",
        inputs: { namespace: "monitoring", name },
      },
    });
    write({ version: 3, deployment: { pending_operations: [pending("loki"), pending("alloy")] } });
    const said = await repair();
    assert.match(said, /monitoring\/loki is deployed, but not in the stack's state since 2026/);
    assert.doesNotMatch(said, /monitoring\/(prometheus|alloy)/);
    assert.deepEqual(
      revisions.map(([release]) => release),
      ["prometheus", "prometheus"],
    );
  });

  it("leaves a failed release, which the next up repairs, and releases of others", async () => {
    revisions = [
      ["prometheus", 1, "failed"],
      ["other", 1, "pending-install"],
    ];
    assert.equal(await repair(), "");
    assert.equal(revisions.length, 2);
  });

  it("removes the lock, and then the pending operations from the state", async () => {
    fs.writeFileSync(path.join(folder, "lock"), "");
    const urn = "urn:pulumi:prod::monitoring::kubernetes:helm.sh/v3:Release::loki";
    const resources = [{ urn: "a", outputs: { password: { ciphertext: "v1:abc" } } }];
    const pending = [{ type: "creating", resource: { urn } }];
    write({ version: 3, deployment: { resources, pending_operations: pending } });
    const said = await repair();
    assert.match(said, /locked by ci@runner-1 \(pid 42\) at 2026-01-01T00:00:00Z/);
    assert.match(said, /pending operations: creating loki:/);
    assert.equal(read("commands"), "cancel --stack prod --yes\nstack import --stack prod\n");
    assert.deepEqual(JSON.parse(read("state.json")), { version: 3, deployment: { resources } });
  });

  it("finds an update in progress on Pulumi Cloud", async () => {
    const stacks = JSON.stringify([{ name: "org/prod", updateInProgress: true }]);
    const cloud = pulumi
      .replace("file:///state", "https://app.pulumi.com/org")
      .replace("case", `[ "$*" = "stack ls --json" ] && { echo '${stacks}'; exit; }\ncase`);
    fs.writeFileSync(path.join(folder, "pulumi"), cloud);
    fs.writeFileSync(path.join(folder, "lock"), "");
    assert.match(await repair(), /^The stack is locked by another update: Remove the lock/);
  });

  it("fails if the CLI fails", async () => {
    fs.writeFileSync(path.join(folder, "pulumi"), "#!/bin/sh\necho no login >&2\nexit 1\n");
    await assert.rejects(repair(), /pulumi stack export --stack prod failed: no login/);
  });

  it("says what it would do, and does nothing without a yes", async () => {
    const pending = [{ type: "creating", resource: { urn: "urn::loki" } }];
    write({ deployment: { pending_operations: pending } });
    const kubernetes = new FakeKubernetes(
      (request, response) => response.end(answer(request.url ?? "", request.method)),
      {},
    );
    const kubeconfig = await kubernetes.start(folder);
    try {
      const command = ["--require", "tsx/cjs", "verify/rescue.ts", "--stack", "prod"];
      const child = spawn(process.execPath, command, {
        cwd: projectDirectory,
        env: { ...process.env, KUBECONFIG: kubeconfig },
        stdio: ["ignore", "pipe", "pipe"],
      });
      let out = "";
      child.stdout.on("data", (chunk) => (out += chunk));
      const [code] = (await once(child, "close")) as [number];
      assert.equal(code, 1, out);
      assert.match(out, /pending operations: creating loki\.\n {2}repair: Remove them/);
      assert.match(out, /Nothing was changed/);
      assert.ok(!fs.existsSync(path.join(folder, "commands")));
    } finally {
      kubernetes.stop();
    }
  });
});
