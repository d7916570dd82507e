import { z } from "zod";
import { example, issue } from "../shared/problems";
import { dnsLabel, hostName, input, onMaps } from "../shared/schemas";
import { Values } from "../../policies/shared/mergeValues";
import { defined } from "../shared/defined";

/** IngressClass of the AWS Load Balancer Controller. */
const alb = "alb";

/** Secret that cert-manager creates if the settings do not name one. */
const defaultTlsSecretName = "grafana-tls";

export const ingressSchema = z
  .strictObject({
    host: input(
      example(hostName, "grafana.example.com").describe(
        "Grafana's host name. Users open Grafana at `https://<host>`.",
      ),
    ),
    className: example(
      z.string().regex(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/, "must be the name of an IngressClass"),
      alb,
    )
      .optional()
      .meta({
        description:
          "IngressClass, such as `nginx`. `alb` creates an AWS load balancer, which is internal unless an annotation overrides this.",
        defaultText: "required, unless `gateway` is set",
      }),
    certificateArn: input(
      example(
        z
          .string()
          .regex(
            /^arn:aws[a-z-]*:acm:[a-z0-9-]+:\d{12}:certificate\/[\w-]+$/,
            "must be the ARN of a certificate in ACM",
          ),
        "arn:aws:acm:us-east-1:123456789012:certificate/1234abcd-12ab-34cd-56ef-1234567890ab",
      )
        .optional()
        .meta({
          description: "ACM certificate for the class `alb`.",
          defaultText: "the ACM certificate that matches the host",
        }),
    ),
    tlsSecretName: input(
      example(dnsLabel, defaultTlsSecretName)
        .optional()
        .meta({
          description: "Secret with the certificate, for classes other than `alb`.",
          defaultText: `\`${defaultTlsSecretName}\` if \`clusterIssuer\` is set, otherwise required`,
        }),
    ),
    clusterIssuer: input(
      example(dnsLabel, "letsencrypt")
        .optional()
        .describe("ClusterIssuer that cert-manager uses to create that Secret."),
    ),
    gateway: z
      .strictObject({
        name: input(example(dnsLabel, "public").describe("Name of the Gateway.")),
        namespace: input(
          example(dnsLabel, "gateways").optional().meta({
            description:
              "Namespace of the Gateway, which must accept routes from `namespaces.monitoring`.",
            defaultText: "`namespaces.monitoring`",
          }),
        ),
        listener: input(
          example(dnsLabel, "https")
            .default("https")
            .describe("Name of the TLS listener (`sectionName`)."),
        ),
      })
      .optional()
      .describe("Gateway (of the Gateway API) for an HTTPRoute, instead of an Ingress."),
    annotations: input(
      z
        .record(z.string(), input(z.string()))
        .default({})
        .describe(
          "Additional annotations for the Ingress or HTTPRoute, which override the stack's annotations.",
        ),
    ),
  })
  .superRefine(checkExposure, onMaps);

/** How users reach Grafana. */
export type IngressSettings = z.output<typeof ingressSchema>;

/**
 * Checks that Grafana is exposed in exactly one way and has a certificate. Fields may have failed other
 * checks.
 */
function checkExposure(ingress: Partial<IngressSettings>, ctx: z.RefinementCtx): void {
  const { className, gateway, tlsSecretName, clusterIssuer } = ingress;
  const refuse = (rule: string, ...fields: (keyof IngressSettings)[]) => {
    for (const field of fields.filter((name) => ingress[name] !== undefined)) {
      issue(ctx, [field], rule, { kind: "remove" });
    }
  };
  if (gateway !== undefined) {
    refuse("does not apply to a gateway", "className");
    refuse(
      "does not apply to a gateway, whose listener has the certificate",
      "certificateArn",
      "tlsSecretName",
      "clusterIssuer",
    );
  } else if (className === undefined) {
    issue(ctx, ["className"], "is required, unless gateway is set");
  } else if (className === alb) {
    refuse(
      "does not apply to the class alb, whose certificates are in ACM",
      "tlsSecretName",
      "clusterIssuer",
    );
  } else {
    refuse("only applies to the class alb", "certificateArn");
    if (tlsSecretName !== undefined || clusterIssuer !== undefined) return;
    issue(ctx, ["tlsSecretName"], "is required, unless clusterIssuer is set");
  }
}

/** Returns the URL where users open Grafana, if the settings expose it. */
export function ingressUrl(ingress: Pick<IngressSettings, "host"> | undefined): string | undefined {
  return ingress && `https://${ingress.host}`;
}

/**
 * Returns the name of the Secret with an Ingress's certificate, unless the certificate is stored
 * elsewhere.
 */
export function tlsSecretOf({
  className,
  tlsSecretName = defaultTlsSecretName,
}: IngressSettings): string | undefined {
  return className === undefined || className === alb ? undefined : tlsSecretName;
}

/** Returns Grafana chart values for the Ingress or HTTPRoute. */
export function ingressValues(ingress: IngressSettings | undefined): Values {
  if (ingress === undefined) return {};
  const { host, className, clusterIssuer, gateway, annotations } = ingress;
  if (gateway !== undefined) {
    const { name, namespace, listener } = gateway;
    const parentRefs = [defined({ name, namespace, sectionName: listener })];
    return { route: { main: { enabled: true, hostnames: [host], parentRefs, annotations } } };
  }
  const secretName = tlsSecretOf(ingress);
  return {
    ingress: {
      enabled: true,
      ingressClassName: className,
      hosts: [host],
      ...(secretName !== undefined && { tls: [{ secretName, hosts: [host] }] }),
      annotations: {
        ...(className === alb && albAnnotations(ingress)),
        ...defined({ "cert-manager.io/cluster-issuer": clusterIssuer }),
        ...annotations,
      },
    },
  };
}

function albAnnotations({ certificateArn }: IngressSettings): Record<string, string> {
  const annotations = defined({
    scheme: "internal",
    // Grafana's Service has no node port, so the load balancer must send requests to pods.
    "target-type": "ip",
    "listen-ports": '[{"HTTP": 80}, {"HTTPS": 443}]',
    "ssl-redirect": "443",
    // The controller's default policy accepts TLS 1.0.
    "ssl-policy": "ELBSecurityPolicy-TLS13-1-2-2021-06",
    "certificate-arn": certificateArn,
    // Grafana redirects the default path to its login page, and the load balancer treats a redirect as
    // unhealthy.
    "healthcheck-path": "/api/health",
  });
  return Object.fromEntries(
    Object.entries(annotations).map(([key, value]) => [`alb.ingress.kubernetes.io/${key}`, value]),
  );
}
