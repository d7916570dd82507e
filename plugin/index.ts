// The SDK generates the schema of the plugin from the types that this file exports.
export * from "../components/index.js";
