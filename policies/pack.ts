import { ObservabilityGuard } from "./index";

// The policy pack for this project's stacks, which `main.cjs` compiles and runs.
new ObservabilityGuard({ profile: "strict" });
