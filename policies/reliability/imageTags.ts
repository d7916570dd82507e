import { Path, Plain, at, entriesAt, formatPath, isMap, isText } from "../facts/plain";
import { PlacedFinding } from "../engine/policy";

/** Tags that move with each new build. */
const moving = /^(latest|main|master|edge|nightly|dev|canary)$/;

/** Maximum depth of an image in chart values: a subchart, a component, its spec, and a sidecar. */
const MAX_DEPTH = 5;

/**
 * Finds images with a tag that moves. With such a tag, two pods of one release may run different images.
 */
export function movingTags(values: Plain, path: Path, depth = 0): PlacedFinding[] {
  if (depth > MAX_DEPTH) return [];
  return entriesAt(values).flatMap(([key, value]) => {
    const inside = [...path, key];
    if (!/image$/i.test(key)) return isMap(value) ? movingTags(value, inside, depth + 1) : [];
    if (isText(value)) return tagFinding(/:([\w.-]+)$/.exec(value)?.[1], inside);
    // A digest takes precedence over the tag.
    const isPinned =
      isText(at(value, "sha") ?? at(value, "digest")) &&
      (at(value, "sha") ?? at(value, "digest")) !== "";
    return isPinned ? [] : tagFinding(at(value, "tag"), [...inside, "tag"]);
  });
}

function tagFinding(tag: Plain, path: Path): PlacedFinding[] {
  if (!isText(tag) || !moving.test(tag)) return [];
  return [
    {
      path,
      problem: "the image tag is mutable, so a restart can install a different version",
      found: tag,
      bound: "the chart's default, or an exact version",
      fix: `remove ${formatPath(path)}, or set an exact version`,
    },
  ];
}
