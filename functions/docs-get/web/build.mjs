// Builds the pages of /docs into ../dist: the HTTP API (Redoc), the WebSocket API and the guide.
import { readFileSync as read, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import { gzipSync } from "node:zlib"
import { marked } from "marked"
import { parse } from "yaml"
import { socketPage } from "./sockets.mjs"

const here = import.meta.dirname, root = join(here, "../../..")
const text = path => read(join(root, path), "utf8")
const write = (name, content) => writeFileSync(join(here, "../dist", name), content)

// page inserts a title and a body into the layout. Links are relative, because a stage or a
// custom domain may put a prefix before the path.
function page(name, title, path, body) {
  const layout = read(join(here, "layout.html"), "utf8")
  const html = layout.replace("{{title}}", title).replace("{{body}}", () => body)
  const current = html.replace(`<a href="${path}"`, `<a aria-current="page" href="${path}"`)
  write(name, current.replaceAll(/(href|src|spec-url)="\//g, path === "/docs" ? '$1="' : '$1="../'))
}

const redoc = dirname(createRequire(import.meta.url).resolve("redoc/package.json"))
const license = read(join(redoc, "LICENSE"), "utf8") + read(join(redoc, "bundles/redoc.standalone.js.LICENSE.txt"), "utf8").replaceAll(/^\/\*!?|\*\/$/gm, "")
const script = read(join(redoc, "bundles/redoc.standalone.js"), "utf8").replaceAll("https://cdn.redoc.ly/redoc/logo-mini.svg", "data:,") // the policy would block it
write("redoc.js.gz", gzipSync(`/*! ${license.replaceAll("*/", "")} */\n${script}`))

page("guide.html", "Guide", "/docs/guide", `<main>${guide(text("docs/api.md"))}</main>`)
page("websocket.html", "WebSocket API", "/docs/websocket", `<main>${socketPage(parse(text("infra/asyncapi.yaml")), parse(text("infra/openapi.yaml")))}</main>`)
page("docs.html", "HTTP API", "/docs", `<redoc spec-url="/openapi.json" hide-hostname native-scrollbars></redoc>
<noscript><main>This page needs JavaScript. The document itself is at <a href="/openapi.json">openapi.json</a>.</main></noscript>
<script src="/docs/redoc.js"></script>`)

// guide renders docs/api.md. Headings get ids, and links into the repository lose their target.
function guide(markdown) {
  const ids = []
  marked.use({
    renderer: {
      heading({ tokens, depth }) {
        const label = this.parser.parseInline(tokens), id = label.replaceAll(/<[^>]*>/g, "").toLowerCase().replaceAll(/[^a-z0-9]+/g, "-")
        if (depth === 2) ids.push([id, label])
        return `<h${depth} id="${id}">${label}</h${depth}>\n`
      },
      link({ href, tokens }) {
        const label = this.parser.parseInline(tokens), served = { "../infra/openapi.yaml": "/openapi.json", "../infra/asyncapi.yaml": "/asyncapi.json" }[href]
        return served || href.startsWith("#") ? `<a href="${served ?? href}">${label}</a>` : label
      },
    },
  })
  const html = marked.parse(markdown)
  return html.replace("</h1>", () => `</h1>\n<ul class="toc">${ids.map(([id, label]) => `<li><a href="#${id}">${label}</a>`).join("")}</ul>`)
}
