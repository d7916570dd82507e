import { datadogEnv, datadogLabels } from "../../components/datadog/workload";

/** Fields of a pod that the downward API provides in addition to its labels. */
export interface PodFields {
  nodeAddress: string;
  uid: string;
}

/** Environment that the kubelet resolves for a container with `datadogEnv` in a pod with `datadogLabels`. */
export function containerEnvironment(
  workload: Parameters<typeof datadogEnv>[0],
  { nodeAddress, uid }: PodFields,
): Record<string, string> {
  const fields: Record<string, string> = {
    "status.hostIP": nodeAddress,
    "metadata.uid": uid,
    ...Object.fromEntries(
      Object.entries(datadogLabels(workload)).map(([name, label]) => [
        `metadata.labels['${name}']`,
        label,
      ]),
    ),
  };
  return Object.fromEntries(
    (datadogEnv(workload) as any[]).map(({ name, value, valueFrom }) => [
      name,
      value ?? fields[valueFrom.fieldRef.fieldPath],
    ]),
  );
}
