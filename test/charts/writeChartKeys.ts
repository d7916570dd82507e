/** Writes the keys that the library ships: `node --require tsx/cjs test/charts/writeChartKeys.ts`. */
import * as fs from "node:fs";
import * as path from "node:path";
import { chartKeysModule } from "./unknownKeys";

export const chartKeysFile = path.join(__dirname, "../../components/charts/chartKeys.ts");

if (require.main === module) fs.writeFileSync(chartKeysFile, chartKeysModule());
