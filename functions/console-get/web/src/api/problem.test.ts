import { expect, test } from "vitest"
import { ApiError } from "./problem"

const fields = (code: string, errors: { pointer: string; message: string }[] = []) => new ApiError(422, { title: "Refused", detail: "The detail", code, errors } as never).fields

test("errors belong to fields by their pointer, or by their code", () => {
  expect(fields("invalid", [{ pointer: "/phone", message: "No number" }, { pointer: "?limit", message: "Too many" }])).toEqual({ phone: "No number", limit: "Too many" })
  expect(fields("weak_password")).toEqual({ password: "The detail" })
  expect(fields("code_wrong")).toEqual({ code: "The detail" })
  expect(fields("code_wrong", [{ pointer: "/code", message: "Wrong" }])).toEqual({ code: "Wrong" })
  expect(fields("code_wrong", [{ pointer: "/oldCode", message: "Wrong" }])).toEqual({ oldCode: "Wrong" })
  expect(fields("rate_limited")).toEqual({})
})
