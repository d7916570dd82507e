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
