import { datadogEnv, datadogLabels } from "../../components/datadog/workload";

/** What the downward API gives to a pod besides its labels. */
export interface PodFields {
  nodeAddress: string;
  uid: string;
}

/** The environment of a container with `datadogEnv`, its pod with `datadogLabels`, as the kubelet resolves it. */
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
