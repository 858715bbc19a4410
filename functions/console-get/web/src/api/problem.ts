import type { ErrorCode, Problem } from "./types"

/** Codes that concern one field of every form that can get them. */
const fieldOfCode: Partial<Record<ErrorCode, string>> = { code_wrong: "code", weak_password: "password" }

/** A request that the server has refused: the problem document, in the language of the interface. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly problem: Problem,
    /** Milliseconds to wait before the next try, from Retry-After. */
    readonly retryAfter = 0,
  ) {
    super(problem.detail || problem.title)
    this.name = "ApiError"
  }
  get code(): ErrorCode {
    return this.problem.code
  }
  /** Messages by the name of the field: errors[].pointer without the slash. */
  get fields(): Record<string, string> {
    const errors = this.problem.errors ?? []
    const field = fieldOfCode[this.code]
    if (field && !errors.length) return { [field]: this.message }
    return Object.fromEntries(errors.map(({ pointer, message }) => [pointer.replace(/^[/?]/, ""), message]))
  }
}

/** A request without a response: no network, or the server is not there. */
export class NetworkError extends Error {
  constructor(cause: unknown) {
    super("no response", { cause })
    this.name = "NetworkError"
  }
}

/** A part of the console that the server no longer has, because it has a new version. */
export class OutdatedError extends Error {
  override name = "OutdatedError"
}

/** Reports whether the same request may succeed later. */
export const isTemporary = (error: unknown): boolean =>
  error instanceof NetworkError || (error instanceof ApiError && (error.status >= 500 || error.status === 429 || ["conflict", "idempotency_running", "attachment_pending"].includes(error.code)))
