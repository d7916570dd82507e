/**
 * Texts in the form of credentials. They are put together here so that no scanner of repositories
 * takes them for real ones.
 */
export const fake = {
  slackWebhook: [
    "https://hooks.slack.com",
    "services",
    "T00000000",
    "B00000000",
    "x".repeat(24),
  ].join("/"),
  slackToken: ["xoxb", "0000000000", "x".repeat(24)].join("-"),
  awsKeyId: `AKIA${"A2".repeat(8)}`,
  awsSecret: "a/B+".repeat(10),
  hex32: "0123456789abcdef".repeat(2),
  hex40: "01234567".repeat(5),
  grafanaToken: ["glsa", "a1B2".repeat(8), "0123abcd"].join("_"),
  githubToken: ["ghp", "a1B2".repeat(9)].join("_"),
  privateKey: ["-----BEGIN RSA", "PRIVATE KEY-----\nAAAA\n"].join(" "),
  webToken: ["eyJ0eXAiOiJK", "eyJ0eXAiOiJK", "s".repeat(20)].join("."),
};
