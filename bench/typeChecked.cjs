// Runs the preview with type checking, which the Pulumi language host does by default.
require("ts-node").register({
  swc: false,
  transpileOnly: false,
  compilerOptions: { noCheck: false },
});
require("../preview/main.ts").main(() => require("../index.ts"));
