import type { ComponentChildren } from "preact"

const address = /\bhttps?:\/\/[^\s<>"'`]+[^\s<>"'`.,:;!?)\]}»،؛؟]/g

/** A text that a person wrote: its own direction for each line, addresses as links. Never HTML. */
export function PersonText({ text }: { text: string }) {
  const parts: ComponentChildren[] = []
  let from = 0
  for (const match of text.matchAll(address)) {
    parts.push(text.slice(from, match.index))
    parts.push(<a class="link" dir="ltr" href={match[0]} target="_blank" rel="noopener noreferrer nofollow">{match[0]}</a>)
    from = match.index + match[0].length
  }
  parts.push(text.slice(from))
  return <div class="person-text" dir="auto">{parts}</div>
}
