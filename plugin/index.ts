// The SDK generates the plugin's schema from the types that this file exports.
export * from "../components/index.js";
