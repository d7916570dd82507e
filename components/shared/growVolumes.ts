import { Values } from "../../policies/shared/mergeValues";
import { Placement, placement } from "./placement";
import { Labels } from "./labels";
import { resources } from "./resources";
import { nobody, unprivileged } from "./unprivileged";

/** The volumes of a StatefulSet that belong to one of its claim templates. */
export interface Volumes {
  statefulSet: string;
  claimTemplate: string;
  /** Size from the chart values, as a Helm template, so that it includes the caller's values. */
  size: string;
  /** Setting that determines the size, for messages. */
  setting: string;
  /**
   * StorageClass from the chart values, as a Helm template, if Helm manages the StatefulSet. Claim
   * templates are immutable, so the StatefulSet must be replaced. The Prometheus operator replaces its
   * StatefulSets itself.
   */
  storageClass?: string;
}

const name = "{{ .Release.Name }}-grow-volumes";

/** Returns the pod labels of a Job that prepares a release's upgrade, for network policies. */
export function upgradeJobLabels(releaseName: string): Labels {
  return {
    "app.kubernetes.io/component": "upgrade-job",
    "app.kubernetes.io/instance": releaseName,
  };
}

/**
 * Returns objects for a chart's `extraObjects` that make its volumes follow their settings. Kubernetes
 * can expand a claim, but the API server rejects changes to a StatefulSet's claim templates, and
 * nothing would expand the existing claims. Before each upgrade, a Job therefore expands the claims. It
 * also deletes each StatefulSet whose template differs, but not its pods and claims, so that Helm
 * creates it again. The Job, its service account and its role exist only during the upgrade. `image` is
 * a chart template for the image of the chart's sidecar, which contains Python.
 */
export function growVolumes(settings: Placement, image: string, volumes: Volumes[]): Values[] {
  const metadata = (weight: number) => ({
    name,
    namespace: "{{ .Release.Namespace }}",
    annotations: {
      "helm.sh/hook": "pre-upgrade",
      "helm.sh/hook-weight": String(weight),
      "helm.sh/hook-delete-policy": "before-hook-creation,hook-succeeded",
    },
  });
  const statefulSets = (verb: string, growing: Volumes[]) => ({
    apiGroups: ["apps"],
    resources: ["statefulsets"],
    resourceNames: growing.map(({ statefulSet }) => statefulSet),
    verbs: [verb],
  });
  const inChart = volumes.filter(({ storageClass }) => storageClass !== undefined);
  const rbac = "rbac.authorization.k8s.io";
  return [
    { apiVersion: "v1", kind: "ServiceAccount", metadata: metadata(-2) },
    {
      apiVersion: `${rbac}/v1`,
      kind: "Role",
      metadata: metadata(-2),
      rules: [
        { apiGroups: [""], resources: ["persistentvolumeclaims"], verbs: ["list", "patch"] },
        statefulSets("get", volumes),
        // Without resource names, the rule would apply to every StatefulSet.
        ...(inChart.length > 0 ? [statefulSets("delete", inChart)] : []),
      ],
    },
    {
      apiVersion: `${rbac}/v1`,
      kind: "RoleBinding",
      metadata: metadata(-1),
      roleRef: { apiGroup: rbac, kind: "Role", name },
      subjects: [{ kind: "ServiceAccount", name, namespace: "{{ .Release.Namespace }}" }],
    },
    {
      apiVersion: "batch/v1",
      kind: "Job",
      metadata: metadata(0),
      spec: {
        backoffLimit: 2,
        activeDeadlineSeconds: 300,
        template: {
          metadata: { labels: upgradeJobLabels("{{ .Release.Name }}") },
          spec: {
            serviceAccountName: name,
            restartPolicy: "Never",
            ...placement(settings),
            securityContext: {
              runAsNonRoot: true,
              runAsUser: nobody,
              seccompProfile: { type: "RuntimeDefault" },
            },
            containers: [
              {
                name: "grow-volumes",
                image,
                command: ["python", "-c", script],
                env: [
                  { name: "NAMESPACE", value: "{{ .Release.Namespace }}" },
                  { name: "VOLUMES", value: JSON.stringify(volumes) },
                ],
                resources: resources("10m", "64Mi"),
                securityContext: unprivileged,
              },
            ],
          },
        },
      },
    },
  ];
}

/**
 * Error message of the Job, with placeholders for the StatefulSet, its size and the smaller size.
 * `--against` uses the same text.
 */
export const cannotShrink = "volumes of StatefulSet %s have %s and cannot shrink to %s";
/** Fix for that error, with placeholders for the setting and the size. */
export const setBack = "set %s back to %s";

// Helm expands templates in this text, so it must not contain two consecutive braces.
const script = `
import json, os, re, ssl, sys, time, urllib.error, urllib.request

account = "/var/run/secrets/kubernetes.io/serviceaccount"
host = os.environ["KUBERNETES_SERVICE_HOST"]
api = "https://" + ("[%s]" % host if ":" in host else host) + ":" + os.environ["KUBERNETES_SERVICE_PORT"]
tls = ssl.create_default_context(cafile=account + "/ca.crt")
namespace = os.environ["NAMESPACE"]
units = dict(m=10**-3, k=10**3, M=10**6, G=10**9, T=10**12, P=10**15, Ki=2**10, Mi=2**20, Gi=2**30, Ti=2**40, Pi=2**50)


def call(method, path, body=None):
    request = urllib.request.Request(api + path, method=method, data=body and json.dumps(body).encode())
    request.add_header("Authorization", "Bearer " + open(account + "/token").read())
    request.add_header("Content-Type", "application/merge-patch+json" if method == "PATCH" else "application/json")
    try:
        return json.load(urllib.request.urlopen(request, context=tls, timeout=30))
    except urllib.error.HTTPError as error:
        if error.code == 404:
            return None
        sys.exit("%s %s: %s" % (method, path, json.load(error).get("message")))


def size_in_bytes(quantity):
    number, unit = re.fullmatch("([0-9.]+)([A-Za-z]*)", quantity).groups()
    return float(number) * units.get(unit, 1)


def storage(claim):
    return claim["spec"]["resources"]["requests"]["storage"]


def is_larger(size, other):
    return size_in_bytes(size) > size_in_bytes(other)


def stateful_set_path(volume):
    return "/apis/apps/v1/namespaces/%s/statefulsets/%s" % (namespace, volume["statefulSet"])


def live_template(volume):
    stateful_set = call("GET", stateful_set_path(volume))
    templates = stateful_set["spec"].get("volumeClaimTemplates", []) if stateful_set else []
    return next((each for each in templates if each["metadata"]["name"] == volume["claimTemplate"]), None)


volumes = [volume for volume in json.loads(os.environ["VOLUMES"]) if volume["size"]]
templates = [(volume, live_template(volume)) for volume in volumes]
templates = [(volume, template) for volume, template in templates if template]

smaller = [
    "${cannotShrink}\\n  fix: ${setBack}"
    % (volume["statefulSet"], storage(template), volume["size"], volume["setting"], storage(template))
    for volume, template in templates if is_larger(storage(template), volume["size"])
]
if smaller:
    sys.exit("\\n".join(smaller))

claims = "/api/v1/namespaces/%s/persistentvolumeclaims" % namespace
for claim in call("GET", claims)["items"]:
    name = claim["metadata"]["name"]
    for volume in volumes:
        pattern = "%s-%s-[0-9]+" % (volume["claimTemplate"], volume["statefulSet"])
        if re.fullmatch(pattern, name) and is_larger(volume["size"], storage(claim)):
            print("expand claim %s from %s to %s" % (name, storage(claim), volume["size"]))
            requests = dict(requests=dict(storage=volume["size"]))
            call("PATCH", claims + "/" + name, dict(spec=dict(resources=requests)))

for volume, template in templates:
    if "storageClass" not in volume:
        continue
    storage_class = template["spec"].get("storageClassName", "")
    if is_larger(volume["size"], storage(template)) or storage_class != volume["storageClass"].strip("-"):
        print("replace StatefulSet %s, and keep its pods" % volume["statefulSet"])
        call("DELETE", stateful_set_path(volume), dict(propagationPolicy="Orphan"))
        while call("GET", stateful_set_path(volume)):
            time.sleep(1)
`.trim();
