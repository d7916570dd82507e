import { compare } from "./compare";
import { markdown } from "./markdown";
import { previewRevision } from "./revision";
import { noState, type PreviewState } from "./state";

export { readState } from "./state";

/** Additional sections of the text and fields of the document, computed from two states. */
export type Addition = (
  before: PreviewState,
  after: PreviewState,
) => Promise<{ sections: string[]; fields: Record<string, unknown> }>;

/**
 * Returns the text and the document of a comparison with the stack at another revision of the
 * repository. Each of `additions` extends both.
 */
export async function compareWith(
  directory: string,
  revision: string,
  current: { stack: string; state: PreviewState; verdict: string },
  additions: Addition[],
) {
  const { stack, state, verdict } = current;
  const base = await previewRevision(directory, revision, stack);
  const before = base.state ?? noState;
  const changes = compare(before, state);
  const added = await Promise.all(additions.map((addition) => addition(before, state)));
  const since = `since ${revision} (${base.commit.slice(0, 7)})`;
  const heading = base.state === undefined ? `New stack ${stack}` : `Changes to ${stack}`;
  return {
    text: () =>
      markdown(
        `${heading} ${since}`,
        changes,
        verdict,
        added.flatMap(({ sections }) => sections),
      ),
    json: () => ({
      stack,
      against: { revision, commit: base.commit },
      changes,
      ...Object.fromEntries(added.flatMap(({ fields }) => Object.entries(fields))),
      verdict,
    }),
  };
}
