import { Finding } from "../engine/policy";
import { Plain, UNKNOWN, isSet } from "../facts/plain";
import { GrafanaSetting, isEnabled } from "../facts/grafanaSettings";

/** Checks who can sign in to Grafana under these settings. */
export function checkLogin(settings: GrafanaSetting[]): Finding[] {
  if (settings.length === 0) return [];
  return [
    ...checkAnonymousAccess(settings),
    ...checkSignUp(settings),
    ...checkDefaultRole(settings),
    ...checkHeaderProxy(settings),
    ...checkOAuth(settings),
    ...checkProviderTls(settings),
  ];
}

function enabled(settings: GrafanaSetting[], id: string): GrafanaSetting[] {
  return settings.filter((setting) => setting.id === id && isEnabled(setting.value));
}

function hasSetting(settings: GrafanaSetting[], id: string): boolean {
  return settings.some((setting) => setting.id === id && isSet(setting.value));
}

function checkAnonymousAccess(settings: GrafanaSetting[]): Finding[] {
  const id = "AUTH_ANONYMOUS_ENABLED";
  const unknown = settings.filter((setting) => setting.id === id && setting.value === UNKNOWN);
  return [
    ...unknown.map(({ path }) => ({ unknown: path })),
    ...enabled(settings, id).map(({ path, disabled }) => ({
      path,
      problem: "anonymous access to Grafana is enabled",
      bound: "disabled",
      fix: 'set "auth.anonymous": {enabled: false} in grafana.ini, and remove GF_AUTH_ANONYMOUS_ENABLED',
      set: disabled,
    })),
  ];
}

function checkSignUp(settings: GrafanaSetting[]): Finding[] {
  return enabled(settings, "USERS_ALLOW_SIGN_UP").map(({ path, disabled }) => ({
    path,
    problem: "anyone can create a Grafana account",
    bound: "disabled",
    fix: "set users: {allow_sign_up: false} in grafana.ini, and invite the users",
    set: disabled,
  }));
}

/** Matches a role expression that makes users administrators when no condition applies. */
const alwaysAdmin = /(?:^|\|\|)[\s"']*(?:Grafana)?Admin[\s"']*$/;

function checkDefaultRole(settings: GrafanaSetting[]): Finding[] {
  return settings
    .filter(
      ({ id, value }) =>
        (id === "USERS_AUTO_ASSIGN_ORG_ROLE" && value === "Admin") ||
        (/^AUTH_\w+_ROLE_ATTRIBUTE_PATH$/.test(id) && alwaysAdmin.test(String(value))),
    )
    .map(({ path }) => ({
      path,
      problem: "every Grafana user is an administrator",
      bound: "Viewer or Editor",
      fix: "set users: {auto_assign_org_role: Viewer} in grafana.ini, and make role_attribute_path fall back to 'Viewer'",
    }));
}

/**
 * Reports a proxy login without an allowlist. Grafana trusts the username in a header, which any client
 * that bypasses the proxy can send.
 */
function checkHeaderProxy(settings: GrafanaSetting[]): Finding[] {
  if (hasSetting(settings, "AUTH_PROXY_WHITELIST")) return [];
  return enabled(settings, "AUTH_PROXY_ENABLED").map(({ path }) => ({
    path,
    problem: "Grafana accepts a user name in a header from any client",
    bound: "the proxy's addresses",
    fix: 'set "auth.proxy": {whitelist: "<addresses of the proxy>"} in grafana.ini',
  }));
}

/**
 * Reports disabled certificate verification. Any server can then impersonate the provider and receive
 * its tokens.
 */
function checkProviderTls(settings: GrafanaSetting[]): Finding[] {
  return settings
    .filter(({ id }) => /^AUTH_\w+_TLS_SKIP_VERIFY_INSECURE$/.test(id))
    .filter(({ value }) => isEnabled(value))
    .map(({ path, disabled }) => ({
      path,
      problem: "Grafana sends credentials to a server without verifying its certificate",
      bound: "false",
      fix: "remove the setting, or configure the server's certificate authority",
      set: disabled,
    }));
}

/** Settings that restrict who can sign in, for providers where anyone can create an account. */
const limitsOfProvider: Record<string, string[]> = {
  GOOGLE: ["ALLOWED_DOMAINS", "HOSTED_DOMAIN"],
  GITHUB: ["ALLOWED_ORGANIZATIONS", "TEAM_IDS"],
  GITLAB: ["ALLOWED_GROUPS", "ALLOWED_DOMAINS"],
  GRAFANA_COM: ["ALLOWED_ORGANIZATIONS"],
  AZUREAD: ["ALLOWED_ORGANIZATIONS", "ALLOWED_DOMAINS", "ALLOWED_GROUPS"],
  GENERIC_OAUTH: ["ALLOWED_DOMAINS", "ALLOWED_ORGANIZATIONS", "ALLOWED_GROUPS", "TEAM_IDS"],
};
/**
 * Providers that are usually private: their installation or tenant contains only the owner's accounts.
 */
const isOwnByDefault = new Set(["AZUREAD", "GENERIC_OAUTH"]);
const publicProvider =
  /accounts\.google\.com|\/\/github\.com|\/\/gitlab\.com|microsoftonline\.com\/(common|organizations|consumers)\b/i;

function checkOAuth(settings: GrafanaSetting[]): Finding[] {
  return Object.entries(limitsOfProvider).flatMap(([provider, limits]) => {
    const read = (key: string): Plain[] =>
      settings.filter(({ id }) => id === `AUTH_${provider}_${key}`).map(({ value }) => value);
    const url = [...read("AUTH_URL"), ...read("API_URL")].join(" ");
    const isPublic = url === "" ? !isOwnByDefault.has(provider) : publicProvider.test(url);
    const isLimited =
      limits.some((key) => hasSetting(settings, `AUTH_${provider}_${key}`)) ||
      read("ROLE_ATTRIBUTE_STRICT").some(isEnabled) ||
      read("ALLOW_SIGN_UP").some((value) => value !== undefined && !isEnabled(value));
    if (!isPublic || isLimited) return [];
    return enabled(settings, `AUTH_${provider}_ENABLED`).map(({ path }) => ({
      path,
      problem: "anyone with an account at the OAuth provider can sign in to Grafana",
      bound: "the accounts in one organization",
      fix: `set ${limits[0]?.toLowerCase()} for this provider in grafana.ini`,
    }));
  });
}
