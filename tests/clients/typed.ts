// Compiles only if what is made of the served schema says what clients have to know.
import type { CandlesQuery, FollowSubscription, SyncMutationVariables } from "./operations.js";

export const closes = ({ candles }: CandlesQuery): string[] => candles.nodes.map(({ close }) => close);
export const before = ({ candles }: CandlesQuery): string | null => candles.pageInfo.startCursor ?? null;
export const hasEnded = ({ syncJob }: FollowSubscription): boolean => !["QUEUED", "RUNNING"].includes(syncJob.status);
export const wanted: SyncMutationVariables = { pair: "874197dc-daf6-4982-907f-8f930fc9cf00" };

// @ts-expect-error: the state of a job is one of five words
export const isLost = ({ syncJob }: FollowSubscription): boolean => syncJob.status === "LOST";

// @ts-expect-error: a job is for a pair
export const incomplete: SyncMutationVariables = {};
