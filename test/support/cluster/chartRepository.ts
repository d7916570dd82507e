import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as https from "node:https";
import * as path from "node:path";
import { stringify } from "yaml";
import { charts } from "../../../components/charts/charts";
import { toolPath } from "../../../tools/paths.cjs";
import { listen } from "../ports";

/**
 * Objects of each chart: the values, a workload whose pod a release waits for, the objects in the
 * values, and the StatefulSet of Loki as a single binary.
 */
const template = `
{{- define "loki.image" }}sidecar{{ end }}
apiVersion: v1
kind: ConfigMap
metadata: { name: {{ .Release.Name }}-values }
data: { values: {{ toJson .Values | quote }} }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: {{ .Release.Name }} }
spec:
  selector: { matchLabels: { app: {{ .Release.Name }} } }
  template:
    metadata:
      labels: { app: {{ .Release.Name }} }
      annotations: { values: {{ toJson .Values | sha256sum | quote }} }
    spec: { containers: [{ name: main, image: none }] }
{{- range concat (.Values.extraObjects | default list) (.Values.extraManifests | default list) }}
---
{{ tpl (toYaml .) $ }}
{{- end }}
{{- with (.Values.singleBinary).persistence }}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: {{ $.Release.Name }} }
spec:
  replicas: {{ $.Values.singleBinary.replicas }}
  selector: { matchLabels: { app: single-binary } }
  template:
    metadata: { labels: { app: single-binary } }
    spec: { containers: [{ name: main, image: none }] }
  volumeClaimTemplates:
    - metadata: { name: storage }
      spec:
        accessModes: [ReadWriteOnce]
        storageClassName: {{ .storageClass }}
        resources: { requests: { storage: {{ .size }} } }
{{- end }}
`;

/** Values of charts that our templates read. */
const defaults = { sidecar: {}, grafana: { sidecar: { image: { tag: "1" } } }, global: {} };

/** A chart repository on loopback with a small chart in place of each pinned one. */
export class ChartRepository {
  private constructor(
    readonly url: string,
    readonly stop: () => Promise<void>,
  ) {}

  /** Serves the charts with the certificate of the API server, which names the loopback address. */
  static async start(folder: string, tls: { cert: string; key: string }): Promise<ChartRepository> {
    const served = path.join(folder, "charts");
    fs.mkdirSync(served, { recursive: true });
    for (const { name, version } of Object.values(charts)) {
      packageChart(path.join(folder, name), name, version, served);
    }
    const options = { cert: fs.readFileSync(tls.cert), key: fs.readFileSync(tls.key) };
    const server = https.createServer(options, (request, response) => {
      const file = path.join(served, path.basename(request.url ?? ""));
      if (fs.existsSync(file)) response.end(fs.readFileSync(file));
      else response.writeHead(404).end();
    });
    const { port, stop } = await listen(server);
    const url = `https://127.0.0.1:${port}`;
    execFileSync(toolPath("helm"), ["repo", "index", served, "--url", url]);
    return new ChartRepository(url, stop);
  }
}

function packageChart(folder: string, name: string, version: string, destination: string): void {
  fs.mkdirSync(path.join(folder, "templates"), { recursive: true });
  fs.writeFileSync(
    path.join(folder, "Chart.yaml"),
    stringify({ apiVersion: "v2", name, version, appVersion: version }),
  );
  fs.writeFileSync(path.join(folder, "templates", "objects.yaml"), template);
  fs.writeFileSync(path.join(folder, "values.yaml"), stringify(defaults));
  // As the real chart does. All of its CRDs would exceed the size of the Secret that Helm writes.
  if (name === charts.kubePrometheusStack.name) {
    const crds = path.join(folder, "crds");
    fs.mkdirSync(crds);
    for (const file of fs.readdirSync(toolPath("crds"))) {
      if (!/_(servicemonitors|prometheusrules)\.yaml$/.test(file)) continue;
      fs.copyFileSync(path.join(toolPath("crds"), file), path.join(crds, file));
    }
  }
  execFileSync(toolPath("helm"), ["package", folder, "--destination", destination], {
    stdio: "pipe",
  });
}
