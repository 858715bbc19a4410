// Renders asyncapi.yaml as HTML: each channel with its frames, their fields and examples.
import { marked } from "marked"

const maxDepth = 3 // of fields inside fields
const escape = text => String(text).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;")
const inline = text => marked.parseInline(escape(text ?? ""))
const code = value => `<code>${escape(value)}</code>`

// socketPage returns the page. openapi is the document that asyncapi refers to.
export function socketPage(asyncapi, openapi) {
  const resolve = (node, document = asyncapi) => {
    while (node?.$ref) {
      const [file, path] = node.$ref.split("#/")
      if (file) document = openapi
      node = path.split("/").reduce((value, key) => value[key], document)
    }
    return [node, document]
  }

  // rows returns the fields of a schema as table rows, those inside fields with dotted names.
  function rows(schema, document, prefix = "", depth = 0) {
    const list = []
    for (const [name, property] of Object.entries(schema.properties ?? {})) {
      const [field, from] = resolve(property, document)
      const label = prefix + name, required = schema.required?.includes(name) ? "" : " <small>optional</small>"
      list.push(`<tr><td>${code(label)}${required}<td>${type(field, from)}<td>${inline(field.description ?? property.description)}`)
      const [inner, innerFrom, mark] = inside(field, from)
      if (inner?.properties && depth < maxDepth) list.push(...rows(inner, innerFrom, label + mark + ".", depth + 1))
    }
    for (const part of schema.allOf ?? []) list.push(...rows(...resolve(part, document), prefix, depth))
    return list
  }

  // inside returns the object schema of a field: its own, that of its items, or its first alternative.
  function inside(field, document) {
    if (field.items) return [...resolve(field.items, document), "[]"]
    const [first, from] = resolve((field.anyOf ?? field.oneOf)?.find(part => part.type !== "null"), document)
    return [first ?? field, from, ""]
  }

  function type(field, document) {
    if (field.const !== undefined) return code(JSON.stringify(field.const))
    if (field.enum) return field.enum.map(value => code(value)).join(" ")
    if (field.items) return "array of " + type(...resolve(field.items, document))
    const parts = field.anyOf ?? field.oneOf
    if (parts) return parts.map(part => type(...resolve(part, document))).join(" or ")
    return escape([field.type ?? "any"].flat().join(" or ")) + (field.format ? ` (${escape(field.format)})` : "")
  }

  const reply = kind => Object.values(asyncapi.operations).find(o => o.reply && o.messages?.[0].$ref.endsWith("/action." + kind))?.reply.messages
    .map(m => m.$ref.split("/").at(-1)).map(id => `<a href="#${id}">${id.split(".")[1]}</a>`).join(" or ")
  const seen = new Set()

  function frame(id) {
    const [message] = resolve({ $ref: "#/components/messages/" + id }), [side, kind] = id.split(".")
    if (seen.has(id)) return `<p><a href="#${id}">${kind}</a>: ${inline(message.summary)}.</p>`
    seen.add(id)
    const answer = side === "action" && reply(kind)
    return `<section id="${id}"><h3>${escape(kind)} <small>${side === "action" ? "client to server" : "server to client"}</small></h3>
<p>${inline(message.summary)}.${answer ? ` Reply: ${answer}.` : ""}</p>
${message.examples.map(e => `<pre>${escape(JSON.stringify(e.payload, null, 2))}</pre>`).join("\n")}
<details><summary>Fields</summary><div class="scroll"><table><tr><th>Field<th>Type<th>Description${rows(message.payload, asyncapi).join("")}</table></div></details></section>`
  }

  const channels = Object.entries(asyncapi.channels)
  return `<h1>WebSocket API</h1>
${marked.parse(asyncapi.info.description)}
<p>The same as a document: <a href="/asyncapi.json">asyncapi.json</a> (AsyncAPI 3).</p>
<h2>Connect</h2>
<ul>${Object.values(asyncapi.servers).map(s => `<li>${code(`${s.protocol}://${s.host}${s.pathname ?? ""}`)} ${inline(s.description)}`).join("")}</ul>
<p>Authorization, one of:</p>
<ul>${Object.values(asyncapi.components.securitySchemes).map(s => `<li>${s.name ? code(s.name) + " " : ""}${inline(s.description)}`).join("")}</ul>
<ul class="toc">${channels.map(([id, c]) => `<li><a href="#${id}">${escape(c.title)}</a>: ${Object.keys(c.messages).map(m => `<a href="#${m}">${m.split(".")[1]}</a>`).join(", ")}`).join("")}</ul>
${channels.map(([id, c]) => `<h2 id="${id}">${escape(c.title)}</h2>\n<p>${inline(c.description)}</p>\n${Object.keys(c.messages).map(frame).join("\n")}`).join("\n")}`
}
