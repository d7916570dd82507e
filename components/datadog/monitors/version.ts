/**
 * Version of the Datadog provider plugin that the engine downloads. The provider's npm package, with
 * its 900 files, is not needed.
 */
export const datadogProviderVersion = "5.11.0";
