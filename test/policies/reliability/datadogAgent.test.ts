import { PlainMap } from "../../../policies/facts/plain";
import { chart, itJudges } from "../stacks/subjects";

const agent = (datadog: PlainMap) => [
  chart(
    "datadog",
    { datadog: { apiKeyExistingSecret: "datadog", ...datadog } },
    "https://helm.datadoghq.com",
  ),
];
const policy = "collector-pipelines";

describe("the Datadog Agent", () => {
  itJudges(
    {
      "the address of the application as the site": [
        policy,
        agent({ site: "https://app.datadoghq.eu" }),
      ],
      "a site that does not exist": [policy, agent({ site: "eu.datadoghq.com" })],
      "a site with the application": [policy, agent({ site: "app.datadoghq.com" })],
      "a cluster with capitals": [policy, agent({ clusterName: "Shop-Prod" })],
      "a cluster with an underscore": [policy, agent({ clusterName: "shop_prod" })],
    },
    {
      "the default site": agent({}),
      "a site in Europe": agent({ site: "datadoghq.eu", clusterName: "shop-prod" }),
      "a site in the west": agent({ site: "us5.datadoghq.com", clusterName: "shop.eu-west-1" }),
    },
  );
});
