import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { prepareBundle, runBundle } from "../../../preview/bundle/bundle.cjs";
import { sourcePositions } from "../../../preview/bundle/sourcePositions";

describe("a bundle", function () {
  this.timeout(120_000);
  let folder: string;
  const write = (name: string, text: string): void => {
    const file = path.join(folder, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, text);
  };
  const bundle = () => prepareBundle("pack", folder);
  const run = () => runBundle(bundle()) as Record<string, any>;

  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(fs.realpathSync(os.tmpdir()), "bundle-"));
    write("pack.ts", 'export { days } from "./limit";');
    write("limit.ts", "export const days: number = 15;");
  });
  afterEach(() => fs.rmSync(folder, { recursive: true }));

  it("is kept while the content of its sources is the same", () => {
    const first = bundle();
    const built = fs.statSync(first.sources).mtimeMs;
    fs.utimesSync(path.join(folder, "limit.ts"), new Date(), new Date());
    assert.deepEqual(bundle(), first);
    assert.equal(fs.statSync(first.sources).mtimeMs, built);
    assert.equal(run()["days"], 15);
  });

  it("is replaced when the content of a source changes, whatever its date and length", () => {
    const { mtime } = fs.statSync(path.join(folder, "limit.ts"));
    assert.equal(run()["days"], 15);
    write("limit.ts", "export const days: number = 30;");
    fs.utimesSync(path.join(folder, "limit.ts"), mtime, mtime);
    assert.equal(run()["days"], 30);
  });

  it("is replaced when a package has another version", () => {
    const install = (version: string): void => {
      write("node_modules/limits/package.json", JSON.stringify({ name: "limits", version }));
      write("node_modules/limits/index.js", `exports.version = "${version}";`);
    };
    write("pack.ts", 'export { version } from "limits";');
    install("1.0.0");
    assert.equal(run()["version"], "1.0.0");
    install("2.0.0");
    assert.equal(run()["version"], "2.0.0");
  });

  it("keeps the file with the packages until a source imports another package", () => {
    const install = (name: string): void => {
      write(`node_modules/${name}/package.json`, JSON.stringify({ name, version: "1.0.0" }));
      write(`node_modules/${name}/index.js`, `exports.${name} = "${name}";`);
    };
    install("limits");
    install("units");
    write("pack.ts", 'export { limits } from "limits"; export { days } from "./limit";');
    const { packages } = bundle();
    const { ino } = fs.statSync(packages);
    write("limit.ts", "export const days: number = 30;");
    assert.equal(run()["days"], 30);
    assert.equal(bundle().packages, packages);
    assert.equal(fs.statSync(packages).ino, ino);
    write("limit.ts", 'export { units as days } from "units";');
    assert.equal(run()["days"], "units");
    assert.notEqual(bundle().packages, packages);
  });

  it("shares the file with the packages with other folders that have the same", () => {
    write("node_modules/limits/package.json", JSON.stringify({ name: "limits", version: "1.0.0" }));
    write("node_modules/limits/index.js", "exports.limits = 15;");
    write("pack.ts", 'export { limits } from "limits";');
    const other = fs.mkdtempSync(path.join(fs.realpathSync(os.tmpdir()), "bundle-"));
    try {
      for (const name of ["pack.ts", "limit.ts"])
        fs.copyFileSync(path.join(folder, name), path.join(other, name));
      fs.symlinkSync(path.join(folder, "node_modules"), path.join(other, "node_modules"));
      const { packages } = bundle();
      const { ino } = fs.statSync(packages);
      // Another build removes what is old and belongs to a folder that no longer exists.
      fs.utimesSync(packages, 0, 0);
      const copy = prepareBundle("pack", other);
      assert.ok(Date.now() - fs.statSync(packages).mtimeMs < 60_000);
      assert.equal(copy.packages, packages);
      assert.equal(fs.statSync(packages).ino, ino);
      assert.deepEqual(runBundle(copy), { limits: 15 });
    } finally {
      fs.rmSync(other, { recursive: true });
    }
  });

  it("contains each package once, however a module names it", () => {
    write(
      "node_modules/counter/package.json",
      JSON.stringify({
        name: "counter",
        version: "1.0.0",
        exports: { import: "./index.mjs", require: "./index.js" },
      }),
    );
    write("node_modules/counter/index.js", "module.exports = { count: 0 };");
    write("node_modules/counter/index.mjs", "export const count = 0;");
    write(
      "pack.ts",
      `import * as imported from "counter";
       const name: string = "counter";
       export const loaded = async () => [
         imported.count, require("counter"), require(name), (await import("counter")).default];`,
    );
    return (run()["loaded"] as () => Promise<unknown[]>)().then(([count, first, ...others]) => {
      assert.equal(count, 0);
      assert.equal(others.length, 2);
      for (const other of others) assert.equal(other, first);
    });
  });

  it("keeps the folder of each source", () => {
    write("nested/where.ts", "export const where = [__dirname, __filename];");
    write("pack.ts", 'export { where } from "./nested/where";');
    const nested = path.join(folder, "nested");
    assert.deepEqual(run()["where"], [nested, path.join(nested, "where.ts")]);
  });

  it("loads what the SDK rarely needs when a program uses it", () => {
    fs.symlinkSync(path.resolve("node_modules"), path.join(folder, "node_modules"));
    write(
      "pack.ts",
      `import * as pulumi from "@pulumi/pulumi";
       export const isLoaded = () => Object.keys(require.cache).some((file) => file.includes("/typescript/"));
       export const workspace = () => typeof pulumi.automation.LocalWorkspace.create;
       export const serialize = () => pulumi.runtime.serializeFunction(() => 42);`,
    );
    const program = run();
    assert.equal((program["workspace"] as () => string)(), "function");
    return (program["serialize"] as () => Promise<{ text: string }>)().then(({ text }) =>
      assert.match(text, /return 42|=> 42/),
    );
  });

  it("contains only the parts of AWS that a program imports", () => {
    fs.symlinkSync(path.resolve("node_modules"), path.join(folder, "node_modules"));
    write(
      "pack.ts",
      `export { Role } from "@pulumi/aws/iam";
       export { Cluster } from "@pulumi/eks";`,
    );
    const { Role, Cluster } = run();
    assert.deepEqual([typeof Role, typeof Cluster], ["function", "function"]);
    const packages = fs.readFileSync(bundle().packages, "utf8");
    assert.match(packages, /aws:iam\/role:Role/);
    assert.doesNotMatch(packages, /aws:ec2\/instance:Instance/);
  });

  it("has no stack traces of the SDK's promises", () => {
    fs.symlinkSync(path.resolve("node_modules"), path.join(folder, "node_modules"));
    write(
      "pack.ts",
      `import { debuggablePromise } from "@pulumi/pulumi/runtime/debuggable";
       export const promise = Promise.resolve();
       void debuggablePromise(promise);`,
    );
    const { promise } = run();
    assert.ok("_debugStackTrace" in promise);
    assert.equal(promise._debugStackTrace, undefined);
  });

  it("names the source, the line and the column of an error", () => {
    write("limit.ts", "\nexport function fail(): never {\n  throw new Error('bug');\n}\n");
    write("pack.ts", 'export { fail } from "./limit";');
    try {
      (run()["fail"] as () => void)();
      assert.fail("must throw");
    } catch (error) {
      const stack = sourcePositions((error as Error).stack ?? "");
      assert.match(stack, new RegExp(`${path.join(folder, "limit.ts")}:3:9`));
    }
  });

  it("names the source and the line of a mistake", () => {
    write("limit.ts", "export const days: number = ;");
    assert.throws(bundle, /limit\.ts:1:28/);
  });
});
