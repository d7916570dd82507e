/** Which metrics of the chart's targets Prometheus stores. */
export const KeptMetrics = {
  /** All metrics that the chart keeps. */
  All: "all",
  /** Only metrics that a rule or a dashboard reads. */
  Used: "used",
} as const;
export type KeptMetrics = (typeof KeptMetrics)[keyof typeof KeptMetrics];

/** Identity provider for Grafana users. */
export const SsoProvider = {
  /** Any OpenID Connect provider, such as Keycloak, Auth0 or Dex. */
  Oidc: "oidc",
  /** Google Workspace. */
  Google: "google",
  /** Organizations on github.com. */
  GitHub: "github",
  /** Microsoft Entra ID, formerly Azure AD. */
  Entra: "entra",
  Okta: "okta",
} as const;
export type SsoProvider = (typeof SsoProvider)[keyof typeof SsoProvider];

/** Kind of long-term store for Prometheus samples. */
export const LongTermKind = {
  /** Amazon Managed Service for Prometheus. Requires EKS Pod Identity. */
  Amp: "amp",
  /** Grafana Mimir, including Grafana Cloud. */
  Mimir: "mimir",
  /** Thanos Receive. Prometheus does not upload blocks, because there is no Thanos sidecar. */
  Thanos: "thanos",
  /** Any other store that accepts Prometheus remote write. */
  RemoteWrite: "remoteWrite",
} as const;
export type LongTermKind = (typeof LongTermKind)[keyof typeof LongTermKind];
