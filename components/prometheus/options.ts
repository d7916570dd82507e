/** Which metrics of the chart's targets Prometheus stores. */
export const KeptMetrics = {
  /** All that the chart keeps. */
  All: "all",
  /** Those that a rule or a dashboard reads. */
  Used: "used",
} as const;
export type KeptMetrics = (typeof KeptMetrics)[keyof typeof KeptMetrics];

/** Identity provider of Grafana's users. */
export const SsoProvider = {
  /** Any provider of OpenID Connect, such as Keycloak, Auth0 or Dex. */
  Oidc: "oidc",
  /** Google Workspace. */
  Google: "google",
  /** Organizations of github.com. */
  GitHub: "github",
  /** Microsoft Entra ID, formerly Azure AD. */
  Entra: "entra",
  Okta: "okta",
} as const;
export type SsoProvider = (typeof SsoProvider)[keyof typeof SsoProvider];

/** Kind of a long-term store for the samples of Prometheus. */
export const LongTermKind = {
  /** Amazon Managed Service for Prometheus. Requires EKS Pod Identity. */
  Amp: "amp",
  /** Grafana Mimir, also in Grafana Cloud. */
  Mimir: "mimir",
  /** Thanos Receive. Blocks are not uploaded from Prometheus: there is no sidecar. */
  Thanos: "thanos",
  /** Any other store that accepts the remote write of Prometheus. */
  RemoteWrite: "remoteWrite",
} as const;
export type LongTermKind = (typeof LongTermKind)[keyof typeof LongTermKind];
