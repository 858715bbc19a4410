import { toLatinDigits } from "../../i18n/digits"

/** Makes texts comparable: case, accents, Arabic forms of Persian letters, half-spaces, isolates and digits do not matter. */
export const fold = (text: string): string =>
  toLatinDigits(text)
    .normalize("NFKD")
    .replace(/[\p{M}\u2068\u2069]/gu, "")
    .replace(/ي|ى/g, "ی")
    .replace(/ك/g, "ک")
    .replace(/[\u200c\u200d\s-]+/g, " ")
    .trim()
    .toLowerCase()
