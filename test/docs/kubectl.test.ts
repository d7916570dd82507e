import * as assert from "node:assert/strict";
import { objectsIn } from "./kubectl";

const examples: [command: string, objects: string[]][] = [
  ["kubectl logs -n a daemonset/b -c c", ["a daemonset/b"]],
  ["kubectl port-forward -n a svc/b 3000:80", ["a service/b"]],
  ["kubectl rollout restart -n a daemonset/b deployment/c", ["a daemonset/b", "a deployment/c"]],
  ["kubectl scale deployment/b -n a --replicas=N", ["a deployment/b"]],
  ["kubectl exec -n a b-0 -c c -- amtool silence add d/e", ["a pod/b-0"]],
  ["kubectl exec -it -n a daemonset/b -- agent status", ["a daemonset/b"]],
  ["kubectl get servicemonitor -n a", ["a servicemonitor"]],
  ["kubectl describe sa b -n a", ["a serviceaccount/b"]],
  ["kubectl delete pod POD -n a", []],
  ["kubectl create job b --from=cronjob/c -n a", []],
  ["kubectl exec -n a deployment/<service> -- env", []],
  ["kubectl get pods -n a -l app=b -o wide", []],
];

describe("objects in a kubectl command", () => {
  for (const [command, objects] of examples) {
    it(`are ${objects.join(" and ") || "none"}: ${command}`, () => {
      assert.deepEqual(objectsIn(command), objects);
    });
  }
});
