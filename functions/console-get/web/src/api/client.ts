import { language } from "../i18n"
import { takeResponse } from "./early"
import { ApiError, NetworkError } from "./problem"
import type { paths } from "./schema"
import type { Problem } from "./types"

type Method = "get" | "post" | "patch" | "delete"
type PathOf<M extends Method> = { [P in keyof paths]: paths[P] extends Record<M, { responses: unknown }> ? P : never }[keyof paths]
type Operation<P extends keyof paths, M extends Method> = paths[P] extends Record<M, infer O> ? O : never
type Json<R> = R extends { content: { "application/json": infer B } } ? B : undefined
type Result<O> = O extends { responses: infer R } ? { [S in keyof R]: S extends 200 | 201 | 202 | 204 ? Json<R[S]> : never }[keyof R] : never
type Query<O> = O extends { parameters: { query?: infer Q } } ? Exclude<Q, undefined> : never
type Body<O> = O extends { requestBody?: { content: { "application/json": infer B } } } ? B : O extends { requestBody: { content: { "application/json": infer B } } } ? B : never

interface Options<O> {
  path?: Record<string, string>
  query?: Query<O>
  body?: Body<O>
  ifMatch?: string
  idempotencyKey?: string
  signal?: AbortSignal
}

let csrfToken = ""
/** The request whose answer has the first token. */
let tokenRequest: Promise<unknown> = Promise.resolve()
let logins = 0
let onSessionEnd: () => void = () => {}

/** Keeps the token of a login; later responses renew it. */
export function setCsrfToken(token: string): void {
  csrfToken = token
  logins++
}
/** Lets requests that need a token wait for the answer that has the first one. */
export const setTokenRequest = (request: Promise<unknown>): void => void (tokenRequest = request.catch(() => {}))
/** Sets what happens when a request is answered with 401 although somebody is signed in. */
export const setSessionEndHandler = (handler: () => void): void => void (onSessionEnd = handler)

/** Calls the API and returns the body of the response. Throws ApiError or NetworkError. */
export async function call<M extends Method, P extends PathOf<M>>(method: M, path: P, options: Options<Operation<P, M>> = {}): Promise<Result<Operation<P, M>>> {
  return (await callWithHeaders(method, path, options)).body
}

/** As call, with the headers of the response (etag). */
export async function callWithHeaders<M extends Method, P extends PathOf<M>>(method: M, path: P, options: Options<Operation<P, M>> = {}): Promise<{ body: Result<Operation<P, M>>; headers: Headers }> {
  if (method !== "get" && !csrfToken) await tokenRequest
  const login = logins
  let response = await send(method, path, options)
  if (response.status === 403 && (await isCsrf(response))) {
    await send("get", "/profile", {}) // its response has the token of this session
    response = await send(method, path, options)
  }
  if (response.ok) {
    const text = response.status === 204 ? "" : await response.text()
    return { body: (text ? JSON.parse(text) : undefined) as Result<Operation<P, M>>, headers: response.headers }
  }
  const error = await toError(response)
  // A late answer to a request of the former session says nothing of this one.
  if (response.status === 401 && !path.startsWith("/login") && login === logins) onSessionEnd()
  throw error
}

async function send<O>(method: Method, path: string, options: Options<O>): Promise<Response> {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(options.path?.[name] ?? ""))
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries((options.query ?? {}) as Record<string, unknown>)) {
    if (value !== undefined && value !== null && value !== "") query.set(name, String(value))
  }
  const headers: Record<string, string> = { accept: "application/json", "accept-language": language.peek() }
  if (options.body !== undefined) headers["content-type"] = "application/json"
  if (method !== "get" && csrfToken) headers["x-csrf-token"] = csrfToken
  if (options.ifMatch) headers["if-match"] = options.ifMatch
  if (options.idempotencyKey) headers["idempotency-key"] = options.idempotencyKey
  const url = filled + (query.size ? `?${query}` : "")
  try {
    const early = method === "get" ? takeResponse(url) : undefined
    const response = await (early ?? fetch(url, {
      method: method.toUpperCase(),
      headers,
      credentials: "same-origin",
      signal: AbortSignal.any([AbortSignal.timeout(30_000), ...(options.signal ? [options.signal] : [])]),
      ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
    }))
    csrfToken = response.headers.get("x-csrf-token") ?? csrfToken
    return response
  } catch (error) {
    if (options.signal?.aborted) throw error
    throw new NetworkError(error)
  }
}

async function isCsrf(response: Response): Promise<boolean> {
  return ((await response.clone().json().catch(() => null)) as Problem | null)?.code === "csrf"
}

async function toError(response: Response): Promise<ApiError> {
  const fallback = { type: "about:blank", title: "", status: response.status, code: "internal" } as Problem
  const problem = (await response.json().catch(() => fallback)) as Problem
  // The errors of API Gateway itself have a message only, in English: they are described by the console.
  return new ApiError(response.status, problem.code ? problem : fallback, Number(response.headers.get("retry-after") ?? 0) * 1000)
}
