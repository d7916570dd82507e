/** The components as the engine gets them for a program in another language. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as path from "node:path";
import * as library from "../../components";
import { pluginSchema } from "../support/pluginSchema";
import { projectDirectory } from "../support/stackConfig";

describe("the plugin for programs in other languages", () => {
  let schema: any;

  before("the library is compiled", async () => {
    execFileSync("npm", ["run", "--silent", "build:library"], { cwd: projectDirectory });
    schema = await pluginSchema(path.join(projectDirectory, "plugin"), "host.js");
  });

  it("serves every component of the library by its type token", () => {
    const tokens = Object.values(library).flatMap((exported) =>
      "__pulumiType" in exported ? [exported.__pulumiType] : [],
    );
    assert.equal(tokens.length, 7);
    assert.deepEqual(Object.keys(schema.resources).sort(), tokens.sort());
    assert.equal(schema.name, "monitoring");
  });

  it("describes arguments, outputs and enumerations", () => {
    const { inputProperties, properties } = schema.resources["monitoring:index:LokiStack"];
    assert.equal(inputProperties.retentionDays.type, "number");
    assert.equal(properties.url.type, "string");
    const modes = schema.types["monitoring:index:LokiMode"].enum.map(({ value }: any) => value);
    assert.ok(modes.includes("distributed"));
  });
});
