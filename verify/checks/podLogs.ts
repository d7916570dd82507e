/**
 * Returns a command that prints the logs of the pods with an `app.kubernetes.io/name`. The command sets
 * `--tail`, because kubectl otherwise prints only the last 10 lines of each pod that a label selects.
 */
export function podLogs(namespace: string, name: string, container?: string): string {
  const pods = `kubectl logs -n ${namespace} -l app.kubernetes.io/name=${name} --tail=100`;
  return container === undefined ? pods : `${pods} -c ${container}`;
}
