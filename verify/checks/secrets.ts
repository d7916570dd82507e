import { availableKeys, webhookSecretName } from "../../components/slack/credentialFiles";
import { secretNameOf } from "../../components/datadog/settings";
import { tlsSecretOf } from "../../components/prometheus/grafanaIngress";
import { longTermCredentials } from "../../components/prometheus/longTerm";
import { PrometheusSettings } from "../../components/prometheus/settings";
import { grafanaAdminSecretName } from "../../components/prometheus/values";
import { secrets } from "../../components/secrets/secrets";
import type { SettingsWithPrometheus } from "../../stacks/config/parseConfiguration";
import { type Check, pass } from "./check";
import type { Secret } from "../cluster/objects";

interface ExpectedSecret {
  namespace: string;
  name: string;
  keys: string[];
}

const placeholders = new Set<string>(secrets.map(({ placeholder }) => placeholder));

/** Returns the Secrets that the stack's workloads mount. */
function expectedSecrets({
  namespaces,
  prometheus,
  slack,
  datadog,
}: SettingsWithPrometheus): ExpectedSecret[] {
  const { monitoring: namespace } = namespaces;
  const { configSecretName } = prometheus.alertmanager;
  return [
    { namespace, name: grafanaAdminSecretName, keys: ["admin-user", "admin-password"] },
    ...prometheusSecrets(prometheus).map((secret) => ({ namespace, ...secret })),
    ...(configSecretName === undefined
      ? []
      : [{ namespace, name: configSecretName, keys: ["alertmanager.yaml"] }]),
    ...(slack === undefined
      ? []
      : [
          {
            namespace,
            name: slack.existingSecret ?? webhookSecretName,
            keys: availableKeys(slack),
          },
        ]),
    ...(datadog === undefined
      ? []
      : [{ namespace: datadog.namespace, name: secretNameOf(datadog), keys: ["api-key"] }]),
  ];
}

/**
 * Returns the Secrets with credentials and certificates that the settings of Prometheus and Grafana
 * refer to.
 */
function prometheusSecrets({
  longTerm,
  grafana: { sso, ingress, dataSources },
}: PrometheusSettings): Omit<ExpectedSecret, "namespace">[] {
  const credentials = [
    ...longTermCredentials(longTerm),
    ...(sso === undefined ? [] : [sso.clientSecret]),
    ...dataSources.flatMap(({ secrets: fields = {} }) => Object.values(fields)),
  ];
  const tlsSecret = ingress && tlsSecretOf(ingress);
  return [
    ...[...new Set(credentials.map(({ name }) => name))].map((name) => ({
      name,
      keys: credentials.flatMap((each) => (each.name === name ? [each.key] : [])),
    })),
    ...(tlsSecret === undefined ? [] : [{ name: tlsSecret, keys: ["tls.crt", "tls.key"] }]),
  ];
}

/** Checks that each Secret exists and that all of its keys have a value. */
export function secretChecks(settings: SettingsWithPrometheus): Check[] {
  return expectedSecrets(settings).map(({ namespace, name, keys }) => ({
    name: `Secret ${namespace}/${name}`,
    next: `kubectl describe secret -n ${namespace} ${name}`,
    run: async ({ kubernetes }) => {
      const path = `/api/v1/namespaces/${namespace}/secrets/${name}`;
      const secret = await kubernetes.find<Secret>(path);
      if (secret === undefined) return { status: "fail", evidence: "does not exist" };
      const valueOf = (key: string) =>
        Buffer.from(secret.data?.[key] ?? "", "base64")
          .toString()
          .trim();
      const unset = keys.filter((key) => valueOf(key) === "" || placeholders.has(valueOf(key)));
      if (unset.length === 0) return pass(`has ${keys.join(", ")}`);
      return { status: "fail", evidence: `has no value for ${unset.join(", ")}` };
    },
  }));
}
