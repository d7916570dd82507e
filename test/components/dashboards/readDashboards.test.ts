import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { readDashboards } from "../../../components/dashboards/readDashboards";

describe("readDashboards", () => {
  let folder: string;

  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "dashboards-"));
  });
  afterEach(() => fs.rmSync(folder, { recursive: true }));

  function write(name: string, text = '{"title":"A"}'): void {
    const full = path.join(folder, name);
    fs.mkdirSync(path.dirname(full), { recursive: true });
    fs.writeFileSync(full, text);
  }

  it("reads every JSON file in the folder and its subfolders, in a fixed order", () => {
    write("b.json");
    write("checkout/a.json");
    write("README.md", "no dashboard");
    write("folder.json/README.md", "no dashboard either");
    fs.symlinkSync("nowhere", path.join(folder, "broken.json"));
    const { settings } = readDashboards(folder);
    assert.deepEqual(
      settings?.map(({ name, folder }) => [name, folder]),
      [
        ["dashboard-b", "Services"],
        ["dashboard-checkout-a", "checkout"],
      ],
    );
  });

  it("accepts an empty folder", () => {
    assert.deepEqual(readDashboards(folder), { settings: [] });
  });

  it("names the invalid file", () => {
    write("checkout/a.json", "{");
    assert.deepEqual(readDashboards(folder).problems?.[0]?.path, ["checkout/a.json"]);
  });

  it("reports a folder that does not exist, or is a file", () => {
    write("a.json");
    for (const wrong of [path.join(folder, "none"), path.join(folder, "a.json")]) {
      const [problem, ...others] = readDashboards(wrong).problems ?? [];
      assert.deepEqual(others, []);
      assert.equal(problem?.rule, "must be a folder of dashboard files");
    }
  });
});
