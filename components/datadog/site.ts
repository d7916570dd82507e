/** Where Datadog keeps an organisation's data; the site of its web address. */
export const DatadogSite = {
  Us1: "datadoghq.com",
  Us3: "us3.datadoghq.com",
  Us5: "us5.datadoghq.com",
  Eu1: "datadoghq.eu",
  Ap1: "ap1.datadoghq.com",
  Ap2: "ap2.datadoghq.com",
  Us1Fed: "ddog-gov.com",
  Us2Fed: "us2.ddog-gov.com",
} as const;
export type DatadogSite = (typeof DatadogSite)[keyof typeof DatadogSite];
