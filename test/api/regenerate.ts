/** Writes docs/api.md: `npm run api`. */
import * as fs from "node:fs";
import * as path from "node:path";
import { projectDirectory } from "../support/stackConfig";
import { apiReport } from "./report";

void apiReport().then((report) =>
  fs.writeFileSync(path.join(projectDirectory, "docs", "api.md"), report),
);
