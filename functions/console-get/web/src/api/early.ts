import type { Language } from "../i18n/preferred"

/** Responses that were asked for before the console was there to ask, by address. */
const responses = new Map<string, Promise<Response>>()

/** Asks for what a screen will read first. The call that reads it takes this response instead of asking itself. */
export function startRequest(path: string, query: Record<string, string>, language: Language): void {
  const url = `${path}?${new URLSearchParams(query)}`
  const response = fetch(url, { headers: { accept: "application/json", "accept-language": language }, signal: AbortSignal.timeout(30_000) })
  response.catch(() => {}) // the call that takes it handles it
  responses.set(url, response)
}

/** Returns the response to an address, once. */
export function takeResponse(url: string): Promise<Response> | undefined {
  const response = responses.get(url)
  responses.delete(url)
  return response
}

/** Forgets the responses to the person who was signed in before. */
export const forgetResponses = (): void => responses.clear()
