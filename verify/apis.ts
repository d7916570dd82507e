import { lokiName } from "../components/loki/urls";
import { grafanaAdminSecretName } from "../components/prometheus/values";
import { serviceNames } from "../components/prometheus/urls";
import { ports } from "../components/shared/ports";
import type { SettingsWithPrometheus } from "../stacks/config/parseConfiguration";
import type { Apis } from "./checks/check";
import { type Cluster, serviceApi } from "./cluster/cluster";
import type { Secret } from "./cluster/objects";
import type { ServicePort } from "./cluster/portForward";

/** Parts of the stack with an HTTP API, and their ports. */
export const partPorts = {
  grafana: 80,
  prometheus: ports.prometheus,
  alertmanager: ports.alertmanager,
  loki: ports.loki,
};
export type Part = keyof typeof partPorts;

/** Returns the Service of a part. */
export function servicePort(
  { namespaces, prometheus }: SettingsWithPrometheus,
  part: Part,
): ServicePort {
  const names = { ...serviceNames(prometheus), loki: lokiName };
  return { namespace: namespaces.monitoring, service: names[part], port: partPorts[part] };
}

/** Returns the APIs of a live cluster. Each opens a single port-forward on first use. */
export function clusterApis(cluster: Cluster, settings: SettingsWithPrometheus): Apis {
  const part = (name: Part) => once(() => serviceApi(cluster, name, servicePort(settings, name)));
  return {
    kubernetes: cluster.kubernetes,
    prometheus: part("prometheus"),
    alertmanager: part("alertmanager"),
    loki: part("loki"),
    grafana: once(async () => {
      const { user, password } = await grafanaLogin(cluster, settings);
      const credentials = Buffer.from(`${user}:${password}`).toString("base64");
      const headers = { authorization: `Basic ${credentials}` };
      return serviceApi(cluster, "grafana", servicePort(settings, "grafana"), headers);
    }),
  };
}

/** Returns the username and password of Grafana's administrator, from their Secret. */
export async function grafanaLogin(
  { kubernetes }: Pick<Cluster, "kubernetes">,
  { namespaces }: SettingsWithPrometheus,
): Promise<{ user: string; password: string }> {
  const path = `/api/v1/namespaces/${namespaces.monitoring}/secrets/${grafanaAdminSecretName}`;
  const { data = {} } = await kubernetes.json<Secret>(path);
  const value = (key: string) => Buffer.from(data[key] ?? "", "base64").toString();
  return { user: value("admin-user"), password: value("admin-password") };
}

function once<T>(open: () => Promise<T>): () => Promise<T> {
  let opened: Promise<T> | undefined;
  return () => (opened ??= open());
}
