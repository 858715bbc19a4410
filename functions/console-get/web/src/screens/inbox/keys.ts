/** The letter of a key, also on a layout without Latin letters: "j" for KeyJ on a Persian keyboard. */
export function letterOf(event: Pick<KeyboardEvent, "key" | "code">): string {
  if (/^[a-z]$/i.test(event.key)) return event.key.toLowerCase()
  const position = /^Key([A-Z])$/.exec(event.code)
  if (position) return position[1]!.toLowerCase()
  return { Slash: "/", BracketLeft: "[", BracketRight: "]" }[event.code] ?? event.key
}

const sequenceMs = 1_500

/** Returns the shortcut of an event: "j", "g m", "shift+e". Keys typed into a field are none. */
export function shortcutReader(): (event: KeyboardEvent) => string | null {
  let prefix = ""
  let prefixAt = 0
  return (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || isField(event.target)) return null
    if (event.key === "?" || event.key === "؟") return "?"
    const letter = letterOf(event)
    const name = event.shiftKey && letter.length === 1 && /[a-z]/.test(letter) ? `shift+${letter}` : letter
    const now = Date.now()
    if (prefix && now - prefixAt < sequenceMs) {
      const sequence = `${prefix} ${name}`
      prefix = ""
      return sequence
    }
    prefix = name === "g" ? "g" : ""
    prefixAt = now
    return name === "g" ? null : name
  }
}

/** Reports whether an element takes text. */
const isField = (target: EventTarget | null): boolean => target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
