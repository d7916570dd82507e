/**
 * Version of the Datadog provider that the engine downloads as a plugin. The npm package of the
 * provider, with its 900 files, is not necessary.
 */
export const datadogProviderVersion = "5.11.0";
