import { ObservabilityGuard } from "./index";

// What `main.cjs` compiles and runs.
new ObservabilityGuard();
