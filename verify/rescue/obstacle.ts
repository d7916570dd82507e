/** Something that an interrupted update left behind, and its repair. */
export interface Obstacle {
  /** The obstacle, as the subject of a sentence. */
  what: string;
  /** The effect of the repair, as an imperative sentence. */
  repair: string;
  run: () => Promise<void>;
}
