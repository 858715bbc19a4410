/** Returns how many characters a text has beyond a limit, counted as the API does: without the space around it, an emoji once. */
export const excess = (text: string, limit: number): number => (text.length > limit ? Math.max(0, [...text.trim()].length - limit) : 0)
