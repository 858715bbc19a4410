import { readFileSync } from "node:fs"
import { join } from "node:path"
import { expect, test } from "vitest"
import * as limits from "./limits"

const openapi = readFileSync(join(import.meta.dirname, "..", "..", "..", "..", "..", "infra", "openapi.yaml"), "utf8")

/** The number of a keyword, in the block below these keys and parameters, each indented deeper than the one before. */
function declared(...path: string[]): number {
  const keyword = path.pop()!
  const block = path.reduce((text, key) => new RegExp(`^( *)(?:- name: ${key}$|${key}:)(.*\\n(?:(?:\\1 .*)?\\n)*)`, "m").exec(text)?.[2] ?? "", openapi)
  return Number(new RegExp(`\\b${keyword}: (\\d+)`).exec(block)?.[1])
}

const places: Record<keyof typeof limits, string[][]> = {
  maxName: [["schemas", "UserName", "maxLength"], ["/users", "post", "name", "maxLength"]],
  maxEmail: [["/profile", "patch", "email", "maxLength"], ["/users", "post", "email", "maxLength"]],
  minPassword: [["schemas", "NewPassword", "minLength"]],
  codeLength: [["schemas", "Code", "minLength"]],
  maxTitle: [["schemas", "Title", "maxLength"]],
  maxText: [["schemas", "Text", "maxLength"], ["schemas", "MessageText", "maxLength"]],
  maxFiles: [["schemas", "AttachmentIds", "maxItems"]],
  maxFileName: [["/attachments", "post", "name", "maxLength"]],
  maxTags: [["schemas", "Tags", "maxItems"]],
  maxTag: [["schemas", "Tags", "items", "maxLength"]],
  maxSearch: [["/tickets", "get", "q", "maxLength"], ["/users", "get", "q", "maxLength"]],
  maxCategoryName: [["schemas", "CategoryInput", "properties", "name", "maxLength"]],
  maxCategoryDescription: [["schemas", "CategoryInput", "properties", "description", "maxLength"]],
  maxBroadcastTitle: [["/broadcasts", "post", "title", "maxLength"]],
  maxBroadcastBody: [["/broadcasts", "post", "body", "maxLength"]],
  maxPage: [["components", "parameters", "Limit", "maximum"]],
}

test.each(Object.entries(places))("%s is what the API declares", (name, declarations) => {
  for (const place of declarations) expect(declared(...place), place.join(" ")).toBe(limits[name as keyof typeof limits])
})
