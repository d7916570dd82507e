/**
 * Records the objects of the charts in prod, without what Checkov does not read, for the test of the
 * findings in docs/security.md. Run it after a change of a chart or of the security settings in its values:
 *
 *     npm run preview -- --stack prod --out out
 *     helm pull <chart> --repo <repository> --version <version> --untar --untardir charts   (each)
 *     node --require tsx/cjs test/charts/recordObjects.ts out charts
 *
 * `HELM` names the helm program when it is not on PATH.
 */
import * as path from "node:path";
import { judged, securityValues, writeRecordedObjects } from "./recordedObjects";
import { type Manifest, manifestsOf, readReleases, readValues, renderRelease } from "./render";

const [previewDir, chartsDir] = process.argv.slice(2);
if (previewDir === undefined || chartsDir === undefined) {
  throw new Error("the folders of the preview and of the charts are required");
}
const options = { previewDir, chartsDir, helm: process.env["HELM"] ?? "helm" };
const releases = readReleases(previewDir);
const objects = releases
  .flatMap((release) => manifestsOf(renderRelease(release, options)))
  // Checkov has no checks for custom resources.
  .filter(({ apiVersion }) => !String(apiVersion).startsWith("monitoring.coreos.com/"))
  .map((manifest) => judged(manifest) as Manifest);
writeRecordedObjects({
  charts: Object.fromEntries(releases.map(({ chart, version }) => [path.basename(chart), version])),
  security: Object.fromEntries(
    releases.map((release) => [release.name, securityValues(readValues(release, options))]),
  ),
  objects,
});
console.log(`${objects.length} objects`);
