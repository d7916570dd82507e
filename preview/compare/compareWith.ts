import { compare } from "./compare";
import { markdown } from "./markdown";
import { previewRevision } from "./revision";
import { noState, type PreviewState } from "./state";

export { readState } from "./state";

/** The text and the document of a comparison with the stack at another revision of the repository. */
export async function compareWith(
  directory: string,
  revision: string,
  current: { stack: string; state: PreviewState; verdict: string },
) {
  const { stack, state, verdict } = current;
  const base = await previewRevision(directory, revision, stack);
  const changes = compare(base.state ?? noState, state);
  const since = `since ${revision} (${base.commit.slice(0, 7)})`;
  const heading = base.state === undefined ? `New stack ${stack}` : `Changes to ${stack}`;
  return {
    text: () => markdown(`${heading} ${since}`, changes, verdict),
    json: () => ({ stack, against: { revision, commit: base.commit }, changes, verdict }),
  };
}
