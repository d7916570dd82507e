import { ObservabilityGuard } from "./index";

// What `--policy-pack policies` runs, after `npm run build:policies`.
new ObservabilityGuard();
