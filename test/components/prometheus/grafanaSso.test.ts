import * as assert from "node:assert/strict";
import { prometheusSettings } from "../../../components/prometheus/settings";
import { grafanaExposure } from "../../../policies/access/grafanaExposure";
import { noPlaintextCredentials } from "../../../policies/access/noPlaintextCredentials";
import { formatPath } from "../../../policies/shared/path";
import { problems, release } from "../../policies/subjects";
import { valuesFor } from "./valuesFor";

const client = { clientId: "grafana", clientSecret: { name: "grafana-sso", key: "secret" } };
const oidc = {
  ...client,
  provider: "oidc",
  authUrl: "https://sso.example.com/authorize",
  tokenUrl: "https://sso.example.com/token",
  apiUrl: "https://sso.example.com/userinfo",
};
const google = { ...client, provider: "google", allowedDomains: ["example.com", "example.org"] };
const github = { ...client, provider: "github", allowedOrganizations: ["acme"] };
const tenantId = "8eaef023-2b34-4da1-9baa-8bc8c9d6a490";
const entra = { ...client, provider: "entra", tenantId };
const okta = { ...client, provider: "okta", domain: "acme.okta.com" };
const admins = "8bab1c86-8fba-33e5-2089-1d1c80ec267d";
const editors = "1d1c80ec-8fba-33e5-2089-8bab1c86267d";

const withSso = (sso: object) => ({ externalUrl: "https://grafana.example.com", sso });
const grafana = (sso: object): any => valuesFor({ grafana: withSso(sso) })["grafana"];
const section = (name: string, sso: object): any => grafana(sso)["grafana.ini"][`auth.${name}`];

function described(settings: object): string[] {
  const identity = { cluster: "ticketing-prod", environment: "prod" };
  const { problems: found = [] } = prometheusSettings({ ...identity, grafana: settings });
  return found.map(({ path, rule, fix }) => {
    const change = fix.kind === "set" ? `set ${JSON.stringify(fix.example)}` : fix.kind;
    return `${formatPath(path.slice(1))} ${rule}; ${change}`;
  });
}

describe("single sign-on to Grafana", () => {
  it("reads the secret of the client from an existing Secret", () => {
    for (const [sso, variable] of [
      [oidc, "GF_AUTH_GENERIC_OAUTH_CLIENT_SECRET"],
      [google, "GF_AUTH_GOOGLE_CLIENT_SECRET"],
      [github, "GF_AUTH_GITHUB_CLIENT_SECRET"],
      [entra, "GF_AUTH_AZUREAD_CLIENT_SECRET"],
      [okta, "GF_AUTH_OKTA_CLIENT_SECRET"],
    ] as const) {
      const { envValueFrom } = grafana(sso);
      assert.deepEqual(envValueFrom, { [variable]: { secretKeyRef: client.clientSecret } });
    }
    assert.equal(valuesFor()["grafana"].envValueFrom, undefined);
  });

  it("hides the login form, but keeps the admin user and its Secret", () => {
    const values = grafana(google);
    assert.deepEqual(values["grafana.ini"].auth, { disable_login_form: true });
    assert.equal(values.admin.existingSecret, "grafana-admin");
    const { auth } = grafana({ ...google, loginForm: true })["grafana.ini"];
    assert.deepEqual(auth, { disable_login_form: false });
    assert.equal(valuesFor()["grafana"]["grafana.ini"].auth, undefined);
  });

  describe("with OpenID Connect", () => {
    it("uses the endpoints of the provider, and PKCE", () => {
      assert.deepEqual(section("generic_oauth", oidc), {
        enabled: true,
        client_id: "grafana",
        name: "SSO",
        use_pkce: true,
        scopes: ["openid", "profile", "email"],
        auth_url: oidc.authUrl,
        token_url: oidc.tokenUrl,
        api_url: oidc.apiUrl,
        groups_attribute_path: "groups",
      });
    });

    it("reads groups from another claim", () => {
      const { groups_attribute_path: groups, role_attribute_path: role } = section(
        "generic_oauth",
        {
          ...oidc,
          groupsClaim: "realm_access.roles",
          adminGroups: ["ops"],
        },
      );
      assert.equal(groups, "realm_access.roles");
      assert.equal(role, "contains(realm_access.roles[*], 'ops') && 'Admin' || 'Viewer'");
    });

    it("limits users to domains and groups, and requests further scopes", () => {
      const limited = section("generic_oauth", {
        ...oidc,
        scopes: ["openid", "groups"],
        allowedDomains: ["example.com"],
        allowedGroups: ["staff"],
      });
      assert.deepEqual(limited.scopes, ["openid", "groups"]);
      assert.deepEqual(limited.allowed_domains, ["example.com"]);
      assert.deepEqual(limited.allowed_groups, ["staff"]);
    });
  });

  it("with Google is limited to domains, and reads groups only if they are used", () => {
    const { scopes, allowed_domains: domains } = section("google", google);
    assert.deepEqual([scopes, domains], [undefined, ["example.com", "example.org"]]);
    for (const field of ["allowedGroups", "adminGroups", "editorGroups"]) {
      const withGroups = section("google", { ...google, [field]: ["ops@example.com"] });
      assert.match(String(withGroups.scopes), /cloud-identity\.groups\.readonly$/, field);
    }
  });

  it("with GitHub is limited to organizations, whose teams are groups", () => {
    const sso = { ...github, adminGroups: ["@acme/ops"], editorGroups: ["@acme/dev"] };
    const { allowed_organizations: organizations, role_attribute_path: role } = section(
      "github",
      sso,
    );
    assert.deepEqual(organizations, ["acme"]);
    assert.equal(
      role,
      "contains(groups[*], '@acme/ops') && 'Admin' || contains(groups[*], '@acme/dev') && 'Editor' || 'Viewer'",
    );
  });

  it("with Entra is limited to the tenant, and maps the IDs of groups to roles", () => {
    const sso = { ...entra, adminGroups: [admins], editorGroups: [editors] };
    assert.deepEqual(section("azuread", sso), {
      enabled: true,
      client_id: "grafana",
      auth_url: `https://login.microsoftonline.com/${tenantId}/oauth2/v2.0/authorize`,
      token_url: `https://login.microsoftonline.com/${tenantId}/oauth2/v2.0/token`,
      client_authentication: "client_secret_post",
      allowed_organizations: [tenantId],
      org_mapping: [`${admins}:1:Admin`, `${editors}:1:Editor`],
    });
    assert.equal(section("azuread", entra).org_mapping, undefined);
  });

  it("with Okta uses the authorization server of the domain", () => {
    const { auth_url: auth, api_url: api } = section("okta", okta);
    assert.equal(auth, "https://acme.okta.com/oauth2/v1/authorize");
    assert.equal(api, "https://acme.okta.com/oauth2/v1/userinfo");
  });

  it("makes users without a group viewers, as Grafana does by default", () => {
    for (const [name, sso] of [
      ["generic_oauth", oidc],
      ["google", google],
      ["github", github],
      ["okta", okta],
    ] as const) {
      assert.equal(section(name, sso).role_attribute_path, undefined, name);
    }
  });

  it("is accepted by the policies", () => {
    for (const sso of [
      oidc,
      google,
      github,
      { ...entra, adminGroups: [admins] },
      { ...okta, adminGroups: ["ops"] },
    ]) {
      const subject = release("kube-prometheus-stack", valuesFor({ grafana: withSso(sso) }));
      assert.deepEqual(problems(grafanaExposure, subject), [], sso.provider);
      assert.deepEqual(problems(noPlaintextCredentials, subject), [], sso.provider);
    }
  });

  it("requires a URL to which the provider sends users back", () => {
    assert.deepEqual(described({ sso: google }), [
      'externalUrl is required with sso, because the identity provider redirects users to this URL; set "https://grafana.example.com"',
    ]);
    assert.deepEqual(
      described({ sso: google, ingress: { host: "g.example.com", className: "alb" } }),
      [],
    );
  });

  it("requires a limit where everyone has an account", () => {
    assert.deepEqual(described(withSso({ ...client, provider: "google" })), [
      'sso.allowedDomains is required for the provider google; set ["example.com"]',
    ]);
    assert.deepEqual(described(withSso({ ...client, provider: "github" })), [
      'sso.allowedOrganizations is required for the provider github; set ["acme"]',
    ]);
    assert.equal(described(withSso({ ...google, allowedDomains: [] })).length, 1);
  });

  it("requires the address of the provider", () => {
    const fieldsOf = (provider: string) =>
      described(withSso({ ...client, provider })).map((text) => text.split(" ")[0]);
    assert.deepEqual(fieldsOf("oidc"), ["sso.authUrl", "sso.tokenUrl", "sso.apiUrl"]);
    assert.deepEqual(fieldsOf("entra"), ["sso.tenantId"]);
    assert.deepEqual(fieldsOf("okta"), ["sso.domain"]);
  });

  it("refuses settings of another provider", () => {
    assert.deepEqual(described(withSso({ ...github, tenantId, allowedDomains: ["example.com"] })), [
      "sso.allowedDomains does not apply to the provider github; remove",
      "sso.tenantId does not apply to the provider github; remove",
    ]);
  });

  it("refuses tenants that are open to every account", () => {
    for (const open of ["common", "organizations", "consumers"]) {
      assert.match(
        described(withSso({ ...entra, tenantId: open }))[0] ?? "",
        /must be a tenant ID/,
      );
    }
  });

  it("refuses groups in a form that matches no group of the provider", () => {
    const problemOf = (sso: object) => described(withSso({ ...sso, adminGroups: ["ops"] }));
    assert.match(problemOf(entra)[0] ?? "", /^sso\.adminGroups\[0\] must be the object ID/);
    assert.match(problemOf(google)[0] ?? "", /must be the address of a Google group/);
    assert.match(problemOf(github)[0] ?? "", /must be a team in a GitHub organization/);
    assert.deepEqual(problemOf(okta), []);
  });

  it("refuses groups that would change the expression or the configuration", () => {
    for (const name of ["ops') || 'Admin", "ops; x", "#ops", "${OPS}", "{{ .Values }}", "a\nb"]) {
      assert.equal(described(withSso({ ...okta, adminGroups: [name] })).length, 1, name);
    }
  });
});
