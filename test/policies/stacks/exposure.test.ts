import { Resource } from "../../../policies/facts/resource";
import { changed, configSecret, stackValues } from "../platformSubjects";
import {
  Mistakes,
  argo,
  base,
  chart,
  community,
  grafana,
  grafanaHost,
  ingress,
  itJudges,
  kube,
  loki,
  manifests,
  pinned,
} from "./subjects";

const exposed = (annotation: string) => [
  ...base(),
  ...manifests(`
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: prometheus
  namespace: monitoring
  annotations: {${annotation}: basic}
spec:
  ingressClassName: nginx
  tls: [{hosts: [prometheus.acme.io], secretName: prometheus-tls}]
  rules:
    - host: prometheus.acme.io
      http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: prometheus-operated, port: {number: 9090}}}}]}
`),
];

const mistakes: Mistakes = {
  "anonymous access, in an Application of Argo CD": [
    "grafana-exposure",
    [
      argo(
        "kube-prometheus-stack",
        changed(stackValues, {
          grafana: { "grafana.ini": { "auth.anonymous": { enabled: true, org_role: "Viewer" } } },
        }),
      ),
    ],
  ],
  "Alertmanager on the internet": [
    "grafana-exposure",
    [ingress("kube-prometheus-stack-alertmanager")],
  ],
  // Exposure
  "Prometheus on a load balancer for all addresses": [
    "grafana-exposure",
    [
      pinned({
        prometheus: {
          service: { type: "LoadBalancer", loadBalancerSourceRanges: ["0.0.0.0/0"] },
        },
      }),
      configSecret(),
    ],
  ],
  "administrators by default": [
    "grafana-exposure",
    [
      grafana({
        "grafana.ini": {
          users: { auto_assign_org_role: "Admin" },
          "auth.google": { enabled: true, allowed_domains: "shop.io" },
        },
      }),
    ],
  ],
  "a route of Grafana to every listener": [
    "grafana-exposure",
    [
      kube("gateway.networking.k8s.io/v1:HTTPRoute", "grafana", {
        spec: {
          parentRefs: [{ name: "public" }],
          hostnames: ["grafana.shop.io"],
          rules: [{ backendRefs: [{ name: "grafana", port: 80 }] }],
        },
      }),
    ],
  ],
  "an ingress of Prometheus without a login, in an Application of Argo CD": [
    "grafana-exposure",
    [
      argo(
        "kube-prometheus-stack",
        changed(stackValues, {
          prometheus: {
            ingress: {
              enabled: true,
              ingressClassName: "nginx",
              hosts: ["prometheus.acme-corp.io"],
              tls: [{ secretName: "t", hosts: ["prometheus.acme-corp.io"] }],
            },
          },
        }),
      ),
    ],
  ],
  "an administrator by a constant path": [
    "grafana-exposure",
    [
      grafana({
        "grafana.ini": {
          "auth.generic_oauth": {
            enabled: true,
            client_id: "grafana",
            auth_url: "https://sso.acme-corp.io/authorize",
            allowed_domains: "acme-corp.io",
            role_attribute_path: "'Admin'",
          },
        },
      }),
    ],
  ],
  "Alertmanager on a load balancer that is not internal": [
    "grafana-exposure",
    manifests(
      "apiVersion: v1\nkind: Service\nmetadata: {name: alertmanager-external, namespace: monitoring, annotations: {service.beta.kubernetes.io/aws-load-balancer-internal: 'false'}}\nspec: {type: LoadBalancer, selector: {app.kubernetes.io/name: alertmanager}, ports: [{port: 9093}]}\n",
    ),
  ],
  "Google sign-in open to any account": [
    "grafana-exposure",
    [
      grafana({
        ...grafanaHost,
        envValueFrom: {
          GF_AUTH_GOOGLE_CLIENT_SECRET: { secretKeyRef: { name: "grafana-google", key: "secret" } },
        },
        "grafana.ini": {
          server: { root_url: "https://grafana.acme-corp.io" },
          "auth.google": {
            enabled: true,
            client_id: "123-abc.apps.googleusercontent.com",
            scopes: "openid email profile",
            allow_sign_up: true,
          },
        },
      }),
    ],
  ],
  "the gateway of Loki on the internet": [
    "grafana-exposure",
    [
      loki({
        gateway: {
          ingress: {
            enabled: true,
            ingressClassName: "nginx",
            annotations: { "cert-manager.io/cluster-issuer": "letsencrypt" },
            hosts: [{ host: "loki.acme-corp.io", paths: [{ path: "/", pathType: "Prefix" }] }],
            tls: [{ secretName: "loki-tls", hosts: ["loki.acme-corp.io"] }],
          },
        },
      }),
    ],
  ],
  "a Grafana where anybody may sign up": [
    "grafana-exposure",
    [
      grafana({
        ...grafanaHost,
        "grafana.ini": { users: { allow_sign_up: true, auto_assign_org_role: "Viewer" } },
      }),
    ],
  ],
  "a sign-in without a verified certificate": [
    "grafana-exposure",
    [
      grafana({
        "grafana.ini": {
          server: { root_url: "https://g.acme.io" },
          "auth.generic_oauth": {
            enabled: true,
            tls_skip_verify_insecure: true,
            allowed_domains: "acme.io",
          },
        },
      }),
    ],
  ],
  "a Pushgateway on the internet": [
    "grafana-exposure",
    [
      chart("prometheus-pushgateway", {
        ingress: {
          enabled: true,
          className: "nginx",
          hosts: ["push.acme.io"],
          tls: [{ secretName: "x", hosts: ["push.acme.io"] }],
        },
      }),
    ],
  ],
  "Tempo on a load balancer": [
    "grafana-exposure",
    [chart("tempo", { service: { type: "LoadBalancer" } }, community)],
  ],
  "external addresses of Prometheus": [
    "grafana-exposure",
    [
      kube("core/v1:Service", "prometheus-public", {
        spec: {
          selector: { "app.kubernetes.io/name": "prometheus" },
          externalIPs: ["52.1.2.3"],
          ports: [{ port: 9090 }],
        },
      }),
    ],
  ],
  "authentication that ingress-nginx does not read": [
    "grafana-exposure",
    exposed("ingress.kubernetes.io/auth-type"),
  ],
};

const sound: Record<string, Resource[]> = {
  "Grafana on the internet, with TLS": [ingress("kube-prometheus-stack-grafana")],
  "Prometheus behind a login": [
    ingress("prometheus-operated", {
      "nginx.ingress.kubernetes.io/auth-url": "https://login.shop.io/oauth2/auth",
    }),
  ],
  "a NodePort for a load balancer with a certificate": [
    grafana({
      service: { type: "NodePort" },
      ingress: {
        enabled: true,
        ingressClassName: "alb",
        hosts: ["grafana.shop.io"],
        annotations: {
          "alb.ingress.kubernetes.io/scheme": "internet-facing",
          "alb.ingress.kubernetes.io/listen-ports": '[{"HTTPS": 443}]',
          "alb.ingress.kubernetes.io/certificate-arn":
            "arn:aws:acm:eu-west-1:123456789012:certificate/0b0b",
        },
      },
    }),
  ],
  "a route of Traefik over TLS": [
    kube("traefik.io/v1alpha1:IngressRoute", "grafana", {
      spec: {
        entryPoints: ["websecure"],
        routes: [
          {
            match: "Host(`grafana.shop.io`)",
            kind: "Rule",
            services: [{ name: "grafana", port: 80 }],
          },
        ],
        tls: { secretName: "grafana-tls" },
      },
    }),
  ],
  "Prometheus with a password of nginx": [
    ingress("prometheus-operated", {
      "nginx.ingress.kubernetes.io/auth-type": "basic",
      "nginx.ingress.kubernetes.io/auth-secret": "monitoring/prometheus-auth",
    }),
  ],
  "Alertmanager on a private load balancer": [
    kube(
      "core/v1:Service",
      "alertmanager-private",
      {
        spec: {
          type: "LoadBalancer",
          selector: { "app.kubernetes.io/name": "alertmanager" },
          ports: [{ port: 9093 }],
        },
      },
      { annotations: { "service.beta.kubernetes.io/aws-load-balancer-scheme": "internal" } },
    ),
  ],
  "Grafana on a load balancer with a certificate": [
    chart(
      "grafana",
      {
        admin: { existingSecret: "grafana-admin" },
        service: {
          type: "LoadBalancer",
          port: 443,
          annotations: {
            "service.beta.kubernetes.io/aws-load-balancer-ssl-cert":
              "arn:aws:acm:eu-west-1:123456789012:certificate/0b0b",
          },
        },
      },
      "https://grafana-community.github.io/helm-charts",
    ),
  ],
  "Grafana on a shared load balancer of AWS": [
    grafana({
      ingress: {
        enabled: true,
        ingressClassName: "alb",
        hosts: ["grafana.acme-corp.io"],
        annotations: {
          "alb.ingress.kubernetes.io/group.name": "tools",
          "alb.ingress.kubernetes.io/scheme": "internet-facing",
          "alb.ingress.kubernetes.io/target-type": "ip",
          "alb.ingress.kubernetes.io/listen-ports": '[{"HTTP": 80}, {"HTTPS": 443}]',
          "alb.ingress.kubernetes.io/ssl-redirect": "443",
        },
      },
    }),
  ],
  "Grafana behind Istio": manifests(`
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: public, namespace: istio-ingress}
spec: {selector: {istio: ingress}, servers: [{port: {number: 443, name: https, protocol: HTTPS}, tls: {mode: SIMPLE, credentialName: wildcard}, hosts: ["*.acme-corp.io"]}]}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: grafana, namespace: monitoring}
spec: {hosts: [grafana.acme-corp.io], gateways: [istio-ingress/public], http: [{route: [{destination: {host: grafana.monitoring.svc.cluster.local, port: {number: 80}}}]}]}
`),
  "a certificate of cert-manager": [
    grafana({
      ingress: {
        enabled: true,
        ingressClassName: "nginx",
        annotations: { "cert-manager.io/cluster-issuer": "letsencrypt-prod" },
        hosts: ["grafana.acme-corp.io"],
        tls: [{ secretName: "grafana-tls", hosts: ["grafana.acme-corp.io"] }],
      },
      "grafana.ini": {
        server: { root_url: "https://grafana.acme-corp.io" },
        "auth.github": {
          enabled: true,
          allow_sign_up: true,
          allowed_organizations: "acme-corp",
          client_id: "$__file{/etc/secrets/id}",
          client_secret: "$__file{/etc/secrets/secret}",
        },
      },
    }),
  ],
  "roles from groups of Entra": [
    grafana({
      "grafana.ini": {
        "auth.azuread": {
          enabled: true,
          client_id: "1b2c",
          auth_url:
            "https://login.microsoftonline.com/0b0b0b0b-1111-2222-3333-444444444444/oauth2/v2.0/authorize",
          allowed_groups: "5e5e",
          role_attribute_path: "contains(groups[*], '5e5e') && 'Admin' || 'Viewer'",
          role_attribute_strict: true,
        },
      },
      envFromSecret: "grafana-oauth",
    }),
  ],
  "Keycloak, and no password": [
    grafana({
      "grafana.ini": {
        auth: { disable_login_form: true },
        "auth.generic_oauth": {
          enabled: true,
          name: "Keycloak",
          client_id: "grafana",
          client_secret: "$__env{CLIENT_SECRET}",
          auth_url: "https://keycloak.acme-corp.io/realms/acme/protocol/openid-connect/auth",
          role_attribute_path: "contains(roles[*], 'grafana-admin') && 'Admin' || 'Viewer'",
        },
      },
    }),
  ],
  "a proxy that signs users in": [
    grafana({
      "grafana.ini": {
        "auth.proxy": {
          enabled: true,
          header_name: "X-WEBAUTH-USER",
          whitelist: "10.0.12.0/24",
          auto_sign_up: true,
        },
        users: { auto_assign_org_role: "Viewer" },
      },
    }),
  ],
  "a class of ingresses for the office network": [
    ...manifests(
      "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: prometheus, namespace: monitoring}\nspec: {ingressClassName: nginx-internal, rules: [{host: prometheus.acme-corp.internal, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: prometheus-operated, port: {number: 9090}}}}]}}]}\n",
    ),
  ],
  "a listener of a gateway with TLS": manifests(
    "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: grafana, namespace: monitoring}\nspec: {parentRefs: [{name: public, namespace: gateways, sectionName: https}], hostnames: [grafana.acme-corp.io], rules: [{matches: [{path: {type: PathPrefix, value: /}}], backendRefs: [{name: grafana, port: 80}]}]}\n",
  ),
  "middlewares of Traefik in front of Prometheus": manifests(
    "apiVersion: traefik.io/v1alpha1\nkind: IngressRoute\nmetadata: {name: prometheus, namespace: monitoring}\nspec: {entryPoints: [websecure], routes: [{kind: Rule, match: 'Host(`prometheus.acme-corp.io`)', middlewares: [{name: forward-auth}], services: [{name: prometheus-operated, port: 9090}]}], tls: {certResolver: letsencrypt}}\n",
  ),
  "Grafana with Google sign-in for one domain": [
    grafana({
      ...grafanaHost,
      envValueFrom: {
        GF_AUTH_GOOGLE_CLIENT_SECRET: { secretKeyRef: { name: "grafana-google", key: "secret" } },
      },
      "grafana.ini": {
        server: { root_url: "https://grafana.acme-corp.io" },
        users: { auto_assign_org_role: "Viewer" },
        "auth.google": {
          enabled: true,
          client_id: "123-abc.apps.googleusercontent.com",
          scopes: "openid email profile",
          allowed_domains: "acme-corp.io",
          hosted_domain: "acme-corp.io",
          allow_sign_up: true,
        },
      },
    }),
  ],
  "Alertmanager behind an ALB with OIDC": [
    pinned({
      alertmanager: {
        ingress: {
          enabled: true,
          ingressClassName: "alb",
          hosts: ["alertmanager.acme-corp.io"],
          paths: ["/"],
          annotations: {
            "alb.ingress.kubernetes.io/scheme": "internet-facing",
            "alb.ingress.kubernetes.io/target-type": "ip",
            "alb.ingress.kubernetes.io/listen-ports": '[{"HTTPS":443}]',
            "alb.ingress.kubernetes.io/certificate-arn":
              "arn:aws:acm:eu-west-1:123456789012:certificate/0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0",
            "alb.ingress.kubernetes.io/auth-type": "oidc",
            "alb.ingress.kubernetes.io/auth-on-unauthenticated-request": "authenticate",
            "alb.ingress.kubernetes.io/auth-idp-oidc":
              '{"issuer":"https://acme-corp.okta.com","authorizationEndpoint":"https://acme-corp.okta.com/oauth2/v1/authorize","tokenEndpoint":"https://acme-corp.okta.com/oauth2/v1/token","userInfoEndpoint":"https://acme-corp.okta.com/oauth2/v1/userinfo","secretName":"alertmanager-oidc"}',
          },
        },
      },
    }),
    configSecret(),
  ],
  "Prometheus with client certificates of nginx": [
    pinned({
      prometheus: {
        ingress: {
          enabled: true,
          ingressClassName: "nginx",
          hosts: ["prometheus.acme-corp.io"],
          tls: [{ secretName: "prometheus-tls", hosts: ["prometheus.acme-corp.io"] }],
          annotations: {
            "nginx.ingress.kubernetes.io/auth-tls-secret": "monitoring/clients-ca",
            "nginx.ingress.kubernetes.io/auth-tls-verify-client": "on",
            "nginx.ingress.kubernetes.io/auth-tls-verify-depth": "1",
          },
        },
      },
    }),
    configSecret(),
  ],
  "authentication that ingress-nginx reads": exposed("nginx.ingress.kubernetes.io/auth-url"),
};

describe("user interfaces and sign-in", () => {
  itJudges(mistakes, sound);
});
