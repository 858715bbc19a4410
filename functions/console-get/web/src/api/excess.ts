/** Returns how many code points a text has beyond a limit, counted as the API does: after it is cleaned. */
export const excess = (text: string, limit: number): number => (text.length > limit ? Math.max(0, [...clean(text)].length - limit) : 0)

/** Does what wire.clean of the API does, but for line separators: they stay, and count as much. */
const clean = (text: string) => text.replace(/(?![\n\r\t\v\f\x85\u200c\u200d])[\p{Cc}\p{Cf}]/gu, "").replace(/^[\s\x85\u200c\u200d]+|(?<![\s\x85\u200c\u200d])[\s\x85\u200c\u200d]+$/gu, "")
