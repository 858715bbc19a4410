// Limits of the API, compared with infra/openapi.yaml by a test. Texts are counted in characters.

export const maxName = 100
export const maxEmail = 254
export const minPassword = 8
/** Digits of a code. */
export const codeLength = 6
export const maxTitle = 200
/** The text of a message or of a new ticket. */
export const maxText = 10_000
/** Files of a message. */
export const maxFiles = 10
/** Bytes of a file's name. */
export const maxFileName = 255
/** Tags of a ticket. */
export const maxTags = 20
export const maxTag = 40
export const maxSearch = 200
export const maxCategoryName = 80
export const maxCategoryDescription = 500
export const maxBroadcastTitle = 100
export const maxBroadcastBody = 1_000
/** Rows of one page of a list. */
export const maxPage = 100
