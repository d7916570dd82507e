import * as assert from "node:assert/strict";
import { prometheusSettings, replacedRemoteWrite } from "../../../components/prometheus/settings";
import { workspaceAccessPolicy } from "../../../components/prometheus/longTerm";
import { noPlaintextCredentials } from "../../../policies/access/noPlaintextCredentials";
import { externalLabels } from "../../../policies/reliability/externalLabels";
import { prometheusRetention } from "../../../policies/retention/prometheusRetention";
import { formatPath } from "../../../policies/shared/path";
import { problems, release } from "../../policies/subjects";
import { allows } from "../../support/iam";
import { valuesFor } from "./valuesFor";

const workspace = "https://aps-workspaces.eu-west-1.amazonaws.com/workspaces/ws-1234abcd-12ab";
const amp = { kind: "amp", url: workspace };
const mimir = { kind: "mimir", url: "https://mimir.example.com/api/v1/push" };
const thanos = {
  kind: "thanos",
  url: "http://thanos-receive.thanos.svc.cluster.local:19291/api/v1/receive",
};
const other = { kind: "remoteWrite", url: "https://metrics.example.com/api/v1/write" };
const basicAuth = {
  username: { name: "store", key: "user" },
  password: { name: "store", key: "password" },
};
const bearerToken = { name: "store", key: "token" };

const spec = (longTerm: object): any => valuesFor({ longTerm })["prometheus"].prometheusSpec;
const write = (longTerm: object): any => spec(longTerm).remoteWrite[0];
const grafana = (longTerm: object): any => valuesFor({ longTerm })["grafana"];
const source = (longTerm: object): any => grafana(longTerm).additionalDataSources?.[0];

function described(longTerm: object): string[] {
  const args = { cluster: "ticketing-prod", environment: "prod", longTerm };
  const { problems: found = [] } = prometheusSettings(args);
  return found.map(({ path, rule, fix }) => {
    const change = fix.kind === "do" ? fix.text : fix.kind;
    return `${formatPath(path.slice(1))} ${rule}; ${change}`;
  });
}

describe("the long-term store", () => {
  it("does not exist by default", () => {
    const { prometheus, grafana: ofGrafana } = valuesFor();
    const added = ["remoteWrite", "replicaExternalLabelName", "podMetadata"];
    assert.deepEqual(
      added.filter((key) => key in prometheus.prometheusSpec),
      [],
    );
    assert.equal("additionalDataSources" in ofGrafana, false);
  });

  it("receives samples at its URL", () => {
    assert.equal(write(amp).url, `${workspace}/api/v1/remote_write`);
    assert.equal(write({ ...amp, url: `${workspace}/` }).url, `${workspace}/api/v1/remote_write`);
    for (const store of [mimir, thanos, other]) assert.equal(write(store).url, store.url);
  });

  it("may limit the rate without losing samples", () => {
    for (const store of [amp, mimir, thanos, other]) {
      assert.deepEqual(write(store).queueConfig, { retryOnRateLimit: true });
    }
  });

  it("receives native histograms", () => {
    for (const store of [amp, mimir, thanos, other]) {
      assert.equal(write(store).sendNativeHistograms, true);
    }
  });

  it("recognizes replicas by the label that it expects", () => {
    for (const store of [amp, mimir]) {
      assert.equal(spec(store).replicaExternalLabelName, "__replica__");
    }
    // The default of the operator is prometheus_replica.
    for (const store of [thanos, other]) {
      assert.equal("replicaExternalLabelName" in spec(store), false);
    }
  });

  it("authorizes a user or a token, if the settings have one", () => {
    const { basicAuth: user, authorization, sigv4, headers } = write({ ...mimir, basicAuth });
    assert.deepEqual(user, basicAuth);
    assert.deepEqual([authorization, sigv4, headers], [undefined, undefined, undefined]);
    assert.deepEqual(write({ ...other, bearerToken }).authorization, { credentials: bearerToken });
  });

  it("receives the tenant", () => {
    assert.deepEqual(write({ ...mimir, tenant: "shop" }).headers, { "X-Scope-OrgID": "shop" });
    assert.deepEqual(write({ ...thanos, tenant: "shop" }).headers, { "THANOS-TENANT": "shop" });
  });

  it("authorizes a role in the region of the workspace, with which pods start again", () => {
    assert.deepEqual(write(amp).sigv4, { region: "eu-west-1" });
    assert.deepEqual(spec(amp).podMetadata.annotations, {
      "observability.data/iam-role": "ticketing-prod-monitoring-prometheus-eu-west-1",
    });
    assert.equal("podMetadata" in spec(mimir), false);
  });

  describe("in Grafana", () => {
    it("has a data source with a stable UID next to that of Prometheus", () => {
      assert.deepEqual(source(mimir), {
        name: "Long term",
        uid: "long-term",
        type: "prometheus",
        access: "proxy",
        url: "https://mimir.example.com/prometheus",
        jsonData: { httpMethod: "POST", timeInterval: "30s", prometheusType: "Mimir" },
      });
    });

    it("has the URL for queries that the settings name or the store determines", () => {
      const cloud = "https://prometheus-prod-01.grafana.net/api/prom";
      assert.equal(source({ ...mimir, url: `${cloud}/push` }).url, cloud);
      const queryUrl = "http://thanos-query.thanos.svc.cluster.local:9090";
      assert.equal(source({ ...thanos, queryUrl }).url, queryUrl);
      for (const store of [amp, thanos, other]) assert.equal(source(store), undefined, store.kind);
    });

    it("reads the same credentials from the environment", () => {
      const user = { ...mimir, tenant: "shop", basicAuth };
      assert.equal(source(user).basicAuth, true);
      assert.equal(source(user).basicAuthUser, "$LONG_TERM_USERNAME");
      assert.equal(source(user).jsonData.httpHeaderName1, "X-Scope-OrgID");
      assert.deepEqual(source(user).secureJsonData, {
        basicAuthPassword: "$LONG_TERM_PASSWORD",
        httpHeaderValue1: "shop",
      });
      assert.deepEqual(grafana(user).envValueFrom, {
        LONG_TERM_USERNAME: { secretKeyRef: basicAuth.username },
        LONG_TERM_PASSWORD: { secretKeyRef: basicAuth.password },
      });
      const token = { ...mimir, tenant: "shop", bearerToken };
      assert.equal(source(token).jsonData.httpHeaderName2, "Authorization");
      assert.equal(source(token).secureJsonData.httpHeaderValue2, "Bearer $LONG_TERM_TOKEN");
      assert.deepEqual(grafana(token).envValueFrom, {
        LONG_TERM_TOKEN: { secretKeyRef: bearerToken },
      });
    });

    it("has no credentials without a data source", () => {
      assert.equal("envValueFrom" in grafana({ ...other, basicAuth }), false);
    });
  });

  it("violates no policy, and allows a short retention in Prometheus", () => {
    const stores = [
      amp,
      thanos,
      { ...mimir, tenant: "shop", basicAuth },
      { ...other, bearerToken, queryUrl: "https://metrics.example.com" },
    ];
    for (const longTerm of stores) {
      const values = valuesFor({ longTerm, retentionDays: 1 });
      const subject = release("kube-prometheus-stack", values);
      for (const policy of [noPlaintextCredentials, externalLabels, prometheusRetention]) {
        assert.deepEqual(problems(policy, subject), [], `${longTerm.kind} ${policy.name}`);
      }
    }
    const without = release("kube-prometheus-stack", valuesFor({ retentionDays: 1 }));
    assert.equal(problems(prometheusRetention, without).length, 1);
  });

  describe("with mistakes", () => {
    const withoutApi =
      "url must be the URL of an Amazon Managed Service for Prometheus workspace, without /api; set";

    for (const url of [
      "https://aps-workspaces.eu-west-1.amazonaws.com/workspaces/ws-1234abcd/api/v1/remote_write",
      "https://aps-workspaces.eu-west-1.amazonaws.com",
      "http://aps-workspaces.eu-west-1.amazonaws.com/workspaces/ws-1234abcd",
      "https://aps-workspaces.amazonaws.com/workspaces/ws-1234abcd",
    ]) {
      it(`refuses ${url} as the URL of a workspace`, () => {
        assert.deepEqual(described({ kind: "amp", url }), [withoutApi]);
      });
    }

    it("refuses URLs without the path of the API", () => {
      assert.deepEqual(
        ["mimir", "thanos", "remoteWrite"].flatMap((kind) =>
          described({ kind, url: "https://metrics.example.com" }),
        ),
        [
          "url must be Mimir's remote-write URL, which ends with /api/v1/push; set",
          "url must be the URL of Thanos Receive, which ends with /api/v1/receive; set",
          "url must include the API path, such as /api/v1/write; set",
        ],
      );
    });

    it("refuses credentials in URLs, and does not show them", () => {
      const url = "https://writer:hunter2secret@mimir.example.com/api/v1/push";
      assert.deepEqual(described({ ...mimir, url }), [
        "url must not contain credentials; remove the user from url, and name a Secret in basicAuth",
      ]);
      const args = { cluster: "c", environment: "prod", longTerm: { ...mimir, url } };
      const { problems: found } = prometheusSettings(args);
      assert.ok(found !== undefined && !JSON.stringify(found).includes("hunter2secret"));
    });

    it("reports all of them at once", () => {
      assert.deepEqual(
        described({ kind: "amp", url: "https://a:b@x", tenant: "shop", basicAuth, bearerToken }),
        [
          "url must not contain credentials; remove the user from url, and name a Secret in basicAuth",
          withoutApi,
          "tenant does not apply to the kind amp; remove",
          "basicAuth does not apply to the kind amp, which uses an IAM role; remove",
          "bearerToken does not apply to the kind amp, which uses an IAM role; remove",
        ],
      );
      assert.deepEqual(described({ ...mimir, basicAuth, bearerToken }), [
        "bearerToken is not supported together with basicAuth, because a request can have only one Authorization header; remove",
      ]);
      assert.deepEqual(described({}), [
        "kind must be one of amp, mimir, thanos, remoteWrite; set",
        "url must be a URL that starts with https:// or http://; set",
      ]);
    });

    it("refuses a list of remote writes in chart values, which would replace it", () => {
      const values = { prometheus: { prometheusSpec: { remoteWrite: [] } } };
      const [problem, ...others] = replacedRemoteWrite({ longTerm: mimir, values });
      assert.deepEqual(others, []);
      assert.equal(formatPath(problem?.path ?? []), "values.prometheus.prometheusSpec.remoteWrite");
      assert.deepEqual(replacedRemoteWrite({ values }), []);
      assert.deepEqual(replacedRemoteWrite({ longTerm: mimir }), []);
    });
  });
});

describe("workspaceAccessPolicy", () => {
  const may = (action: string, resource: string) =>
    allows([workspaceAccessPolicy(workspace)], { action, resource });
  const arn = "arn:aws:aps:eu-west-1:123456789012:workspace/ws-1234abcd-12ab";

  it("allows to write to the workspace", () => assert.ok(may("aps:RemoteWrite", arn)));

  it("allows no other action, and no other workspace or region", () => {
    assert.ok(!may("aps:QueryMetrics", arn) && !may("aps:DeleteWorkspace", arn));
    assert.ok(!may("aps:RemoteWrite", `${arn}-other`));
    assert.ok(!may("aps:RemoteWrite", arn.replace("eu-west-1", "us-east-1")));
  });
});
