/** Full jitter: a random time up to half a second doubled with each try, at most 30 s. */
export const backoff = (tries: number, random = Math.random): number => random() * Math.min(30_000, 500 * 2 ** Math.min(tries, 10))
