// Persian (۰-۹) and Arabic (٠-٩) digits have their value in the last hexadecimal digit.
const foreign = /[\u06F0-\u06F9\u0660-\u0669]/g

/** Replaces Persian and Arabic digits by Latin ones, as the API and <input> values need them. */
export const toLatinDigits = (text: string): string => text.replace(foreign, (digit) => String(digit.charCodeAt(0) & 0xf))

/** Replaces Latin digits by Persian ones, for display. */
export const toPersianDigits = (text: string): string => text.replace(/[0-9]/g, (digit) => String.fromCharCode(0x06f0 + Number(digit)))
