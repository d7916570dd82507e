/** Leftover of an interrupted update, and its repair. */
export interface Obstacle {
  /** The leftover, as the subject of a sentence. */
  what: string;
  /** What the repair does, as an imperative sentence. */
  repair: string;
  run: () => Promise<void>;
}
