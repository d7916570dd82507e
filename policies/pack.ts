import { ObservabilityGuard } from "./index";

// What `main.cjs` compiles and runs: the policies for the stacks of this project.
new ObservabilityGuard({ profile: "strict" });
