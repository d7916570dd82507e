import { type Profile, ObservabilityGuard } from "./index";

// What `main.cjs` compiles and runs: the policies for the stacks of this project, or for the files of
// any project. The constructor rejects an unknown profile.
const profile = (process.env["OBSERVABILITY_PROFILE"] ?? "strict") as Profile;
new ObservabilityGuard({ profile });
