import { z } from "zod";
import { Values } from "../../policies/shared/mergeValues";
import { defined } from "../shared/defined";
import { NeededSettings } from "../shared/neededSettings";
import { hasPlaceholder } from "../shared/placeholders";
import { example, issue } from "../shared/problems";
import { checkKind, hostName, httpsUrl, input, onMaps, secretKey } from "../shared/schemas";
import { SsoProvider } from "./enums";

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

// Grafana would truncate the value at these characters, or interpret them.
const group = z
  .string()
  .regex(
    /^[^'"`\\#;$%{}\r\n]+$/,
    "must be a group name without quotes or the characters \\ # ; $ % { }",
  );
const groups = z.array(input(group)).min(1);

export const ssoSchema = z
  .strictObject({
    provider: z
      .enum(SsoProvider)
      .describe("Identity provider. `oidc` is any OpenID Connect provider."),
    clientId: input(
      example(z.string().regex(/^[\w.:@/+=~-]+$/, "must be a client ID"), "grafana").describe(
        "Grafana's client ID at the provider.",
      ),
    ),
    clientSecret: secretKey("grafana-sso", "client-secret").describe(
      "Client secret, in an existing Kubernetes Secret in Grafana's namespace.",
    ),
    tenantId: input(
      example(z.string().regex(uuid, "must be a tenant ID"), "8eaef023-2b34-4da1-9baa-8bc8c9d6a490")
        .optional()
        .describe("Tenant. Required for `entra`."),
    ),
    domain: input(
      example(hostName, "acme.okta.com").optional().describe("Okta domain. Required for `okta`."),
    ),
    authUrl: input(
      example(httpsUrl, "https://sso.example.com/authorize")
        .optional()
        .describe("Authorization endpoint. Required for `oidc`."),
    ),
    tokenUrl: input(
      example(httpsUrl, "https://sso.example.com/token")
        .optional()
        .describe("Token endpoint. Required for `oidc`."),
    ),
    apiUrl: input(
      example(httpsUrl, "https://sso.example.com/userinfo")
        .optional()
        .describe("UserInfo endpoint. Required for `oidc`."),
    ),
    scopes: z
      .array(z.string().regex(/^[\w.:/-]+$/, "must be a scope"))
      .min(1)
      .optional()
      .meta({
        description: "Scopes that Grafana requests, for `oidc`.",
        defaultText: "`openid`, `profile`, `email`",
      }),
    groupsClaim: example(
      z.string().regex(/^\w+(\.\w+)*$/, "must be a claim path, such as realm_access.roles"),
      "groups",
    )
      .optional()
      .meta({
        description: "Claim with the user's groups, for `oidc`.",
        defaultText: "`groups`",
      }),
    allowedDomains: example(z.array(hostName).min(1), ["example.com"]).optional().meta({
      description:
        "Allowed email domains, for all providers except `github`. Required for `google`, where anyone can create an account.",
      defaultText: "every domain",
    }),
    allowedOrganizations: example(
      z.array(z.string().regex(/^[\w-]+$/, "must be an organization name")).min(1),
      ["acme"],
    )
      .optional()
      .describe(
        "Allowed organizations. Required for `github`, where anyone can create an account.",
      ),
    allowedGroups: input(
      groups.optional().meta({
        description: "Allowed groups, for all providers except `github`.",
        defaultText: "all users of the provider or the allowed domains",
      }),
    ),
    adminGroups: input(
      groups.optional().describe("Groups whose members are Grafana administrators."),
    ),
    editorGroups: input(
      groups.optional().describe("Groups whose members are editors. All others are viewers."),
    ),
    loginForm: z
      .boolean()
      .default(false)
      .describe("Whether Grafana also shows the login form, for the user `admin`."),
  })
  .superRefine(checkProvider, onMaps);

/** How users sign in to Grafana. */
export type SsoSettings = z.output<typeof ssoSchema>;

interface Provider {
  /** Section of Grafana's configuration: `auth.<section>`. */
  section: string;
  /** Settings that only some providers have, and whether this provider requires them. */
  settings: NeededSettings<keyof SsoSettings>;
  /** Format of a group, if the provider does not identify groups by name. */
  groups?: { pattern: RegExp; rule: string; example: string };
  /** Returns the keys that are specific to this provider's section. */
  fields: (settings: SsoSettings) => Record<string, unknown>;
}

/** Properties of each provider, for the checks and Grafana's configuration. */
const providers: Record<SsoProvider, Provider> = {
  oidc: {
    section: "generic_oauth",
    settings: {
      authUrl: "required",
      tokenUrl: "required",
      apiUrl: "required",
      scopes: "optional",
      groupsClaim: "optional",
      allowedDomains: "optional",
      allowedGroups: "optional",
    },
    fields: ({ scopes = ["openid", "profile", "email"], groupsClaim = "groups", ...settings }) => ({
      name: "SSO",
      use_pkce: true,
      scopes,
      auth_url: settings.authUrl,
      token_url: settings.tokenUrl,
      api_url: settings.apiUrl,
      groups_attribute_path: groupsClaim,
      role_attribute_path: rolePath(settings, groupsClaim),
    }),
  },
  google: {
    section: "google",
    settings: { allowedDomains: "required", allowedGroups: "optional" },
    groups: {
      pattern: /^[^\s@]+@[^\s@]+$/,
      rule: "must be the address of a Google group",
      example: "platform@example.com",
    },
    fields: (settings) => ({
      // Without this scope, Google does not return a user's groups.
      scopes: groupFields.some((field) => settings[field] !== undefined)
        ? [
            "openid",
            "email",
            "profile",
            "https://www.googleapis.com/auth/cloud-identity.groups.readonly",
          ]
        : undefined,
      role_attribute_path: rolePath(settings),
    }),
  },
  github: {
    section: "github",
    settings: { allowedOrganizations: "required" },
    groups: {
      pattern: /^@[\w-]+\/[\w-]+$/,
      rule: "must be a team in a GitHub organization",
      example: "@acme/platform",
    },
    fields: (settings) => ({ role_attribute_path: rolePath(settings) }),
  },
  entra: {
    section: "azuread",
    settings: { tenantId: "required", allowedDomains: "optional", allowedGroups: "optional" },
    groups: {
      pattern: uuid,
      rule: "must be the object ID of an Entra group",
      example: "8bab1c86-8fba-33e5-2089-1d1c80ec267d",
    },
    fields: ({ tenantId, adminGroups = [], editorGroups = [] }) => ({
      auth_url: `https://login.microsoftonline.com/${tenantId}/oauth2/v2.0/authorize`,
      token_url: `https://login.microsoftonline.com/${tenantId}/oauth2/v2.0/token`,
      client_authentication: "client_secret_post",
      allowed_organizations: [tenantId],
      // Grafana does not evaluate a role path for this provider. Organization 1 is the only one.
      org_mapping: nonEmpty([
        ...adminGroups.map((id) => `${id}:1:Admin`),
        ...editorGroups.map((id) => `${id}:1:Editor`),
      ]),
    }),
  },
  okta: {
    section: "okta",
    settings: { domain: "required", allowedDomains: "optional", allowedGroups: "optional" },
    fields: ({ domain, ...settings }) => ({
      auth_url: `https://${domain}/oauth2/v1/authorize`,
      token_url: `https://${domain}/oauth2/v1/token`,
      api_url: `https://${domain}/oauth2/v1/userinfo`,
      role_attribute_path: rolePath(settings),
    }),
  },
};

const groupFields = ["allowedGroups", "adminGroups", "editorGroups"] as const;

/** Checks settings that depend on the provider. Fields may have failed other checks. */
function checkProvider(sso: Partial<SsoSettings>, ctx: z.RefinementCtx): void {
  checkKind(sso, "provider", providers, ctx);
  const { provider } = sso;
  if (provider === undefined || !Object.hasOwn(providers, provider)) return;
  const form = providers[provider].groups;
  if (form === undefined) return;
  for (const field of groupFields) {
    const names: unknown = sso[field];
    if (!Array.isArray(names)) continue;
    names.forEach((name: unknown, index) => {
      if (typeof name !== "string" || hasPlaceholder(name) || form.pattern.test(name)) return;
      issue(ctx, [field, index], form.rule, { kind: "set", example: form.example });
    });
  }
}

/**
 * Returns a JMESPath expression for the role in the provider's user information. If the claim is
 * missing, the expression fails, and Grafana evaluates it again with the groups that it requests from
 * the provider.
 */
function rolePath(
  { adminGroups = [], editorGroups = [] }: Partial<SsoSettings>,
  claim = "groups",
): string | undefined {
  const memberOf = (role: string) => (name: string) =>
    `contains(${claim}[*], '${name}') && '${role}'`;
  const conditions = [
    ...adminGroups.map(memberOf("Admin")),
    ...editorGroups.map(memberOf("Editor")),
  ];
  return conditions.length === 0 ? undefined : [...conditions, "'Viewer'"].join(" || ");
}

function nonEmpty<T>(list: T[]): T[] | undefined {
  return list.length === 0 ? undefined : list;
}

/** Returns the sections of Grafana's configuration for single sign-on. */
export function ssoSections(sso: SsoSettings | undefined): Values {
  if (sso === undefined) return {};
  const { provider, clientId, allowedDomains, allowedOrganizations, allowedGroups } = sso;
  const { section, fields } = providers[provider];
  return {
    auth: { disable_login_form: !sso.loginForm },
    [`auth.${section}`]: defined({
      enabled: true,
      client_id: clientId,
      allowed_domains: allowedDomains,
      allowed_organizations: allowedOrganizations,
      allowed_groups: allowedGroups,
      ...fields(sso),
    }),
  };
}

/** Returns Grafana environment variables with the single sign-on credentials. */
export function ssoVariables(sso: SsoSettings | undefined): Values {
  if (sso === undefined) return {};
  const section = providers[sso.provider].section.toUpperCase();
  return { [`GF_AUTH_${section}_CLIENT_SECRET`]: { secretKeyRef: sso.clientSecret } };
}
