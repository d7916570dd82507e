// The preview with the type-checking that Pulumi's language host does unless told otherwise.
require("ts-node").register({ transpileOnly: false, compilerOptions: { noCheck: false } });
require("../preview/main.ts").main(() => require("../index.ts"));
